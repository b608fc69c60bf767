//! Soon.

use embroker_core::commands::StringCommand;

use super::Handler;

pub(super) fn handler(_command: StringCommand) -> Handler {
    super::session_only
}
