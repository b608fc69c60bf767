//! Fragments of the protocol in any order: the same answers, and the connection is closed or not.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use embroker_test_support::{Backend, Property, RedisServer, Suite};
use proptest::prelude::*;
use proptest::sample::select;

use crate::difference;
use crate::support::{Served, converse, without_ids};

const PROPERTY: Property =
    Property { cases: 1500, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/regressions/garbage.txt") };

/// What requests are made of, and what they are not.
const FRAGMENTS: &[&[u8]] = &[
    b"*",
    b"$",
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\"",
    b"'",
    b"\\x41",
    b"-",
    b"+",
    b":",
    b"0",
    b"1",
    b"2",
    b"3",
    b"4",
    b"9999999999",
    b"*1\r\n$4\r\nPING\r\n",
    b"*1\r\n",
    b"*2\r\n",
    b"$4\r\n",
    b"$3\r\n",
    b"$0\r\n\r\n",
    b"*-1\r\n",
    b"$-1\r\n",
    b"PING",
    b"ECHO",
    b"GET k",
    b"ECHO a\r\n",
    b"a",
    b"\xff",
];

/// A server of each kind.
type Sockets = (RedisServer, Served, [PathBuf; 2]);

pub(crate) fn add(suite: &mut Suite) {
    let start = async || -> Result<Sockets> {
        let (redis, served) = (RedisServer::start()?, Served::start(|server| server)?);
        let sockets = [redis.socket_path(), served.socket.clone()];
        Ok((redis, served, sockets))
    };
    let bytes = || prop::collection::vec(select(FRAGMENTS), 1..20).prop_map(|fragments| Text(fragments.concat()));
    suite.property(
        Backend::Redis,
        "garbage_is_answered_the_same",
        PROPERTY,
        bytes,
        start,
        async |(_, _, sockets), text| {
            // A PING that is answered tells that the connection was still open.
            let text = [&text.0[..], b"\r\nPING\r\n"].concat();
            let [expected, got] = sockets.each_ref().map(|socket| converse(socket, [&text[..]]));
            let (expected, got) = (without_ids(&expected?), without_ids(&got?));
            ensure!(expected == got, difference(&text.escape_ascii().to_string(), &expected, &got));
            Ok(())
        },
    );
}

#[derive(Clone)]
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}
