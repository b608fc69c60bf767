//! Soon.

use embroker_core::commands::BitfieldCommand;

use super::Handler;

pub(super) fn handler(_command: BitfieldCommand) -> Handler {
    super::session_only
}
