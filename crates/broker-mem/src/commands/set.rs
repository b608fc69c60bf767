//! Soon.

use embroker_core::commands::SetCommand;

use super::Handler;

pub(super) fn handler(_command: SetCommand) -> Handler {
    super::session_only
}
