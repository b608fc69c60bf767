//! What a client has sent and nobody has run yet.

use std::future::Future as _;
use std::io::{ErrorKind, Result};
use std::ops::RangeInclusive;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use embroker_core::{ServerError, memory};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::spare;

/// How much is read at a time: as much as came before, within these bounds.
const READ: RangeInclusive<usize> = spare::ROOM..=1024 * 1024;
/// What the input may grow to with one read once a request has begun: as much as Redis's buffer does, so that a line of
/// up to 81,910 bytes is seen with its end.
const BEGUN: usize = 80 * 1024;

/// A large word gets a buffer of its own size once so many times the bytes that are there are no less: what a client
/// claims costs no more than that.
const CLAIM: usize = 8;

/// The bytes, and whether there are more to read. It takes no room while nothing is in it.
pub(super) struct Input {
    pub(super) bytes: BytesMut,
    /// It has grown beyond what connections are lent.
    is_large: bool,
    /// The last read took all that it had room for.
    was_filled: bool,
    /// How much was read since others had their turn.
    turn: usize,
    /// There may be bytes to read.
    is_readable: bool,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { bytes: BytesMut::new(), is_large: false, was_filled: false, turn: 0, is_readable: true }
    }

    /// Whether so much is there that more can wait.
    pub(super) fn is_long(&self) -> bool {
        self.bytes.len() > *READ.end()
    }

    /// Whether the last read filled the room, or much was read, asked once: others have their turn before the next.
    pub(super) fn take_had_turn(&mut self) -> bool {
        let had_turn = std::mem::take(&mut self.was_filled) || self.turn >= *READ.end();
        if had_turn {
            self.turn = 0;
        }
        had_turn
    }

    /// There may be bytes to read.
    pub(super) fn has_news(&mut self) {
        self.is_readable = true;
    }

    /// Reads once, unless there was nothing and there was no news since; how many bytes. Who is woken by this waker
    /// tells of [news](Self::has_news). Where the request has come to a
    /// [large word](embroker_core::resp::RequestParser::large_word), that gets a buffer to itself.
    /// [`ErrorKind::OutOfMemory`] where the system has no room for a long request.
    pub(super) fn poll_read(
        &mut self,
        waker: &Waker,
        word: Option<usize>,
        mut stream: Pin<&mut impl AsyncRead>,
    ) -> Poll<Result<usize>> {
        if !self.is_readable {
            return Poll::Pending;
        }
        let before = self.bytes.len();
        let more = before.clamp(*READ.start(), *READ.end());
        let more = if before == 0 { more } else { more.max(BEGUN.saturating_sub(before)) };
        spare::lend(&mut self.bytes);
        let word = word.filter(|word| *word > before);
        let needed = before.saturating_add(more).min(word.unwrap_or(usize::MAX));
        if self.bytes.capacity() < needed {
            let done = match word {
                Some(word) => self.move_to_own(word.min(needed.max(before.saturating_mul(CLAIM)))),
                None => memory::reserve_bytes(&mut self.bytes, more),
            };
            if done.is_err() {
                return Poll::Ready(Err(ErrorKind::OutOfMemory.into()));
            }
        }
        self.is_large |= before.saturating_add(more) > spare::MOST_ROOM;
        let room = self.bytes.capacity().saturating_sub(before);
        let read = pin!(stream.read_buf(&mut self.bytes)).poll(&mut Context::from_waker(waker));
        match &read {
            Poll::Ready(read) => {
                let read = read.as_ref().map_or(0, |read| *read);
                self.was_filled = read == room;
                self.turn += read;
            }
            Poll::Pending => {
                self.is_readable = false;
                self.turn = 0;
                self.give_back();
            }
        }
        read
    }

    /// Moves what there is into a buffer of exactly this size.
    fn move_to_own(&mut self, size: usize) -> std::result::Result<(), ServerError> {
        let own = memory::copy_into(&self.bytes, size)?;
        if !self.is_large {
            spare::take_back(&mut self.bytes);
        }
        self.bytes = Bytes::from(own).into();
        Ok(())
    }

    fn give_back(&mut self) {
        if !self.bytes.is_empty() {
            return;
        }
        if std::mem::take(&mut self.is_large) {
            self.bytes = BytesMut::new();
        } else {
            spare::take_back(&mut self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a large word get a buffer of its size, and what a client claims costs no more than so many times
    /// what it has sent.
    #[test]
    fn a_large_word_gets_a_buffer_of_its_own_size_as_its_bytes_come() {
        const PIECE: usize = 1000;

        for word in [40_000, 3_000_000] {
            let mut input = Input::new();
            let sent = vec![7; word];
            let (mut moves, mut room) = (0, 0);
            for piece in sent.chunks(PIECE) {
                let mut stream = piece;
                let read = input.poll_read(Waker::noop(), Some(word), Pin::new(&mut stream));
                assert!(matches!(read, Poll::Ready(Ok(read)) if read == piece.len()), "there is room for a piece");
                let most = (CLAIM * input.bytes.len()).max(input.bytes.len() + 2 * BEGUN);
                assert!(input.bytes.capacity() <= most, "{} of {most}", input.bytes.capacity());
                moves += usize::from(std::mem::replace(&mut room, input.bytes.capacity()) != room);
            }
            assert_eq!((&input.bytes[..], input.bytes.capacity()), (&sent[..], word));
            assert!(moves < 10, "{moves} moves");
        }
    }
}
