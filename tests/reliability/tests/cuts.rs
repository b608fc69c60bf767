//! Commands whose connection is cut.
fn main() {}
