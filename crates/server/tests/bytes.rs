//! The same bytes to embroker-server and to a real redis-server: the same bytes back.
//!
//! Tests named `redis::…` compare; those named `mem::…` need no redis-server.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod bad_input;
mod cases;
mod clients;
mod command;
mod dialogues;
mod lifecycle;
mod pipelines;
mod rows;
mod support;

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use embroker_core::table;
use embroker_redis::RedisBroker;
use embroker_server::Server;
use embroker_test_support::{Backend, RawClient, RedisServer, Suite};
use support::{Served, comparable, converse};

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(Backend::Redis, "conversations", async || compare(cases::CONVERSATIONS));
    suite.test(Backend::Redis, "conversations_with_client", async || compare(cases::client::CONVERSATIONS));
    suite.test(Backend::Redis, "conversations_with_acl", async || compare(cases::acl::CONVERSATIONS));
    suite.test(Backend::Redis, "conversations_with_slowlog", async || compare(cases::slowlog::CONVERSATIONS));
    suite.test(Backend::Redis, "conversations_with_slowlog_of_every_command", async || slowlog_of_every_command());
    suite.test(Backend::Redis, "conversations_with_latency", async || compare(cases::latency::CONVERSATIONS));
    suite.test(Backend::Redis, "conversations_with_monitor_and_shutdown", async || {
        compare(cases::server::CONVERSATIONS)
    });
    suite.test(Backend::Redis, "the_ids_of_the_first_clients", async || first_ids());
    suite.test(Backend::Redis, "dialogues_of_several_clients", async || dialogues());
    suite.test(Backend::Redis, "a_web_browser_is_closed_without_a_word", async || web_browser());
    suite.test(Backend::Redis, "conversations_of_a_server_with_a_password", async || with_a_password());
    suite.test(Backend::Redis, "every_command_of_the_table_with_odd_words", async || every_command());
    suite.test(Backend::Mem, "every_row_of_the_table_has_its_calls", async || rows::complete());
    suite.test(Backend::Redis, "the_calls_of_every_row", async || rows::compare());
    pipelines::add(&mut suite);
    bad_input::add(&mut suite);
    suite.test(Backend::Redis, "command_info_of_every_row", async || command::info());
    suite.test(Backend::Redis, "command_getkeys_of_every_row", async || command::getkeys());
    suite.test(Backend::Redis, "command_list_by_every_filter", async || command::list());
    suite.test(Backend::Redis, "command_docs_of_every_row", async || command::docs());
    suite.test(Backend::Redis, "the_facts_of_all_commands_of_redis", async || command::facts());
    suite.test(Backend::Redis, "two_clients_with_messages", async || two_clients());
    suite.test(Backend::Redis, "long_lines", async || long_lines());
    suite.test(Backend::Mem, "nobody_elses_message_is_inside_a_reply_of_exec", async || exec_among_messages());
    suite.test(Backend::Mem, "a_client_is_listed_with_its_shard_channels", async || listed_with_shard_channels());
    suite.test(Backend::Redis, "a_hundred_thousand_pings", async || many_pings());
    suite.test(Backend::Redis, "a_server_in_front_of_a_real_redis", async || in_front_of_redis().await);
    suite.test(Backend::Mem, "a_byte_at_a_time_is_the_same_conversation", async || byte_by_byte());
    suite.test(Backend::Mem, "a_subscriber_that_never_reads_is_cut_off_and_nobody_else_notices", async || {
        lifecycle::slow_subscriber()
    });
    suite.test(Backend::Mem, "a_client_too_many_is_told_so", async || lifecycle::client_too_many());
    suite.test(Backend::Mem, "a_silent_client_is_closed", async || lifecycle::silent_client());
    suite.test(Backend::Mem, "a_killed_client_is_closed", async || lifecycle::killed_client());
    suite.test(Backend::Redis, "shutdown_ends_the_server_without_an_answer", async || lifecycle::shutdown_by_command());
    suite.test(Backend::Mem, "a_monitor_that_never_reads_is_cut_off_and_nobody_else_notices", async || {
        lifecycle::slow_monitor()
    });
    suite.test(Backend::Mem, "a_held_client_hangs_up_and_a_shutdown_does_not_wait_for_another", async || {
        lifecycle::held_clients()
    });
    suite.test(Backend::Mem, "a_shutdown_closes_all_and_removes_the_socket", async || lifecycle::shutdown());
    suite.test(Backend::Mem, "who_comes_from_elsewhere_needs_a_password", async || lifecycle::public_address().await);
    suite.test(Backend::Mem, "redis_rs_over_tcp", async || clients::over_tcp().await);
    suite.test(Backend::Mem, "redis_rs_over_a_unix_socket", async || clients::over_unix().await);
    suite.test(Backend::Mem, "redis_rs_subscribes", async || clients::subscribes().await);
    suite.run()
}

/// Has each conversation with both servers, in RESP2 and in RESP3.
fn compare(conversations: &[&str]) -> Result<()> {
    compare_on(&RedisServer::start()?, &Served::start(|server| server)?, conversations)
}

fn compare_on(redis: &RedisServer, served: &Served, conversations: &[&str]) -> Result<()> {
    let mut differing = Vec::new();
    for conversation in conversations {
        for hello in ["", "HELLO 3\r\n"] {
            let text = format!("FLUSHALL\r\n{hello}{conversation}");
            let bytes: Vec<u8> = text.chars().map(|char| char as u8).collect();
            let expected = comparable(&converse(&redis.socket_path(), [&bytes[..]])?);
            let got = comparable(&converse(&served.socket, [&bytes[..]])?);
            if expected != got {
                differing.push(difference(&text, &expected, &got));
            }
        }
    }
    report(2 * conversations.len(), &differing)
}

/// What is recorded at a fresh server may tell of its clients' ids.
fn first_ids() -> Result<()> {
    let (redis, served) = (RedisServer::start()?, Served::start(|server| server)?);
    // Its start has asked the other one already.
    served.client()?.command(["PING"])?;
    for _ in 0..3 {
        let (expected, got) = (redis.client()?.command(["CLIENT", "ID"])?, served.client()?.command(["CLIENT", "ID"])?);
        ensure!(expected == got, difference("CLIENT ID", &expected, &got));
    }
    Ok(())
}

fn slowlog_of_every_command() -> Result<()> {
    let redis = RedisServer::builder().set("slowlog-log-slower-than", "0").start()?;
    let served = Served::start(|server| server)?;
    served.client()?.command(["CONFIG", "SET", "slowlog-log-slower-than", "0"])?;
    compare_on(&redis, &served, cases::slowlog::OF_EVERY_COMMAND)
}

/// Has each dialogue with both servers, in RESP2 and in RESP3.
fn dialogues() -> Result<()> {
    let mut differing = Vec::new();
    for steps in dialogues::DIALOGUES {
        for version in ["2", "3"] {
            let (redis, served) = (RedisServer::start()?, Served::start(|server| server)?);
            let expected = comparable(&dialogues::hear(|| Ok(redis.client()?), version, steps)?);
            let got = comparable(&dialogues::hear(|| served.client(), version, steps)?);
            if expected != got {
                differing.push(difference(version, &expected, &got));
            }
        }
    }
    report(2 * dialogues::DIALOGUES.len(), &differing)
}

fn web_browser() -> Result<()> {
    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    for request in ["POST / HTTP/1.1\r\nHost: x\r\n\r\nPING\r\n", "Host: x\r\nPING\r\n"] {
        for socket in [redis.socket_path(), served.socket.clone()] {
            ensure!(converse(&socket, [request.as_bytes()])?.is_empty(), "{request} at {}", socket.display());
        }
    }
    Ok(())
}

fn with_a_password() -> Result<()> {
    let redis = RedisServer::builder().set("requirepass", "secret").start()?;
    let served = Served::start(|server| server.requirepass("secret"))?;
    let mut differing = Vec::new();
    let conversations: Vec<&str> = cases::WITH_A_PASSWORD.iter().chain(cases::acl::WITH_A_PASSWORD).copied().collect();
    for conversation in &conversations {
        let expected = comparable(&converse(&redis.socket_path(), [conversation.as_bytes()])?);
        let got = comparable(&converse(&served.socket, [conversation.as_bytes()])?);
        if expected != got {
            differing.push(difference(conversation, &expected, &got));
        }
    }
    report(conversations.len(), &differing)
}

/// Every command of the table with words drawn from a few, on keys of three types.
fn every_command() -> Result<()> {
    const CALLS: usize = 60;

    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    let (mut count, mut differing) = (0, Vec::new());
    let mut draw = cases::Draw::new(7);
    for spec in table::all().filter(|spec| !spec.is_session() && !cases::LEFT_TO_CHANCE.contains(&spec.name)) {
        for hello in ["2", "3"] {
            let mut clients = [redis.client()?, served.client()?];
            for setup in [
                &["HELLO", hello][..],
                &["FLUSHALL"],
                &["SET", "k", "12"],
                &["HSET", "h", "f", "1"],
                &["SADD", "s", "1"],
            ] {
                for client in &mut clients {
                    client.command(setup)?;
                }
            }
            for _ in 0..CALLS {
                let words: Vec<&str> = spec.name.split('|').chain(draw.words()).collect();
                let [expected, got] = &mut clients;
                let (expected, got) = (expected.command(&words)?, got.command(&words)?);
                count += 1;
                if expected != got {
                    differing.push(difference(&words.join(" "), &expected, &got));
                }
            }
        }
    }
    report(count, &differing)
}

fn difference(text: &str, expected: &[u8], got: &[u8]) -> String {
    format!("{text:?}\n  redis    {}\n  embroker {}", expected.escape_ascii(), got.escape_ascii())
}

fn report(count: usize, differing: &[String]) -> Result<()> {
    println!("{count} compared, {} differ", differing.len());
    let shown = differing.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    ensure!(differing.is_empty(), "{} of {count} differ:\n{shown}", differing.len());
    Ok(())
}

/// What two clients hear of each other; each step is answered before the next one.
fn two_clients() -> Result<()> {
    fn heard(connect: impl Fn() -> Result<RawClient>, version: &str) -> Result<Vec<u8>> {
        let (mut reader, mut writer) = (connect()?, connect()?);
        let mut heard = Vec::new();
        reader.command(["HELLO", version])?;
        reader.send(["SUBSCRIBE", "news", "weather"])?;
        reader.send(["PSUBSCRIBE", "n*", "*s"])?;
        reader.send(["SSUBSCRIBE", "weather", "sport"])?;
        for _ in 0..6 {
            heard.extend(reader.reply()?);
        }
        heard.extend(writer.command(["PUBLISH", "weather", "rain\r\n\0"])?);
        heard.extend(writer.command(["PUBLISH", "nobody", ""])?);
        heard.extend(writer.command(["PUBSUB", "NUMSUB", "news", "x"])?);
        heard.extend(writer.command(["SPUBLISH", "weather", "sun"])?);
        heard.extend(writer.command(["SPUBLISH", "news", ""])?);
        heard.extend(writer.command(["PUBLISH", "sport", ""])?);
        heard.extend(writer.command(["PUBSUB", "SHARDNUMSUB", "sport", "news"])?);
        for _ in 0..3 {
            heard.extend(reader.reply()?);
        }
        reader.send(["SUNSUBSCRIBE", "sport"])?;
        heard.extend(reader.reply()?);
        heard.extend(writer.command(["SPUBLISH", "sport", "unheard"])?);
        reader.send(["UNSUBSCRIBE", "news"])?;
        reader.send(["PUNSUBSCRIBE", "*s", "n*"])?;
        for _ in 0..3 {
            heard.extend(reader.reply()?);
        }
        heard.extend(writer.command(["PUBLISH", "news", "unheard"])?);
        heard.extend(reader.command(["PING"])?);
        writer.command(["WATCH", "a"])?;
        writer.command(["WATCH", "b"])?;
        reader.command(["RESET"])?;
        heard.extend(reader.command(["SET", "b", "1"])?);
        for command in [&["MULTI"][..], &["SET", "a", "1"], &["EXEC"], &["GET", "a"]] {
            heard.extend(writer.command(command)?);
        }
        Ok(heard)
    }

    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    for version in ["2", "3"] {
        let expected = heard(|| Ok(redis.client()?), version)?;
        let got = heard(|| served.client(), version)?;
        ensure!(expected == got, difference(version, &expected, &got));
    }
    Ok(())
}

/// Lines around Redis's bounds, each sent at once to a client of its own and then in two parts, after the first of
/// which the server has had time to look.
fn long_lines() -> Result<()> {
    const LENGTHS: [usize; 8] = [65_535, 65_536, 65_537, 70_000, 81_909, 81_910, 81_911, 200_000];

    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    let (mut count, mut differing) = (0, Vec::new());
    let mut compare = |text: String, pieces: &[&[u8]]| -> Result<()> {
        count += 1;
        // How much of a line is there when a server looks is left to chance: rarely, either sees the first part alone.
        for attempt in 1..=3 {
            let (expected, got) = (slowly(&redis.socket_path(), pieces)?, slowly(&served.socket, pieces)?);
            if expected == got {
                break;
            }
            if attempt == 3 {
                differing.push(difference(&text, &expected, &got));
            }
        }
        Ok(())
    };
    for length in LENGTHS {
        let line = [b"PING", " ".repeat(length - 5).as_bytes(), b"\n"].concat();
        compare(format!("{length} bytes"), &[&line])?;
        compare(format!("{length} bytes after another request"), &[b"PING\r\n", &line])?;
        for cut in [65_000, 65_537].into_iter().filter(|cut| *cut < length) {
            let (first, second) = line.split_at(cut);
            compare(format!("{length} bytes, the first {cut} before the others"), &[first, second])?;
        }
    }
    let zeros = "0".repeat(70_000);
    compare("a long count".into(), &[format!("*{zeros}1\r\n$4\r\nPING\r\n").as_bytes()])?;
    compare("a long length".into(), &[format!("*1\r\n${zeros}4\r\nPING\r\n").as_bytes()])?;
    compare("a NUL byte in a long line".into(), &[format!("PING\0{zeros}\n").as_bytes()])?;
    report(count, &differing)
}

/// Sends the pieces, each once the server has had time to read what came before, and reads what is answered.
fn slowly(socket: &Path, pieces: &[&[u8]]) -> Result<Vec<u8>> {
    const TIME_TO_READ: Duration = Duration::from_millis(30);

    let mut stream = UnixStream::connect(socket)?;
    let mut answer = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            stream.set_read_timeout(Some(TIME_TO_READ))?;
            let _ = stream.read_to_end(&mut answer);
        }
        // The server may have closed already, having heard enough.
        let _ = stream.write_all(piece);
    }
    let _ = stream.shutdown(Shutdown::Write);
    stream.set_read_timeout(None)?;
    // Fails where the server has closed with bytes of ours unread.
    let _ = stream.read_to_end(&mut answer);
    Ok(answer)
}

/// Transactions that publish to their own client, while another client publishes to it all the time.
fn exec_among_messages() -> Result<()> {
    const TRANSACTIONS: usize = 500;

    let served = Served::start(|server| server)?;
    let (mut client, mut other) = (served.client()?, served.client()?);
    client.command(["HELLO", "3"])?;
    client.command(["SUBSCRIBE", "a"])?;
    let done = Arc::new(AtomicBool::new(false));
    let stop = done.clone();
    let flood = std::thread::spawn(move || -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            other.command(["PUBLISH", "a", "foreign"])?;
        }
        Ok(())
    });
    let foreign = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$7\r\nforeign\r\n";
    let own = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n";
    ensure!(client.reply()? == foreign, "the other one publishes");
    for _ in 0..TRANSACTIONS {
        for command in [&["MULTI"][..], &["PUBLISH", "a", "1"], &["INCR", "k"], &["PUBLISH", "a", "1"], &["EXEC"]] {
            client.send(command)?;
        }
        let mut next = |expected: &[u8]| -> Result<bool> {
            let reply = client.reply()?;
            ensure!(reply == expected || reply == foreign, "{} came", reply.escape_ascii());
            Ok(reply == expected)
        };
        for expected in [&b"+OK\r\n"[..], b"+QUEUED\r\n", b"+QUEUED\r\n", b"+QUEUED\r\n"] {
            while !next(expected)? {}
        }
        // The reply of EXEC, with what does not count as an item of it.
        let items = loop {
            match client.line()?.as_slice() {
                b"*3\r\n" => break client.replies(5)?,
                b">3\r\n" => _ = client.replies(3)?,
                other => anyhow::bail!("{} came", other.escape_ascii()),
            }
        };
        let number = items.get(2).cloned().unwrap_or_default();
        let expected = [&own[..], b":1\r\n", &number, own, b":1\r\n"];
        ensure!(number.starts_with(b":") && items == expected, "{}", items.concat().escape_ascii());
    }
    done.store(true, Ordering::Relaxed);
    flood.join().map_err(|_| anyhow::anyhow!("the publisher panicked"))??;
    Ok(())
}

fn listed_with_shard_channels() -> Result<()> {
    let served = Served::start(|server| server)?;
    let (mut client, mut other) = (served.client()?, served.client()?);
    client.command(["SSUBSCRIBE", "a"])?;
    let list = String::from_utf8(other.command(["CLIENT", "LIST", "TYPE", "pubsub"])?)?;
    ensure!(list.contains(" flags=PU ") && list.contains(" sub=0 psub=0 ssub=1 "), "{list}");
    client.command(["SUNSUBSCRIBE", "a"])?;
    ensure!(other.command(["CLIENT", "LIST", "TYPE", "pubsub"])? == b"$0\r\n\r\n");
    Ok(())
}

fn many_pings() -> Result<()> {
    const PINGS: usize = 100_000;

    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    for socket in [redis.socket_path(), served.socket.clone()] {
        let mut stream = UnixStream::connect(&socket)?;
        let mut writer = stream.try_clone()?;
        let sent = std::thread::spawn(move || writer.write_all(&b"*1\r\n$4\r\nPING\r\n".repeat(PINGS)));
        let mut answer = vec![0; PINGS * 7];
        stream.read_exact(&mut answer)?;
        ensure!(answer == b"+PONG\r\n".repeat(PINGS), "{} answered otherwise", socket.display());
        sent.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    }
    Ok(())
}

/// Any broker can stand behind the server: here the same redis-server that is asked directly.
async fn in_front_of_redis() -> Result<()> {
    const STARTS: [&str; 7] =
        ["SET k", "HSET", "SADD", "MULTI\r\nSET", "MULTI\r\nFOO", "WATCH a b", "WATCH a\r\nMULTI"];

    let redis = RedisServer::start()?;
    let broker = RedisBroker::connect(&redis.url()).await?;
    let socket = redis.socket_path().with_file_name("front.sock");
    let server = Server::builder().broker(broker).unix_socket(&socket).spawn().await?;
    let mut differing = Vec::new();
    let chosen = cases::CONVERSATIONS.iter().filter(|text| STARTS.iter().any(|start| text.starts_with(start)));
    let mut count = 0;
    for (conversation, hello) in chosen.flat_map(|text| [(text, ""), (text, "HELLO 3\r\n")]) {
        let text = format!("FLUSHALL\r\n{hello}{conversation}");
        let (direct, front, said) = (redis.socket_path(), socket.clone(), text.clone());
        // The broker's connection lives on this thread's runtime, which must not be blocked.
        let answers = tokio::task::spawn_blocking(move || -> Result<_> {
            Ok((converse(&direct, [said.as_bytes()])?, converse(&front, [said.as_bytes()])?))
        });
        let (expected, got) = answers.await??;
        let (expected, got) = (comparable(&expected), comparable(&got));
        count += 1;
        if expected != got {
            differing.push(difference(&text, &expected, &got));
        }
    }
    server.shutdown().await;
    report(count, &differing)
}

fn byte_by_byte() -> Result<()> {
    let served = Served::start(|server| server)?;
    for conversation in cases::CONVERSATIONS {
        let bytes: Vec<u8> = format!("FLUSHALL\r\n{conversation}").chars().map(|char| char as u8).collect();
        let whole = comparable(&converse(&served.socket, [&bytes[..]])?);
        let pieces = comparable(&converse(&served.socket, bytes.chunks(1))?);
        ensure!(whole == pieces, difference(conversation, &whole, &pieces));
    }
    Ok(())
}
