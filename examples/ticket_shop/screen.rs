//! Lines and a progress bar that share one terminal.

use std::io::{self, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// From how many purchases on a progress bar is worth its line.
const MANY: u64 = 200;

/// Lines go to stdout, unless that is for the JSON document; the bar and notes go to stderr. Clones share the bar.
#[derive(Clone)]
pub(crate) struct Screen {
    bar: ProgressBar,
    lines: bool,
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
        Ok(Self { bar, lines: !json })
    }

    /// Prints a line above the bar. A reader who has left, such as `head`, is no reason to stop selling.
    pub(crate) fn line(&self, line: &str) {
        if self.lines {
            self.bar.suspend(|| writeln!(io::stdout(), "{line}")).ok();
        }
    }

    /// Tells something that is no part of the result.
    pub(crate) fn note(&self, note: &str) {
        self.bar.suspend(|| writeln!(io::stderr(), "ticket_shop: {note}")).ok();
    }

    /// One more purchase is made.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
