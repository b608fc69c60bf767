//! Two clients as they speak the protocol: what stands before what in the bytes that one of them is sent.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use embroker_core::Event;
use embroker_core::resp::RequestParser;
use embroker_mem::MemBroker;
use embroker_session::{Address, Session, Sessions};
use shuttle::sync::atomic::AtomicUsize;
use shuttle::thread;

use crate::{broker, explore, wait};

fn open(sessions: &Sessions<MemBroker>) -> Session<MemBroker> {
    sessions.open(Address::unknown()).expect("there is room")
}

/// Sends a command, and waits until it is answered.
fn say(session: &mut Session<MemBroker>, line: &str) {
    let mut input = format!("{line}\r\n").as_bytes().into();
    let parsed = RequestParser::new().next(&mut input, |request| session.begin(request)).expect("a request");
    assert!(parsed.is_some());
    wait(session.finish());
}

/// What the client was sent since it was asked last: words and numbers, apart by spaces.
fn sent(session: &mut Session<MemBroker>) -> String {
    // As a connection takes what waits.
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Event::Message(message))) = session.output_and_sources().1.poll_next(&mut context) {
        assert!(session.deliver(&message), "there is memory for a short message");
    }
    let bytes = session.take_output();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let words: Vec<&str> = text.split("\r\n").filter(|word| !word.is_empty() && !word.starts_with('$')).collect();
    words.join(" ")
}

#[test]
fn a_confirmation_stands_before_the_first_message_and_behind_the_last() {
    explore(|| {
        let sessions = Sessions::new(broker());
        let (mut reader, mut publisher) = (open(&sessions), open(&sessions));
        let received = AtomicUsize::new(0);
        let mut text = thread::scope(|threads| {
            threads.spawn(|| {
                for _ in 0..3 {
                    say(&mut publisher, "PUBLISH x hello");
                    received.fetch_add(usize::from(sent(&mut publisher) == ":1"), Ordering::SeqCst);
                }
            });
            say(&mut reader, "SUBSCRIBE x y");
            say(&mut reader, "UNSUBSCRIBE x");
            let text = sent(&mut reader);
            say(&mut reader, "UNSUBSCRIBE");
            format!("{text} {}", sent(&mut reader))
        });
        text.push(' ');
        let messages = "*3 message x hello ".repeat(received.load(Ordering::SeqCst));
        let between = "*3 subscribe x :1 *3 subscribe y :2 ";
        assert_eq!(text, format!("{between}{messages}*3 unsubscribe x :1 *3 unsubscribe y :0 "));
    });
}

#[test]
fn what_was_published_before_a_command_ran_stands_before_its_reply() {
    explore(|| {
        let sessions = Sessions::new(broker());
        let (mut reader, mut publisher) = (open(&sessions), open(&sessions));
        say(&mut reader, "HELLO 3");
        say(&mut reader, "PSUBSCRIBE x*");
        reader.take_output();
        thread::scope(|threads| {
            threads.spawn(|| {
                say(&mut publisher, "PUBLISH x1 first");
                say(&mut publisher, "SET key written");
                say(&mut publisher, "PUBLISH x2 second");
            });
            say(&mut reader, "GET key");
            let text = sent(&mut reader);
            let told = text.find("first").unwrap_or(usize::MAX);
            if let Some(reply) = text.find("written") {
                assert!(told < reply, "{text}");
            }
        });
    });
}

#[test]
fn what_a_transaction_tells_its_own_client_stands_before_the_reply_of_the_command_that_told_it() {
    explore(|| {
        let sessions = Sessions::new(broker());
        let (mut client, mut other) = (open(&sessions), open(&sessions));
        say(&mut client, "HELLO 3");
        say(&mut client, "SUBSCRIBE x");
        for line in ["MULTI", "PUBLISH x 1", "INCR n", "PUBLISH x 2"] {
            say(&mut client, line);
        }
        client.take_output();
        let text = thread::scope(|threads| {
            threads.spawn(|| ["PUBLISH x 8", "PUBLISH x 9"].map(|line| say(&mut other, line)));
            say(&mut client, "EXEC");
            sent(&mut client)
        });
        let text = format!("{text} {}", sent(&mut client)).trim().to_owned();
        let message = |payload| format!(">3 message x {payload}");
        let reply = format!("*3 {} :1 :1 {} :1", message(1), message(2));
        let orders = [
            [message(8), message(9), reply.clone()],
            [message(8), reply.clone(), message(9)],
            [reply, message(8), message(9)],
        ];
        assert!(orders.iter().any(|order| text == order.join(" ")), "{text}");
    });
}

#[test]
fn two_clients_that_subscribe_and_publish_to_each_other_miss_nothing_behind_their_confirmations() {
    explore(|| {
        let sessions = Sessions::new(broker());
        let mut clients = [open(&sessions), open(&sessions)];
        for client in &mut clients {
            say(client, "HELLO 3");
            client.take_output();
        }
        let received = thread::scope(|threads| {
            let both = clients.each_mut().map(|client| {
                threads.spawn(move || {
                    say(client, "SUBSCRIBE x");
                    say(client, "PUBLISH x hello");
                    let text = sent(client);
                    // Its own message was published before the reply of PUBLISH.
                    assert!(text.starts_with(">3 subscribe x :1 >3 message x hello"), "{text}");
                    text
                })
            });
            both.map(|client| client.join().expect("no panic"))
        });
        let [first, second] = clients.each_mut().map(sent);
        let texts = [format!("{} {first}", received[0]), format!("{} {second}", received[1])];
        let words = texts.iter().flat_map(|text| text.split(' ').skip_while(|word| *word != "message"));
        let (messages, replies): (Vec<&str>, Vec<&str>) =
            words.filter(|word| *word == "message" || word.starts_with(':')).partition(|word| *word == "message");
        let told: usize =
            replies.iter().map(|reply| usize::from(*reply == ":1") + 2 * usize::from(*reply == ":2")).sum();
        assert_eq!((messages.len(), replies.len()), (told, 2), "{texts:?}");
    });
}
