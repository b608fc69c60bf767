//! Soon.

use embroker_core::commands::HashCommand;

use super::Handler;

pub(super) fn handler(_command: HashCommand) -> Handler {
    super::session_only
}
