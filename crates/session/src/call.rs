//! One request: the command, and the words that the client spelled it with.
//!
//! MONITOR and SLOWLOG repeat a name as it was written, in any case; a [`Command`] keeps which one it is.

use embroker_core::commands::{AclCommand, ConnectionCommand};
use embroker_core::table::CommandId;
use embroker_core::{Arg, Command};

/// What stands where a password was.
const REDACTED: &[u8] = b"(redacted)";
/// The parameters whose values CONFIG SET does not show.
const SECRET_PARAMETERS: [&str; 5] =
    ["masteruser", "masterauth", "requirepass", "tls-key-file-pass", "tls-client-key-file-pass"];

/// One request of a client.
pub(crate) struct Call {
    name: Arg<'static>,
    command: Command<'static>,
}

impl Call {
    /// `None` where there is no word at all.
    pub(crate) fn new(words: Vec<Arg<'static>>) -> Option<Self> {
        let name = words.first()?.clone();
        Some(Self { name, command: Command::from_argv(words).ok()? })
    }

    pub(crate) fn command(&self) -> &Command<'static> {
        &self.command
    }

    /// The arguments after the name; after the subcommand, where there is one.
    pub(crate) fn arguments(&self) -> &[Arg<'static>] {
        self.command.arguments()
    }

    /// The name as it was written.
    pub(crate) fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// The subcommand as it was written, or nothing.
    pub(crate) fn subcommand(&self) -> &[u8] {
        let has_one = self.command.spec().is_some_and(|spec| spec.words == 2);
        self.command.words().nth(1).filter(|_| has_one).unwrap_or_default()
    }

    /// All words as they were written, with passwords replaced.
    pub(crate) fn shown(&self) -> Vec<&[u8]> {
        let mut words: Vec<&[u8]> = std::iter::once(self.name()).chain(self.command.words().skip(1)).collect();
        let Some(spec) = self.command.spec() else { return words };
        let first = usize::from(spec.words);
        match spec.id {
            CommandId::Connection(ConnectionCommand::Auth) | CommandId::Acl(AclCommand::SetUser) => {
                words.iter_mut().skip(first).for_each(|word| *word = REDACTED);
            }
            CommandId::Connection(ConnectionCommand::Hello) => hide_hello(words.get_mut(2..).unwrap_or_default()),
            _ if spec.name == "config|set" => {
                for pair in words.get_mut(first..).unwrap_or_default().chunks_exact_mut(2) {
                    let is_secret = |name: &&str| pair[0].eq_ignore_ascii_case(name.as_bytes());
                    if SECRET_PARAMETERS.iter().any(is_secret) {
                        pair[1] = REDACTED;
                    }
                }
            }
            _ => {}
        }
        words
    }
}

/// Hides the user and the password of each `AUTH` among HELLO's options.
fn hide_hello(options: &mut [&[u8]]) {
    let mut rest = options;
    while let Some((option, values)) = rest.split_first_mut() {
        let taken = if option.eq_ignore_ascii_case(b"auth") && values.len() >= 2 {
            values.iter_mut().take(2).for_each(|value| *value = REDACTED);
            2
        } else if option.eq_ignore_ascii_case(b"setname") {
            1
        } else {
            return;
        };
        rest = values.get_mut(taken..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words = line.split(' ').map(|word| Arg::from(word).into_owned()).collect();
        let call = Call::new(words).unwrap();
        call.shown().iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_shown_as_they_were_written_and_passwords_are_not() {
        assert_eq!(shown("sEt k v"), "sEt k v");
        assert_eq!(shown("Client iD"), "Client iD");
        assert_eq!(shown("auth me secret"), "auth (redacted) (redacted)");
        assert_eq!(shown("HELLO 3 SETNAME auth AUTH me secret"), "HELLO 3 SETNAME auth AUTH (redacted) (redacted)");
        assert_eq!(shown("HELLO 3 AUTH me"), "HELLO 3 AUTH me");
        assert_eq!(shown("ACL SETUSER default >secret"), "ACL SETUSER (redacted) (redacted)");
    }
}
