//! One request: the command, and the words that the client spelled it with.
//!
//! MONITOR and SLOWLOG repeat a name as it was written, in any case; a [`Command`] keeps which one it is.

use crate::arg_list::ArgList;
use crate::commands::{AclCommand, ConnectionCommand};
use crate::table::CommandId;
use crate::{Arg, Command, Result};

/// What stands where a password was.
const REDACTED: &[u8] = b"(redacted)";
/// The parameters whose values CONFIG SET does not show.
const SECRET_PARAMETERS: [&str; 5] =
    ["masteruser", "masterauth", "requirepass", "tls-key-file-pass", "tls-client-key-file-pass"];

/// One request of a client: a command, and its name as it was written. It borrows the bytes that it came in, where its
/// words stand in them as they are.
///
/// # Examples
///
/// ```
/// use embroker_core::resp::Request;
///
/// let request = Request::from_argv(["Config", "SET", "requirepass", "secret"])?;
/// assert_eq!(request.command().spec().map(|spec| spec.name), Some("config|set"));
/// assert_eq!((request.name(), request.subcommand()), (&b"Config"[..], &b"SET"[..]));
/// assert_eq!(request.shown(), [&b"Config"[..], b"SET", b"requirepass", b"(redacted)"]);
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request<'a> {
    name: Arg<'a>,
    command: Command<'a>,
}

impl<'a> Request<'a> {
    /// A request from its words.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where there is no word at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// assert_eq!(Request::from_argv(["get", "a"])?.name(), b"get");
    /// assert!(Request::from_argv([""; 0]).is_err());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn from_argv<I>(words: I) -> Result<Self>
    where
        I: IntoIterator<Item: Into<Arg<'a>>>,
    {
        let (name, args) = Command::name_and_args(words)?;
        Ok(Self::new(name, args))
    }

    #[inline]
    pub(super) fn new(name: Arg<'a>, args: ArgList<'a>) -> Self {
        Self { command: Command::named(&name, args), name }
    }

    /// What is to run.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, resp::Request};
    ///
    /// assert_eq!(Request::from_argv(["get", "a"])?.command(), &Command::from_argv(["GET", "a"])?);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn command(&self) -> &Command<'a> {
        &self.command
    }

    /// The same request without borrows.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// let line = String::from("PING");
    /// let kept: Request<'static> = Request::from_argv([line.as_str()])?.into_owned();
    /// drop(line);
    /// assert_eq!(kept.name(), b"PING");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn into_owned(self) -> Request<'static> {
        Request { name: self.name.into_owned(), command: self.command.into_owned() }
    }

    /// The arguments after the name; after the subcommand, where there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// assert_eq!(Request::from_argv(["CONFIG", "GET", "port"])?.arguments().len(), 1);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn arguments(&self) -> &[Arg<'a>] {
        self.command.arguments()
    }

    /// The name as it was written.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// assert_eq!(Request::from_argv(["gEt", "a"])?.name(), b"gEt");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// The subcommand as it was written, or nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// assert_eq!(Request::from_argv(["CONFIG", "Get", "port"])?.subcommand(), b"Get");
    /// assert_eq!(Request::from_argv(["GET", "a"])?.subcommand(), b"");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn subcommand(&self) -> &[u8] {
        let has_one = self.command.spec().is_some_and(|spec| spec.words == 2);
        self.command.words().nth(1).filter(|_| has_one).unwrap_or_default()
    }

    /// All words as they were written, with passwords replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::resp::Request;
    ///
    /// assert_eq!(Request::from_argv(["AUTH", "secret"])?.shown(), [&b"AUTH"[..], b"(redacted)"]);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn shown(&self) -> Vec<&[u8]> {
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
        let request = Request::from_argv(line.split(' ')).unwrap();
        request.shown().iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
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
