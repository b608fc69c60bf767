//! Sessions without a server: what a door that only calls `request` can rely on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use embroker_core::Event;
use embroker_core::resp::Request;
use embroker_mem::MemBroker;
use embroker_session::{Address, Session, Sessions, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn request(line: &str) -> Request<'_> {
    Request::from_argv(line.split(' ')).unwrap()
}

/// What is answered to one request.
async fn ask(session: &mut Session<MemBroker>, line: &str) -> String {
    session.request(&request(line)).await;
    String::from_utf8(session.take_output().to_vec()).unwrap()
}

fn open(sessions: &Sessions<MemBroker>) -> Session<MemBroker> {
    sessions.open(Address::unknown()).unwrap()
}

#[tokio::test]
async fn a_request_waits_for_the_end_of_a_pause() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, mut other) = (open(&sessions), open(&sessions));
    assert_eq!(ask(&mut admin, "CLIENT PAUSE 3600000 WRITE").await, "+OK\r\n");
    assert!(sessions.is_paused());

    let write = tokio::spawn(async move { ask(&mut other, "SET k v").await });
    while !ask(&mut admin, "CLIENT LIST").await.contains("flags=b") {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&mut admin, "GET k").await, "$-1\r\n");
    assert_eq!(ask(&mut admin, "CLIENT UNPAUSE").await, "+OK\r\n");
    assert_eq!(write.await.unwrap(), "+OK\r\n");
    assert!(!sessions.is_paused());
}

#[tokio::test]
async fn a_client_that_waits_and_is_killed_ends_without_running_its_command() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, mut other) = (open(&sessions), open(&sessions));
    ask(&mut admin, "CLIENT PAUSE 3600000 WRITE").await;
    other.begin(&request("SET k v"));
    let hold = other.hold().unwrap();
    assert_eq!(ask(&mut admin, "CLIENT KILL TYPE normal").await, ":1\r\n");
    hold.over().await;
    other.resume().await;
    assert!(other.is_ending() && other.output().is_empty());
    ask(&mut admin, "CLIENT UNPAUSE").await;
    assert_eq!(ask(&mut admin, "EXISTS k").await, ":0\r\n");
}

#[tokio::test]
async fn a_client_that_was_killed_is_in_no_list() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, other) = (open(&sessions), open(&sessions));
    assert_eq!(ask(&mut admin, "CLIENT KILL ID 7 ID 4").await, ":1\r\n", "the last of a filter counts");
    assert!(!ask(&mut admin, "CLIENT LIST").await.contains("id=4 "));
    assert!(ask(&mut admin, "INFO clients").await.contains("connected_clients:1\r\n"));
    assert_eq!(ask(&mut admin, "CLIENT KILL ID 4").await, ":0\r\n");
    drop(other);
    assert!(ask(&mut admin, "INFO clients").await.contains("connected_clients:1\r\n"));
}

#[tokio::test]
async fn a_refused_command_is_a_clients_last_one_too() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, mut other) = (open(&sessions), open(&sessions));
    for (request, last) in [("GET", "get"), ("CLIENT KILL", "client|kill"), ("CLIENT", "client"), ("NOSUCH a", "NULL")]
    {
        ask(&mut other, request).await;
        let list = ask(&mut admin, "CLIENT LIST ID 4").await;
        assert!(list.contains(&format!(" cmd={last} ")), "{request}: {list}");
    }
}

#[tokio::test]
async fn a_transaction_is_told_what_it_made_of_its_client() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    for request in ["MULTI", "HELLO 3", "SUBSCRIBE a b", "CLIENT INFO"] {
        ask(&mut client, request).await;
    }
    let answer = ask(&mut client, "EXEC").await;
    assert!(answer.contains(" flags=Px ") && answer.contains(" sub=2 ") && answer.contains(" resp=3"), "{answer}");
}

#[tokio::test]
async fn a_doomed_transaction_keeps_no_commands() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, mut other) = (open(&sessions), open(&sessions));
    for (request, answer) in [
        ("MULTI", "+OK\r\n"),
        ("SET k v", "+QUEUED\r\n"),
        ("GET", "-ERR wrong number of arguments for 'get' command\r\n"),
        ("GET k", "+QUEUED\r\n"),
    ] {
        assert_eq!(ask(&mut other, request).await, answer);
    }
    assert!(ask(&mut admin, "CLIENT LIST ID 4").await.contains(" multi=1 "));
}

#[tokio::test]
async fn who_kills_itself_in_a_transaction_is_not_answered_what_follows() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    for request in ["MULTI", "CLIENT KILL ID 3 SKIPME no", "PING"] {
        ask(&mut client, request).await;
    }
    assert_eq!(ask(&mut client, "EXEC").await, "*2\r\n:1\r\n");
    assert!(client.is_ending());
}

#[tokio::test]
async fn what_a_pause_held_may_have_to_wait_again() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut admin, mut other) = (open(&sessions), open(&sessions));
    ask(&mut admin, "CLIENT PAUSE 3600000 WRITE").await;
    other.begin(&request("SET k v"));
    ask(&mut admin, "CLIENT UNPAUSE").await;
    ask(&mut admin, "CLIENT PAUSE 3600000 WRITE").await;
    other.resume().await;
    assert!(other.hold().is_some());
    ask(&mut admin, "CLIENT UNPAUSE").await;
    other.resume().await;
    assert_eq!(other.output()[..], b"+OK\r\n"[..]);
}

#[tokio::test]
async fn doors_to_one_broker_share_pauses_and_logs() {
    let broker = MemBroker::new();
    let (one, two) = (Sessions::new(broker.clone()), Sessions::new(broker));
    let (mut first, mut second) = (open(&one), open(&two));
    ask(&mut first, "CONFIG SET slowlog-log-slower-than 0").await;
    ask(&mut first, "CLIENT PAUSE 3600000 WRITE").await;
    assert!(two.is_paused());
    ask(&mut second, "CLIENT UNPAUSE").await;
    assert!(!one.is_paused());
    assert!(ask(&mut second, "SLOWLOG GET 5").await.contains("PAUSE"));
}

#[tokio::test]
async fn a_monitor_that_does_not_read_is_cut_off() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut monitor, mut other) = (open(&sessions), open(&sessions));
    assert_eq!(ask(&mut monitor, "MONITOR").await, "+OK\r\n");
    let big = "x".repeat(4 << 20);
    for _ in 0..8 {
        ask(&mut other, &format!("ECHO {big}")).await;
    }
    let (_, _, feed) = monitor.output_and_sources();
    let mut lines = 0;
    while let Some(Event::Message(_)) = tokio::time::timeout(Duration::from_secs(10), feed.next()).await.unwrap() {
        lines += 1;
    }
    assert_eq!(lines, 7, "the eighth found 28 MiB waiting, and 32 are allowed");
}

#[tokio::test]
async fn a_script_that_is_not_there_is_monitored_and_waits_as_a_write() {
    let sessions = Sessions::new(MemBroker::new());
    let (mut monitor, mut other) = (open(&sessions), open(&sessions));
    assert_eq!(ask(&mut monitor, "MONITOR").await, "+OK\r\n");
    for request in ["EVALSHA x 0", "EVALSHA_RO x 0", "FCALL x 0", "FCALL_RO x 0"] {
        ask(&mut other, request).await;
        let (_, _, feed) = monitor.output_and_sources();
        let Some(Event::Message(line)) = feed.next().await else { panic!("{request} was not told") };
        let name = request.split(' ').next().unwrap();
        assert!(line.payload_str().unwrap().ends_with(&format!("] \"{name}\" \"x\" \"0\"\r\n")), "{line:?}");
    }
    for request in ["EVALSHA x 0", "FCALL x 0", "SPUBLISH c x", "PUBLISH c x"] {
        assert_eq!(ask(&mut monitor, request).await, "-ERR Replica can't interact with the keyspace\r\n", "{request}");
    }
    ask(&mut other, "CLIENT PAUSE 3600000 WRITE").await;
    for request in ["EVALSHA x 0", "FCALL x 0", "SPUBLISH c x"] {
        let mut held = open(&sessions);
        held.begin(&Request::from_argv(request.split(' ')).unwrap());
        assert!(held.hold().is_some(), "{request}");
    }
    ask(&mut other, "CLIENT UNPAUSE").await;
}

#[tokio::test]
async fn what_is_answered_otherwise_than_by_redis() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    for (request, answer) in [
        (
            "CLIENT TRACKING ON",
            "-ERR embroker does not track the keys that clients read: CLIENT TRACKING can only be OFF\r\n",
        ),
        ("CLIENT UNBLOCK 1", ":0\r\n"),
        (
            "ACL SETUSER alice on",
            "-ERR embroker has one user, 'default', who may do everything: ACL SETUSER cannot add or change users\r\n",
        ),
        (
            "ACL SETUSER default off",
            "-ERR embroker has one user, 'default', who may do everything: ACL SETUSER cannot add or change users\r\n",
        ),
        (
            "ACL SETUSER default >secret",
            "-ERR embroker has one user, 'default', who may do everything: ACL SETUSER cannot add or change users\r\n",
        ),
        ("SHUTDOWN SAVE", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n"),
        ("SHUTDOWN", "-ERR no server holds this connection: there is nothing that SHUTDOWN could end\r\n"),
    ] {
        assert_eq!(ask(&mut client, request).await, answer, "{request}");
    }
    assert!(!client.is_ending());
}

#[tokio::test]
async fn passwords_are_random_and_as_long_as_asked() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    for (request, digits) in
        [("ACL GENPASS", 64), ("ACL GENPASS 1", 1), ("ACL GENPASS 5", 2), ("ACL GENPASS 4096", 1024)]
    {
        let answer = ask(&mut client, request).await;
        let (length, password) = answer.split_once("\r\n").unwrap();
        assert_eq!(length, format!("${digits}"));
        assert!(password.trim_end().bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')), "{password}");
    }
    assert_ne!(ask(&mut client, "ACL GENPASS").await, ask(&mut client, "ACL GENPASS").await);
}

#[tokio::test]
async fn a_category_lists_the_commands_that_are_here() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    let answer = ask(&mut client, "ACL CAT transaction").await;
    assert_eq!(answer, "*5\r\n$7\r\ndiscard\r\n$4\r\nexec\r\n$5\r\nmulti\r\n$7\r\nunwatch\r\n$5\r\nwatch\r\n");
    assert!(ask(&mut client, "ACL CAT dangerous").await.contains("client|pause"));
}

#[tokio::test]
async fn only_what_has_to_wait_is_left_to_resume() {
    let sessions = Sessions::new(MemBroker::new());
    let mut client = open(&sessions);
    for at_once in ["SET k v", "PING", "CLIENT ID", "MULTI", "GET k", "NO SUCH", "DISCARD"] {
        client.begin(&request(at_once));
        assert!(!client.is_waiting(), "{at_once}");
    }
    client.take_output();
    let confirmation = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
    for (line, answer) in [("SELECT 1", "+OK\r\n"), ("WATCH k", "+OK\r\n"), ("SUBSCRIBE c", confirmation)] {
        client.begin(&request(line));
        assert!(client.is_waiting() && client.hold().is_none() && client.output().is_empty(), "{line}");
        client.resume().await;
        assert!(!client.is_waiting(), "{line}");
        assert_eq!(client.take_output(), answer, "{line}");
    }
}

/// Says whether it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_silence_that_begins_as_the_timer_rings_ends_the_connection_in_its_time() {
    let broker = MemBroker::builder().config("timeout", "1").unwrap().build();
    let session = Sessions::new(broker).open(Address::unknown()).unwrap();
    let (mut client, server) = tokio::io::duplex(1024);
    let mut conversation = Box::pin(stream::serve(session, server, std::future::pending()));
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(flag.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(conversation.as_mut().poll(&mut cx).is_pending());

    tokio::time::sleep(Duration::from_millis(1200)).await;
    // The request is there when the connection hears of the time that is over.
    client.write_all(b"PING\r\n").await.unwrap();
    assert!(flag.0.swap(false, Ordering::SeqCst));
    assert!(conversation.as_mut().poll(&mut cx).is_pending());
    let mut reply = [0; 7];
    client.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"+PONG\r\n");
    while flag.0.swap(false, Ordering::SeqCst) {
        assert!(conversation.as_mut().poll(&mut cx).is_pending());
    }

    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(flag.0.load(Ordering::SeqCst), "the connection hears of the end of the second silence");
    assert!(conversation.as_mut().poll(&mut cx).is_ready());
}
