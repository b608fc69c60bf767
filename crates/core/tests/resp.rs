//! Requests cut at any place are the same requests, and no bytes make the parser panic.

use bytes::BytesMut;
use embroker_core::ServerError;
use embroker_core::resp::{Request, RequestParser};
use proptest::collection::vec;
use proptest::prelude::*;

type Words = Vec<Vec<u8>>;

fn packed(requests: &[Words]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for words in requests {
        bytes.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
        for word in words {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes
}

fn words(request: &Request<'_>) -> Words {
    let args = request.command().words().skip(1);
    std::iter::once(request.name()).chain(args).map(<[u8]>::to_vec).collect()
}

/// What the parser makes of the bytes when they arrive in these pieces; the sizes are used in turn.
fn parsed(bytes: &[u8], sizes: &[usize]) -> (Vec<Words>, Option<ServerError>) {
    let mut parser = RequestParser::new();
    let mut input = BytesMut::new();
    let mut requests = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        input.extend_from_slice(piece);
        rest = after;
        loop {
            match parser.next(&mut input, words) {
                Ok(Some(words)) => requests.push(words),
                Ok(None) => break,
                Err(error) => return (requests, Some(error)),
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    (requests, None)
}

fn error(bytes: &[u8]) -> String {
    let whole = parsed(bytes, &[bytes.len().max(1)]);
    assert_eq!(parsed(bytes, &[1]), whole, "cut into single bytes");
    whole.1.map(|error| error.text().into_owned()).unwrap_or_default()
}

#[test]
fn protocol_errors_have_redis_texts() {
    for (bytes, text) in [
        (&b"*abc\r\n"[..], "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\n$4\r\n", "invalid multibulk length"),
        (b"*1\r\n+4\r\n", "expected '$', got '+'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"PING \"abc\r\n", "unbalanced quotes in request"),
        (&vec![b'x'; 65_537], "too big inline request"),
        (&vec![b'*'; 65_537], "too big mbulk count string"),
        (&[b"*1\r\n".as_slice(), &vec![b'$'; 65_537]].concat(), "too big bulk count string"),
    ] {
        assert_eq!(error(bytes), format!("ERR Protocol error: {text}"));
    }
    for unfinished in [&b"*2147483647\r\n"[..], b"*1\r\n$536870912\r\n", b"*1\0\r\nPING\r\n", b"PI\0NG\r\n", b"*1\r"] {
        assert_eq!(error(unfinished), "");
    }
}

#[test]
fn a_client_that_owes_its_password_is_held_short() {
    let error = |bytes: &str| {
        let mut parser = RequestParser::new();
        parser.limit_until_authenticated(true);
        parser.next(&mut BytesMut::from(bytes), |_| ()).map(drop).map_err(|error| error.text().into_owned())
    };
    assert_eq!(error("*11\r\n"), Err("ERR Protocol error: unauthenticated multibulk length".into()));
    assert_eq!(error("*10\r\n"), Ok(()));
    assert_eq!(error("*1\r\n$16385\r\n"), Err("ERR Protocol error: unauthenticated bulk length".into()));
    assert_eq!(error("*1\r\n$16384\r\n"), Ok(()));
}

#[test]
fn requests_without_words_are_skipped_and_the_bytes_after_a_word_are_not_looked_at() {
    let (requests, error) = parsed(b"*0\r\n*-1\r\n\r\n  \r\n*1\r\n$4\r\nPINGxxPING\n*1\rx$1\r\na\r\n", &[1]);
    assert_eq!(requests, [[b"PING".to_vec()], [b"PING".to_vec()], [b"a".to_vec()]]);
    assert_eq!(error, None);
}

#[test]
fn a_large_word_arrives_whole() {
    let requests = vec![vec![b"SET".to_vec(), b"k".to_vec(), vec![7; 3 << 20]], vec![b"PING".to_vec()]];
    assert_eq!(parsed(&packed(&requests), &[16 * 1024]).0, requests);
}

/// Whether it becomes the argument or is copied, the buffer that a word came in holds on to nothing of it, and what
/// comes behind it is read.
#[test]
fn a_large_word_takes_its_own_buffer_and_is_copied_out_of_any_other() {
    const LEN: usize = 100_000;

    let (word, behind) = (vec![7; LEN], b"\r\n*1\r\n$4\r\nPING\r\n");
    for room in [LEN + 2, LEN + behind.len(), 10 * LEN] {
        let mut parser = RequestParser::new();
        let mut input = BytesMut::from(format!("*2\r\n$4\r\nECHO\r\n${LEN}\r\n").as_str());
        assert_eq!(parser.next(&mut input, words), Ok(None));
        assert_eq!((parser.large_word(), input.len()), (Some(LEN + 2), 0));
        input = BytesMut::with_capacity(room);
        input.extend_from_slice(&word);
        let place = input.as_ptr();
        // All of the rest, or what there is room for.
        let (first, later) = behind.split_at(behind.len().min(room - LEN));
        input.extend_from_slice(first);
        let echo = parser.next(&mut input, |request| {
            let arg = &request.arguments()[0];
            assert_eq!(arg.as_bytes(), word);
            (arg.is_shared(), arg.as_bytes().as_ptr() == place)
        });
        assert_eq!(echo, Ok(Some((true, room < 10 * LEN))), "{room}");
        input.extend_from_slice(later);
        assert_eq!(parser.next(&mut input, words), Ok(Some(vec![b"PING".to_vec()])), "{room}");
    }
}

fn any_request() -> impl Strategy<Value = Words> {
    vec(vec(any::<u8>(), 0..40), 1..6)
}

/// Bytes that look like the protocol more often than chance has it.
fn nearly_protocol() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"*".to_vec()),
        Just(b"$".to_vec()),
        Just(b"*2\r\n$1\r\na\r\n".to_vec()),
        Just(b"PING \"a\\x4".to_vec()),
        (-2..5_i64).prop_map(|n| n.to_string().into_bytes()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn requests_come_back_however_they_are_cut(requests in vec(any_request(), 0..6), sizes in vec(1..30_usize, 1..5)) {
        prop_assert_eq!(parsed(&packed(&requests), &sizes), (requests, None));
    }

    #[test]
    fn any_bytes_mean_the_same_however_they_are_cut(bytes in nearly_protocol(), sizes in vec(1..10_usize, 1..5)) {
        prop_assert_eq!(parsed(&bytes, &sizes), parsed(&bytes, &[bytes.len().max(1)]));
    }
}
