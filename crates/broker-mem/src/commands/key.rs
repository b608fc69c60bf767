//! Soon.

use embroker_core::commands::KeyCommand;

use super::Handler;

pub(super) fn handler(_command: KeyCommand) -> Handler {
    super::session_only
}
