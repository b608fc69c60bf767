//! Where lines go: to a terminal that they share with a progress bar, or to the dashboard's log.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// From how many purchases on a progress bar is worth its line.
const MANY: u64 = 200;

/// How many lines a log keeps.
const KEPT: usize = 1_000;

/// Lines go to stdout, unless that is for the JSON document; the bar and notes go to stderr. While there is a dashboard,
/// its log takes both. Clones share everything.
#[derive(Clone)]
pub(crate) struct Screen {
    bar: ProgressBar,
    lines: bool,
    log: Option<Log>,
}

/// The newest lines that were said while the dashboard had the terminal, and the notes among them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    newest: VecDeque<String>,
    notes: Vec<String>,
    is_closed: bool,
}

impl Screen {
    /// `json`: whether stdout is for the document alone.
    pub(crate) fn new(purchases: u64, json: bool) -> anyhow::Result<Self> {
        let bar = if purchases < MANY {
            ProgressBar::hidden()
        } else {
            // Where stderr is no terminal, it does not show either.
            let style = ProgressStyle::with_template("{bar:32} {human_pos}/{human_len} purchases, {eta} left")?;
            let bar = ProgressBar::new(purchases).with_style(style.progress_chars("━╸─"));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        };
        Ok(Self { bar, lines: !json, log: None })
    }

    /// Whose lines a dashboard shows.
    pub(crate) fn logging(log: Log) -> Self {
        Self { bar: ProgressBar::hidden(), lines: true, log: Some(log) }
    }

    /// Prints a line above the bar. A reader who has left, such as `head`, is no reason to stop selling.
    pub(crate) fn line(&self, line: &str) {
        if self.log.as_ref().is_some_and(|log| log.take(line, false)) {
            return;
        }
        if self.lines {
            self.bar.suspend(|| writeln!(io::stdout(), "{line}")).ok();
        }
    }

    /// Tells something that is no part of the result.
    pub(crate) fn note(&self, note: &str) {
        if self.log.as_ref().is_some_and(|log| log.take(note, true)) {
            return;
        }
        self.bar.suspend(|| writeln!(io::stderr(), "ticket_shop: {note}")).ok();
    }

    /// One more purchase is made.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Removes the bar. What was noted while a dashboard had the terminal is told now.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
        if let Some(log) = &self.log {
            log.close().iter().for_each(|note| self.note(note));
        }
    }
}

impl Log {
    /// The last lines, the newest at the end.
    pub(crate) fn last(&self, lines: usize) -> Vec<String> {
        let newest = &self.lock().newest;
        newest.iter().skip(newest.len().saturating_sub(lines)).cloned().collect()
    }

    /// Takes a line, unless the dashboard is gone.
    fn take(&self, line: &str, is_note: bool) -> bool {
        let mut lines = self.lock();
        if lines.is_closed {
            return false;
        }
        if lines.newest.len() == KEPT {
            lines.newest.pop_front();
        }
        lines.newest.push_back(line.trim_end().to_owned());
        if is_note {
            lines.notes.push(line.to_owned());
        }
        true
    }

    /// Takes no more; what was noted.
    fn close(&self) -> Vec<String> {
        let mut lines = self.lock();
        lines.is_closed = true;
        std::mem::take(&mut lines.notes)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
