//! What waits in a queue, and in which order it is taken.

use std::collections::VecDeque;
use std::task::Waker;

use crate::subscriber::{Event, Gap, Message};

/// For how many messages an emptied queue keeps its room.
const ROOM_KEPT: usize = 64;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) messages: VecDeque<Message>,
    /// What they weigh.
    pub(super) bytes: usize,
    /// How much they may weigh.
    pub(super) max_bytes: usize,
    /// A message with which they weigh more than this takes the slow way: `max_bytes`, or less where somebody waits
    /// for less.
    pub(super) mark: usize,
    /// How many events have left the front, read or dropped.
    pub(super) taken: u64,
    /// What is told besides messages, while there is any. It seldom is, so a message pays one look for it.
    pub(super) asides: Option<Box<Asides>>,
    pub(super) closed: bool,
    pub(super) reader: Option<Waker>,
    /// A reader who takes nothing now, and wants to know when the mark is passed or the queue is closed.
    pub(super) watcher: Option<Waker>,
}

#[derive(Debug, Default)]
pub(super) struct Asides {
    /// What was dropped off the front and is told before the first event.
    pub(super) lagged: u64,
    /// The last gap that stood among the dropped messages, told after them.
    pub(super) last_gap: Option<Gap>,
    /// Gaps that wait, each with the number of events before it.
    pub(super) gaps: VecDeque<(u64, Gap)>,
}

impl State {
    #[inline]
    pub(super) fn take_first(&mut self) -> Option<Event> {
        if self.asides.is_some()
            && let Some(gap) = self.take_aside()
        {
            return Some(Event::Gap(gap));
        }
        self.take_message().map(Event::Message)
    }

    #[inline]
    pub(super) fn take_message(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.taken += 1;
        self.bytes -= message.weight();
        if self.messages.is_empty() && self.messages.capacity() > ROOM_KEPT {
            self.messages = VecDeque::new();
        }
        Some(message)
    }

    /// The gap that stands before the first message, if one does.
    #[cold]
    pub(super) fn take_aside(&mut self) -> Option<Gap> {
        let asides = self.asides.as_deref_mut()?;
        if asides.lagged > 0 {
            return Some(Gap::Lagged(std::mem::take(&mut asides.lagged)));
        }
        let gap = asides.last_gap.take().or_else(|| self.take_gap());
        if gap.is_none() && self.asides().gaps.is_empty() {
            self.asides = None;
        }
        gap
    }

    pub(super) fn take_gap(&mut self) -> Option<Gap> {
        let gaps = &mut self.asides.as_deref_mut()?.gaps;
        let (_, gap) = *gaps.front().filter(|(before, _)| *before == self.taken)?;
        gaps.pop_front();
        self.taken += 1;
        Some(gap)
    }

    /// Has the watcher woken with the reader, and holds the queue to its bound again.
    #[inline]
    pub(super) fn alarm(&mut self) {
        self.mark = self.max_bytes;
        if self.reader.is_none() {
            self.reader = self.watcher.take();
        }
    }

    pub(super) fn drop_first(&mut self) {
        if let Some(gap) = self.take_gap() {
            self.asides().last_gap = Some(gap);
        } else if self.take_message().is_some() {
            self.asides().lagged += 1;
        }
    }

    pub(super) fn push_gap(&mut self, gap: Gap) {
        let before = self.pushed();
        self.asides().gaps.push_back((before, gap));
    }

    /// Whether the last two events are the beginning and the end of an outage.
    pub(super) fn ends_with_outage(&self) -> bool {
        let Some(asides) = &self.asides else { return false };
        let from_end = |n: usize| asides.gaps.len().checked_sub(n).and_then(|at| asides.gaps.get(at)).copied();
        let pushed = self.pushed();
        from_end(1) == Some((pushed.wrapping_sub(1), Gap::Resubscribed))
            && from_end(2) == Some((pushed.wrapping_sub(2), Gap::Disconnected))
    }

    #[inline]
    pub(super) fn pushed(&self) -> u64 {
        let gaps = self.asides.as_ref().map_or(0, |asides| asides.gaps.len());
        self.taken + (self.messages.len() + gaps) as u64
    }

    pub(super) fn asides(&mut self) -> &mut Asides {
        self.asides.get_or_insert_default()
    }
}
