//! See `embroker_fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| embroker_fuzz::run("bitfield", bytes));
