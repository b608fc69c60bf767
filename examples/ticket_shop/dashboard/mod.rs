//! `--dashboard`: the shop as a live picture, drawn ten times a second from what the broker and the listeners tell.
//!
//! The terminal belongs to the dashboard from [`Dashboard::open`] until [`Dashboard::show`] returns; lines that are said
//! meanwhile go to its log. [`picture`] says what there is to see, [`view`] how it looks.

mod picture;
mod view;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use embroker::AnyBroker;
use embroker_listeners::Running;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use self::picture::Picture;
use crate::screen::Log;
use crate::stop::Stop;

/// How often it is drawn, and looks for keys.
const TICK: Duration = Duration::from_millis(100);

/// How far the sale is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sale {
    /// So many purchases are made.
    Open(u64),
    /// All is sold, and the listeners are through with it.
    Over(u64),
    /// It could not go on; why is told when the dashboard is closed.
    Failed,
}

impl Sale {
    /// How many purchases are made.
    fn sold(self) -> u64 {
        match self {
            Self::Open(sold) | Self::Over(sold) => sold,
            Self::Failed => 0,
        }
    }
}

/// The terminal, while the dashboard has it. Dropping it gives the terminal back.
pub(crate) struct Dashboard {
    terminal: DefaultTerminal,
    log: Log,
}

/// Whether there is a terminal that can show a dashboard and has keys.
pub(crate) fn is_possible() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stdout().is_terminal() && io::stdin().is_terminal() && !is_dumb
}

impl Dashboard {
    /// Takes the terminal.
    pub(crate) fn open(log: Log) -> io::Result<Self> {
        Ok(Self { terminal: ratatui::try_init()?, log })
    }

    /// Shows the shop until somebody ends it, or the sale fails.
    pub(crate) async fn show(
        mut self,
        mut picture: Picture,
        broker: &AnyBroker,
        running: &Running,
        sale: watch::Receiver<Sale>,
        stop: &watch::Sender<Stop>,
    ) -> io::Result<()> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopped = stop.subscribe();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stop| *stop != Stop::No) => return Ok(()),
            }
            if let Some(asked) = asked_to_stop()? {
                stop.send_replace(asked);
                return Ok(());
            }
            let sale = *sale.borrow();
            if sale == Sale::Failed {
                return Ok(());
            }
            picture.look(broker, running, sale, &self.log).await;
            self.terminal.draw(|frame| view::draw(frame, &picture))?;
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What a shop with these purchases, on this broker, has to show.
pub(crate) fn picture(place: String, seed: u64, purchases: u64) -> Picture {
    Picture::new(place, seed, purchases)
}

/// What the keys say that were pressed since the last look.
fn asked_to_stop() -> io::Result<Option<Stop>> {
    while event::poll(Duration::ZERO)? {
        let Event::Key(key) = event::read()? else { continue };
        let with_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if with_control => return Ok(Some(Stop::Interrupted)),
            KeyCode::Char('q' | 'Q') | KeyCode::Esc if key.is_press() => return Ok(Some(Stop::Quit)),
            _ => {}
        }
    }
    Ok(None)
}
