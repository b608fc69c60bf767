//! Sessions over a stream, in a time that the tests move.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::pending;
use std::time::Duration;

use embroker_core::instance::config::Parameter;
use embroker_mem::MemBroker;
use embroker_session::{Address, Sessions, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{Instant, sleep};

/// A connection to a broker that wants a password.
fn connect() -> DuplexStream {
    let sessions = Sessions::new(MemBroker::new());
    sessions.instance().config().announce(Parameter::RequirePass, "secret").unwrap();
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(stream::serve(sessions.open(Address::unknown()).unwrap(), server, pending()));
    client
}

async fn ask(client: &mut DuplexStream, line: &str) -> String {
    client.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    let mut reply = vec![0; 1024];
    let read = client.read(&mut reply).await.unwrap();
    String::from_utf8(reply[..read].to_vec()).unwrap()
}

/// Seconds until the connection ends.
async fn seconds_to_the_end(mut client: DuplexStream) -> u64 {
    let begun = Instant::now();
    let _ = client.read_to_end(&mut Vec::new()).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_has_a_minute_for_the_password() {
    assert_eq!(seconds_to_the_end(connect()).await, 60);
}

#[tokio::test(start_paused = true)]
async fn who_talks_of_other_things_has_a_minute_too() {
    let mut client = connect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(59) {
        assert!(ask(&mut client, "PING").await.starts_with("-NOAUTH"));
        sleep(Duration::from_secs(1)).await;
    }
    assert!(seconds_to_the_end(client).await <= 1);
}

#[tokio::test(start_paused = true)]
async fn who_gave_the_password_stays_and_owes_it_anew_after_a_reset() {
    let mut client = connect();
    sleep(Duration::from_secs(59)).await;
    assert_eq!(ask(&mut client, "AUTH secret").await, "+OK\r\n");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(ask(&mut client, "PING").await, "+PONG\r\n");
    assert_eq!(ask(&mut client, "RESET").await, "+RESET\r\n");
    assert_eq!(seconds_to_the_end(client).await, 60);
}
