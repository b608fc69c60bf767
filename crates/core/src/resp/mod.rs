//! Redis's wire protocol, without any input or output: bytes to requests, replies to bytes.
//!
//! [`RequestParser`] reads the [`Request`]s that clients send, [`Protocol`] writes what a server answers, in RESP2 or
//! RESP3. Both answer byte for byte what Redis 7.0.15 does.

mod inline;
mod parser;
mod reply;
mod request;

pub use parser::RequestParser;
pub use reply::Protocol;
pub use request::Request;
