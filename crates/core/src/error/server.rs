//! An error reply, identified by its exact bytes on the wire.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use bytes::Bytes;

use super::Refusal;
use crate::Arg;

/// An error that Redis answers, with its exact text, such as
/// `WRONGTYPE Operation against a key holding the wrong kind of value`.
///
/// Two errors are equal when their texts are. The constants of [`texts`](crate::error::texts) hold the fixed ones.
///
/// # Examples
///
/// ```
/// use embroker_core::error::{ServerError, texts};
///
/// let error = ServerError::new("ERR no such key");
/// assert_eq!(error, texts::NO_SUCH_KEY);
/// assert_eq!(error.code(), "ERR");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ServerError(Bytes);

impl ServerError {
    /// An error with a fixed text.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::from_static("ERR no").code(), "ERR");
    /// ```
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// An error with this text. Line breaks become spaces, as Redis has them: an error is one line on the wire.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::new("ERR two\nlines").text(), "ERR two lines");
    /// ```
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        let mut text = text.into();
        for byte in &mut text {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        Self(text.into())
    }

    /// The text as it goes over the wire, without the leading `-`. It may hold bytes that are not UTF-8 where
    /// Redis repeats what it was sent.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::new(b"ERR \xff").as_bytes(), b"ERR \xff");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first word: `ERR`, `WRONGTYPE`, `EXECABORT`, …
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::new("WRONGTYPE Operation against …").code(), "WRONGTYPE");
    /// ```
    pub fn code(&self) -> &str {
        let word = self.0.split(|b| *b == b' ').next().unwrap_or_default();
        std::str::from_utf8(word).unwrap_or_default()
    }

    /// The text, with what is not UTF-8 replaced.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::new(b"ERR \xff").text(), "ERR \u{fffd}");
    /// ```
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// `ERR wrong number of arguments for 'get' command`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::wrong_arity("get").text(), "ERR wrong number of arguments for 'get' command");
    /// ```
    pub fn wrong_arity(name: &str) -> Self {
        Self::new(format!("ERR wrong number of arguments for '{name}' command"))
    }

    /// `ERR invalid expire time in 'set' command`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::invalid_expire("set").text(), "ERR invalid expire time in 'set' command");
    /// ```
    pub fn invalid_expire(name: &str) -> Self {
        Self::new(format!("ERR invalid expire time in '{name}' command"))
    }

    /// `ERR value is out of range, value must between 0 and 9`, in Redis's own grammar.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::not_between(0, 9).text(), "ERR value is out of range, value must between 0 and 9");
    /// ```
    pub fn not_between(least: i64, most: i64) -> Self {
        Self::new(format!("ERR value is out of range, value must between {least} and {most}"))
    }

    /// `ERR Unsupported option foo`, which EXPIRE and its kin answer. Redis cuts line breaks off its end.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::unsupported_option(b"foo").text(), "ERR Unsupported option foo");
    /// ```
    pub fn unsupported_option(option: &[u8]) -> Self {
        let mut text = b"ERR Unsupported option ".to_vec();
        text.extend_from_slice(printable(option, option.len()));
        while text.pop_if(|last| matches!(last, b'\r' | b'\n')).is_some() {}
        Self::new(text)
    }

    /// `ERR unknown command 'foo', with args beginning with: 'a' 'b' `: at most 128 bytes of the name, and
    /// arguments until 128 bytes of them are told.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// let error = ServerError::unknown_command(b"foo", &["a".into(), "b".into()]);
    /// assert_eq!(error.text(), "ERR unknown command 'foo', with args beginning with: 'a' 'b' ");
    /// ```
    pub fn unknown_command(name: &[u8], args: &[Arg<'_>]) -> Self {
        const TOLD: usize = 128;
        let mut told = Vec::new();
        for arg in args {
            if told.len() >= TOLD {
                break;
            }
            told.push(b'\'');
            told.extend_from_slice(printable(arg.as_bytes(), TOLD - (told.len() - 1)));
            told.extend_from_slice(b"' ");
        }
        let mut text = b"ERR unknown command '".to_vec();
        text.extend_from_slice(printable(name, TOLD));
        text.extend_from_slice(b"', with args beginning with: ");
        text.extend_from_slice(&told);
        Self::new(text)
    }

    /// `ERR Unknown argument FOO`, which FUNCTION LIST answers.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::unknown_argument(b"FOO").text(), "ERR Unknown argument FOO");
    /// ```
    pub fn unknown_argument(word: &[u8]) -> Self {
        let mut text = b"ERR Unknown argument ".to_vec();
        text.extend_from_slice(printable(word, word.len()));
        Self::new(text)
    }

    /// `ERR unknown subcommand 'foo'. Try PUBSUB HELP.`: at most 128 bytes of the subcommand.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// let error = ServerError::unknown_subcommand(b"foo", "pubsub");
    /// assert_eq!(error.text(), "ERR unknown subcommand 'foo'. Try PUBSUB HELP.");
    /// ```
    pub fn unknown_subcommand(sub: &[u8], container: &str) -> Self {
        let mut text = b"ERR unknown subcommand '".to_vec();
        text.extend_from_slice(printable(sub, 128));
        text.extend_from_slice(format!("'. Try {} HELP.", container.to_uppercase()).as_bytes());
        Self::new(text)
    }

    /// `ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.`
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// let error = ServerError::subcommand_syntax(b"channels", "pubsub");
    /// assert!(error.text().ends_with("for 'channels'. Try PUBSUB HELP."));
    /// ```
    pub fn subcommand_syntax(sub: &[u8], container: &str) -> Self {
        let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
        text.extend_from_slice(printable(sub, 128));
        text.extend_from_slice(format!("'. Try {} HELP.", container.to_uppercase()).as_bytes());
        Self::new(text)
    }

    /// What DEBUG answers for a subcommand of Redis that makes no sense in a broker without a process, files or an
    /// allocator of its own. No Redis has this text.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::debug_unsupported(b"RELOAD").text(), "ERR DEBUG RELOAD is not supported by an in-memory broker");
    /// ```
    pub fn debug_unsupported(sub: &[u8]) -> Self {
        Self::new([b"ERR DEBUG ", printable(sub, 128), b" is not supported by an in-memory broker"].concat())
    }

    /// `ERR Can't execute 'get': only … are allowed in this context`: what a RESP2 client with a subscription is
    /// answered.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert!(ServerError::subscribed_mode("get").text().starts_with("ERR Can't execute 'get': only (P|S)SUBSCRIBE"));
    /// ```
    pub fn subscribed_mode(name: &str) -> Self {
        Self::new(format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        ))
    }

    /// `EXECABORT Transaction discarded because of: …`: what EXEC answers where EXEC itself was refused.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// let error = ServerError::exec_refused(&ServerError::new("ERR no"));
    /// assert_eq!(error.text(), "EXECABORT Transaction discarded because of: no");
    /// ```
    pub fn exec_refused(reason: &Self) -> Self {
        let reason = reason.0.strip_prefix(b"ERR ").unwrap_or(&reason.0);
        Self::new([b"EXECABORT Transaction discarded because of: ", reason].concat())
    }

    /// `ERR Syntax error in HELLO option 'foo'`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::hello_option(b"foo").text(), "ERR Syntax error in HELLO option 'foo'");
    /// ```
    pub fn hello_option(option: &[u8]) -> Self {
        Self::quoting("ERR Syntax error in HELLO option '", option)
    }

    /// `ERR Unknown client type 'foo'`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::unknown_client_type(b"foo").text(), "ERR Unknown client type 'foo'");
    /// ```
    pub fn unknown_client_type(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown client type '", name)
    }

    /// `ERR No such user 'foo'`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::no_such_user(b"foo").text(), "ERR No such user 'foo'");
    /// ```
    pub fn no_such_user(name: &[u8]) -> Self {
        Self::quoting("ERR No such user '", name)
    }

    /// `ERR Unknown category 'foo'`: at most 128 bytes of the name.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::unknown_category(b"foo").text(), "ERR Unknown category 'foo'");
    /// ```
    pub fn unknown_category(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown category '", &name[..name.len().min(128)])
    }

    /// `ERR User 'foo' not found`: what ACL DRYRUN says of a user.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::user_not_found(b"foo").text(), "ERR User 'foo' not found");
    /// ```
    pub fn user_not_found(name: &[u8]) -> Self {
        Self::new([b"ERR User '", printable(name, name.len()), b"' not found"].concat())
    }

    /// `ERR Command 'foo' not found`: what ACL DRYRUN says of a command.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::command_not_found(b"foo").text(), "ERR Command 'foo' not found");
    /// ```
    pub fn command_not_found(name: &[u8]) -> Self {
        Self::new([b"ERR Command '", printable(name, name.len()), b"' not found"].concat())
    }

    /// `ERR Error in ACL SETUSER modifier 'foo': Syntax error`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::acl_modifier_syntax(b"foo").text(), "ERR Error in ACL SETUSER modifier 'foo': Syntax error");
    /// ```
    pub fn acl_modifier_syntax(modifier: &[u8]) -> Self {
        Self::new(
            [b"ERR Error in ACL SETUSER modifier '", printable(modifier, modifier.len()), b"': Syntax error"].concat(),
        )
    }

    /// `ERR No samples available for event 'foo'`: what LATENCY GRAPH says.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::no_latency_samples(b"foo").text(), "ERR No samples available for event 'foo'");
    /// ```
    pub fn no_latency_samples(event: &[u8]) -> Self {
        Self::quoting("ERR No samples available for event '", event)
    }

    /// What a client is told of a failure that no Redis knows: the connection to the broker behind was lost, say.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::failure(&"the connection was lost").text(), "ERR the connection was lost");
    /// ```
    pub fn failure(reason: &impl fmt::Display) -> Self {
        Self::new(format!("ERR {reason}"))
    }

    /// `ERR Unknown option or number of arguments for CONFIG SET - 'foo'`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// let error = ServerError::unknown_config(b"foo");
    /// assert!(error.text().ends_with("arguments for CONFIG SET - 'foo'"));
    /// ```
    pub fn unknown_config(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown option or number of arguments for CONFIG SET - '", name)
    }

    /// `ERR CONFIG SET failed (possibly related to argument 'timeout') - …`, with the reason.
    ///
    /// ```
    /// use embroker_core::{ServerError, error::Refusal};
    ///
    /// let error = ServerError::config_set("databases", &Refusal::Immutable);
    /// assert!(error.text().ends_with("can't set immutable config"));
    /// ```
    pub fn config_set(name: &str, reason: &Refusal) -> Self {
        Self::new(format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}"))
    }

    fn quoting(text: &str, word: &[u8]) -> Self {
        Self::new([text.as_bytes(), printable(word, word.len()), b"'"].concat())
    }

    /// `ERR Protocol error: expected '$', got 'x'`.
    ///
    /// ```
    /// use embroker_core::ServerError;
    ///
    /// assert_eq!(ServerError::expected_bulk(b'x').text(), "ERR Protocol error: expected '$', got 'x'");
    /// ```
    pub fn expected_bulk(got: u8) -> Self {
        let mut text = b"ERR Protocol error: expected '$', got '".to_vec();
        text.extend_from_slice(&[got, b'\'']);
        Self::new(text)
    }
}

/// What C's `%.*s` prints of a word: up to `limit` bytes, and nothing from a NUL byte on.
fn printable(word: &[u8], limit: usize) -> &[u8] {
    let word = &word[..word.len().min(limit)];
    word.split(|b| *b == 0).next().unwrap_or_default()
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The text, as [`Error`](super::Error) shows it. What can't be seen is escaped, so that two errors that differ look
/// different, and what a client sent does nothing to a terminal.
impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for char in chunk.valid().chars() {
                match char {
                    '"' | '\'' => f.write_char(char)?,
                    _ => write!(f, "{}", char.escape_debug())?,
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        assert_eq!(ServerError::new("ERR a\r\n+OK").to_string(), "ERR a  +OK");
    }

    #[test]
    fn the_debug_form_is_the_text_with_what_cannot_be_seen_escaped() {
        let error = ServerError::new(b"ERR no 'caf\xc3\xa9' \"x\" \x1b[2J\xff\0");
        assert_eq!(format!("{error:?}"), r#"ERR no 'café' "x" \u{1b}[2J\xff\0"#);
    }

    #[test]
    fn the_code_is_the_first_word() {
        assert_eq!(ServerError::from_static("WRONGTYPE x").code(), "WRONGTYPE");
        assert_eq!(ServerError::from_static("").code(), "");
    }
}
