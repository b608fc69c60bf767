//! The parser: however the bytes arrive, the same requests and the same error, and they are those of the plain reading
//! of Redis's protocol in `protocol`.

use bytes::BytesMut;
use embroker_core::resp::RequestParser;

use crate::input::Input;
use crate::protocol::{self, Words};

/// A byte says whether the client owes its password, the next how long the pieces are.
pub(crate) fn target(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let limited = input.below(4) == 3;
    let lengths = input.byte();
    let bytes = input.rest();
    let expected = protocol::requests(bytes, limited);
    assert_eq!(parsed(&[bytes], limited), expected, "as a whole: {}", bytes.escape_ascii());
    let pieces: Vec<&[u8]> = pieces(bytes, lengths).collect();
    assert_eq!(parsed(&pieces, limited), expected, "in pieces: {}", bytes.escape_ascii());
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(parsed(&single, limited), expected, "byte by byte: {}", bytes.escape_ascii());
}

/// The bytes in pieces whose lengths the number says.
pub(crate) fn pieces(mut bytes: &[u8], lengths: u8) -> impl Iterator<Item = &[u8]> {
    let mut step = 0_usize;
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        step += 1;
        let len = 1 + usize::from(lengths).wrapping_mul(step) % 13;
        let (piece, rest) = bytes.split_at(len.min(bytes.len()));
        bytes = rest;
        Some(piece)
    })
}

/// What the parser under test makes of the pieces.
fn parsed(pieces: &[&[u8]], limited: bool) -> (Vec<Words>, Option<String>) {
    let mut parser = RequestParser::new();
    parser.limit_until_authenticated(limited);
    let mut buffer = BytesMut::new();
    let mut requests = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let words = parser.next(&mut buffer, |request| {
                let words = request.command().words().skip(1);
                std::iter::once(request.name()).chain(words).map(<[u8]>::to_vec).collect()
            });
            match words {
                Ok(Some(words)) => requests.push(words),
                Ok(None) => break,
                Err(error) => {
                    let error = error.as_bytes().iter().copied().map(char::from).collect();
                    return (requests, Some(error));
                }
            }
        }
    }
    (requests, None)
}
