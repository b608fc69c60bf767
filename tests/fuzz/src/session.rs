//! Whole conversations of two clients: nothing panics, what is answered does not depend on how the bytes arrive, and
//! the counts of the broker hold in the end.

use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use embroker_core::Event;
use embroker_core::resp::{Request, RequestParser};
use embroker_mem::MemBroker;
use embroker_session::{Address, Session, Sessions};
use futures_util::FutureExt as _;

use crate::input::Input;
use crate::resp::pieces;
use crate::state;

/// The other client goes on behind this byte, which stands in no word of Redis's.
const TURN: u8 = 0xfe;

/// Commands whose answers tell of time, or come from the system's own chance.
const OF_THE_MOMENT: [&str; 14] = [
    "acl|genpass",
    "acl|log",
    "client|info",
    "client|list",
    "info",
    "latency",
    "latency|histogram",
    "memory|stats",
    "monitor",
    "slowlog|get",
    "slowlog|len",
    "time",
    "lastsave",
    "memory|malloc-stats",
];

/// A byte says how long the pieces are.
pub(crate) fn target(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let lengths = input.byte();
    let turns: Vec<&[u8]> = input.rest().split(|byte| *byte == TURN).collect();
    let mut whole = Conversation::new();
    let mut in_pieces = Conversation::new();
    for (number, turn) in turns.iter().enumerate() {
        whole.say(number % 2, [*turn]);
        in_pieces.say(number % 2, pieces(turn, lengths));
    }
    let are_comparable = !whole.is_of_the_moment && !in_pieces.is_of_the_moment;
    let (first, second) = (whole.end(), in_pieces.end());
    if are_comparable {
        for (first, second) in first.iter().zip(&second) {
            assert_eq!(first.escape_ascii().to_string(), second.escape_ascii().to_string(), "{}", bytes.escape_ascii());
        }
    }
}

/// Two clients of one broker.
struct Conversation {
    broker: MemBroker,
    clients: [Client; 2],
    is_of_the_moment: bool,
}

struct Client {
    session: Session<MemBroker>,
    parser: RequestParser,
    input: BytesMut,
    heard: Vec<u8>,
}

impl Conversation {
    fn new() -> Self {
        let broker = state::broker();
        let sessions = Sessions::new(broker.clone());
        let client = || Client {
            session: sessions.open(Address::unknown()).expect("there is room"),
            parser: RequestParser::new(),
            input: BytesMut::new(),
            heard: Vec::new(),
        };
        Self { clients: [client(), client()], broker, is_of_the_moment: false }
    }

    fn say<'a>(&mut self, client: usize, pieces: impl IntoIterator<Item = &'a [u8]>) {
        for piece in pieces {
            self.is_of_the_moment |= self.clients[client].hear(piece);
        }
        for client in &mut self.clients {
            client.listen();
        }
    }

    /// What each client heard.
    fn end(self) -> [Vec<u8>; 2] {
        let heard = self.clients.map(|client| [client.heard, client.session.into_output().to_vec()].concat());
        state::check(&self.broker);
        heard
    }
}

impl Client {
    /// Runs what has arrived as a whole; whether an answer tells of the moment.
    fn hear(&mut self, piece: &[u8]) -> bool {
        let mut is_of_the_moment = false;
        self.input.extend_from_slice(piece);
        while !self.session.is_ending() && self.session.hold().is_none() {
            self.parser.limit_until_authenticated(!self.session.is_authenticated());
            let session = &mut self.session;
            let ran = self.parser.next(&mut self.input, |request| {
                is_of_the_moment |= tells_of_the_moment(request);
                if !is_too_much(request) {
                    session.begin(request);
                }
            });
            match ran {
                Ok(Some(())) if self.session.is_waiting() && self.session.hold().is_none() => {
                    self.session.resume().now_or_never().expect("nobody waits in memory");
                }
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(error) => self.session.end_with(&error),
            }
        }
        is_of_the_moment
    }

    /// Takes the messages that wait, and all that is to be sent.
    fn listen(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Event::Message(message))) =
            self.session.output_and_sources().1.poll_next(&mut context)
        {
            assert!(self.session.deliver(&message), "there is memory for a short message");
        }
        self.heard.extend_from_slice(&self.session.take_output());
    }
}

fn tells_of_the_moment(request: &Request<'_>) -> bool {
    request.command().spec().is_some_and(|spec| OF_THE_MOMENT.contains(&spec.name))
}

/// What would take long, or last: counts of millions, and the pause of clients.
fn is_too_much(request: &Request<'_>) -> bool {
    let Some(spec) = request.command().spec() else { return false };
    let is_long = |word: &[u8]| word.starts_with(b"-") && word.len() > 5;
    match spec.name {
        "client|pause" => true,
        "srandmember" | "hrandfield" => request.arguments().iter().any(|arg| is_long(arg.as_bytes())),
        _ => false,
    }
}
