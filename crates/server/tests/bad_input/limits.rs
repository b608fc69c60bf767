//! The limits of a connection, as a real server keeps them: of output, of input, of time and of number.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker_test_support::RawClient;

use super::at_both;

/// How long a server may take to close a client.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGE: usize = 1_000_000;

fn set(control: &mut RawClient, name: &str, value: &str) -> Result<()> {
    let answer = control.command(["CONFIG", "SET", name, value])?;
    ensure!(answer == b"+OK\r\n", "{name} {value}: {}", answer.escape_ascii());
    Ok(())
}

/// A client that has asked for so many large values and reads none of them.
fn deaf(control: &mut RawClient, socket: &Path, values: usize) -> Result<RawClient> {
    control.command([&b"SET"[..], b"large", &vec![b'x'; LARGE]])?;
    let mut client = RawClient::connect(socket)?;
    client.command(["CLIENT", "SETNAME", "deaf"])?;
    client.send_bytes(&b"GET large\r\n".repeat(values))?;
    Ok(client)
}

/// Waits until nobody of that name is connected; how long it took.
fn closed_after(control: &mut RawClient, name: &str) -> Result<Duration> {
    let start = Instant::now();
    loop {
        let list = String::from_utf8_lossy(&control.command(["CLIENT", "LIST"])?).into_owned();
        if !list.contains(&format!("name={name} ")) {
            return Ok(start.elapsed());
        }
        ensure!(start.elapsed() < PATIENCE, "{name} is still connected");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(super) fn output_limits() -> Result<()> {
    at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        set(&mut control, "client-output-buffer-limit", "normal 5mb 0 0")?;
        let mut few = deaf(&mut control, socket, 2)?;
        let many = deaf(&mut control, socket, 30)?;
        few.command(["CLIENT", "SETNAME", "few"])?;
        closed_after(&mut control, "deaf")?;
        drop(many);
        // Of the two values the client has read one in place of the reply.
        let rest = few.replies(2)?;
        Ok(rest.iter().map(Vec::len).collect::<Vec<_>>())
    })?;
    Ok(())
}

pub(super) fn lowered_limit() -> Result<()> {
    at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        let _deaf = deaf(&mut control, socket, 30)?;
        ensure!(closed_soon(&mut control)?.is_none(), "it is served as long as it takes");
        set(&mut control, "client-output-buffer-limit", "normal 5mb 0 0")?;
        let closed = closed_after(&mut control, "deaf")?;
        ensure!(closed < Duration::from_secs(5), "{closed:?}");
        Ok(())
    })
}

/// Whether the deaf client is closed within a moment.
fn closed_soon(control: &mut RawClient) -> Result<Option<()>> {
    for _ in 0..20 {
        let list = String::from_utf8_lossy(&control.command(["CLIENT", "LIST"])?).into_owned();
        if !list.contains("name=deaf ") {
            return Ok(Some(()));
        }
    }
    Ok(None)
}

pub(super) fn soft_limit() -> Result<()> {
    at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        set(&mut control, "client-output-buffer-limit", "normal 0 5mb 1")?;
        let _deaf = deaf(&mut control, socket, 30)?;
        let closed = closed_after(&mut control, "deaf")?;
        // Both look at their clients once a second.
        ensure!((Duration::from_millis(900)..Duration::from_secs(6)).contains(&closed), "{closed:?}");
        Ok(())
    })
}

/// Who owes the password may ask for as much as it reads.
pub(super) fn flood_before_auth() -> Result<()> {
    let open = at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        set(&mut control, "requirepass", "secret")?;
        let mut answers = Vec::new();
        for pings in [10, 400, 100_000] {
            let mut client = UnixStream::connect(socket)?;
            client.set_read_timeout(Some(PATIENCE))?;
            client.set_write_timeout(Some(PATIENCE))?;
            let is_sent = client.write_all(&b"PING\r\n".repeat(pings)).is_ok();
            let mut read = vec![0; pings * b"-NOAUTH Authentication required.\r\n".len()];
            answers.push(is_sent && client.read_exact(&mut read).is_ok());
        }
        ensure!(control.command(["PING"])? == b"+PONG\r\n", "who was there before needs no password");
        Ok(answers)
    })?;
    ensure!(open == [true, true, false], "{open:?}");
    Ok(())
}

/// Once there is no password any more, who came while there was one needs none; and again once there is one again.
pub(super) fn password_taken_back() -> Result<()> {
    let answers = at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        set(&mut control, "requirepass", "secret")?;
        let mut client = RawClient::connect(socket)?;
        let mut answers = vec![client.command(["PING"])?];
        set(&mut control, "requirepass", "")?;
        answers.push(client.command(["PING"])?);
        answers.push(client.command(["DEL", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"])?);
        answers.push(client.command(["HELLO", "3"])?);
        set(&mut control, "requirepass", "another")?;
        answers.push(client.command(["PING"])?);
        Ok(answers)
    })?;
    let starts: Vec<&[u8]> = answers.iter().map(|answer| answer.get(..3).unwrap_or_default()).collect();
    ensure!(starts == [b"-NO", b"+PO", b":0\r", b"-NO", b"-NO"], "{answers:?}");
    Ok(())
}

pub(super) fn input_limit() -> Result<()> {
    let told = at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        set(&mut control, "client-query-buffer-limit", "1mb")?;
        let set = |len: usize| format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${len}\r\n{}\r\n", "x".repeat(len)).into_bytes();
        let mut told = Vec::new();
        for request in [set(LARGE / 2).repeat(5), set(5 * LARGE)] {
            let mut client = UnixStream::connect(socket)?;
            client.set_read_timeout(Some(PATIENCE))?;
            let _ = client.write_all(&request).and_then(|()| client.shutdown(std::net::Shutdown::Write));
            let mut answer = Vec::new();
            let _ = client.read_to_end(&mut answer);
            told.push(answer);
        }
        Ok(told)
    })?;
    ensure!(told == [b"+OK\r\n".repeat(5), vec![]], "{told:?}");
    Ok(())
}

pub(super) fn config_set() -> Result<()> {
    at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        let mut heard = Vec::new();
        let fresh = |words: &[u8]| -> Result<Vec<u8>> {
            let mut client = RawClient::connect(socket)?;
            // A server that is full may close before it hears anything.
            let _ = client.send_bytes(words);
            Ok(client.reply()?)
        };
        for (name, value, back) in
            [("maxclients", "1", "100"), ("proto-max-bulk-len", "1mb", "512mb"), ("requirepass", "x", "")]
        {
            set(&mut control, name, value)?;
            heard.push(control.command(["PING"])?);
            for words in [
                &b"PING\r\n"[..],
                b"*2\r\n$4\r\nECHO\r\n$1048577\r\n",
                b"SETRANGE k 1048576 x\r\n",
                b"SETBIT k 8388608 1\r\n",
                b"AUTH x\r\n",
            ] {
                heard.push(fresh(words).with_context(|| format!("{name} {}", words.escape_ascii()))?);
            }
            set(&mut control, name, back)?;
            heard.push(control.command(["DEL", "k"])?);
        }
        Ok(heard.iter().map(|reply| reply.escape_ascii().to_string()).collect::<Vec<_>>())
    })?;
    Ok(())
}

pub(super) fn timeout() -> Result<()> {
    at_both(|socket| {
        let mut control = RawClient::connect(socket)?;
        let mut silent = UnixStream::connect(socket)?;
        let mut subscriber = RawClient::connect(socket)?;
        subscriber.command(["SUBSCRIBE", "c"])?;
        silent.set_read_timeout(Some(PATIENCE))?;
        set(&mut control, "timeout", "1")?;
        ensure!(silent.read(&mut [0; 10])? == 0, "it is closed without a word");
        Ok(subscriber.command(["PING"])?)
    })?;
    Ok(())
}
