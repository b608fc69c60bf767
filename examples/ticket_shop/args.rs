//! The command line.

use clap::Parser;

/// A ticket shop: sells tickets for four events, while listeners keep its metrics and raise alerts.
///
/// Nothing needs to be installed: without a URL, the broker is in this process.
#[derive(Debug, Parser)]
#[command(name = "ticket_shop")]
pub(crate) struct Args {
    /// Where the shop runs: `mem://`, `redis://[user:password@]host[:port][/db]` or `redis+unix:///path/to.sock`.
    ///
    /// On a Redis it deletes its own keys of an earlier run first, and refuses to start where others use the same
    /// names.
    #[arg(long, value_name = "URL", default_value = "mem://")]
    pub(crate) broker: String,

    /// How many purchases there are.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) purchases: u64,

    /// The pause after a purchase: this many milliseconds on average; 0 for none.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    pub(crate) pace: u64,

    /// Chooses the purchases: the same seed and number, the same purchases. A random one if not given.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Prints one JSON document with all totals, and nothing else on stdout.
    #[arg(long, conflicts_with = "dashboard")]
    pub(crate) json: bool,

    /// Shows the shop as a live picture until q is pressed. Where the output is no terminal, or a dumb one, all is as
    /// without it.
    #[arg(long)]
    pub(crate) dashboard: bool,
}

/// A broker's URL without user, password and options, as it can be shown to anybody.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split_once('?').map_or(rest, |(place, _)| place);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{rest}")
}
