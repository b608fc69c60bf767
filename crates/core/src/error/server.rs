//! An error reply, identified by its exact bytes on the wire.

use std::borrow::Cow;
use std::fmt;

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
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// An error with this text. Line breaks become spaces, as Redis has them: an error is one line on the wire.
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
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first word: `ERR`, `WRONGTYPE`, `EXECABORT`, …
    pub fn code(&self) -> &str {
        let word = self.0.split(|b| *b == b' ').next().unwrap_or_default();
        std::str::from_utf8(word).unwrap_or_default()
    }

    /// The text, with what is not UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// `ERR wrong number of arguments for 'get' command`.
    pub fn wrong_arity(name: &str) -> Self {
        Self::new(format!("ERR wrong number of arguments for '{name}' command"))
    }

    /// `ERR invalid expire time in 'set' command`.
    pub fn invalid_expire(name: &str) -> Self {
        Self::new(format!("ERR invalid expire time in '{name}' command"))
    }

    /// `ERR value is out of range, value must between 0 and 9`, in Redis's own grammar.
    pub fn not_between(least: i64, most: i64) -> Self {
        Self::new(format!("ERR value is out of range, value must between {least} and {most}"))
    }

    /// `ERR Unsupported option foo`, which EXPIRE and its kin answer. Redis cuts line breaks off its end.
    pub fn unsupported_option(option: &[u8]) -> Self {
        let mut text = b"ERR Unsupported option ".to_vec();
        text.extend_from_slice(printable(option, option.len()));
        while text.pop_if(|last| matches!(last, b'\r' | b'\n')).is_some() {}
        Self::new(text)
    }

    /// `ERR unknown command 'foo', with args beginning with: 'a' 'b' `: at most 128 bytes of the name, and
    /// arguments until 128 bytes of them are told.
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
    pub fn unknown_argument(word: &[u8]) -> Self {
        let mut text = b"ERR Unknown argument ".to_vec();
        text.extend_from_slice(printable(word, word.len()));
        Self::new(text)
    }

    /// `ERR unknown subcommand 'foo'. Try PUBSUB HELP.`: at most 128 bytes of the subcommand.
    pub fn unknown_subcommand(sub: &[u8], container: &str) -> Self {
        let mut text = b"ERR unknown subcommand '".to_vec();
        text.extend_from_slice(printable(sub, 128));
        text.extend_from_slice(format!("'. Try {} HELP.", container.to_uppercase()).as_bytes());
        Self::new(text)
    }

    /// `ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.`
    pub fn subcommand_syntax(sub: &[u8], container: &str) -> Self {
        let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
        text.extend_from_slice(printable(sub, 128));
        text.extend_from_slice(format!("'. Try {} HELP.", container.to_uppercase()).as_bytes());
        Self::new(text)
    }

    /// What DEBUG answers for a subcommand of Redis that makes no sense in a broker without a process, files or an
    /// allocator of its own. No Redis has this text.
    pub fn debug_unsupported(sub: &[u8]) -> Self {
        Self::new([b"ERR DEBUG ", printable(sub, 128), b" is not supported by an in-memory broker"].concat())
    }

    /// `ERR Can't execute 'get': only … are allowed in this context`: what a RESP2 client with a subscription is
    /// answered.
    pub fn subscribed_mode(name: &str) -> Self {
        Self::new(format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        ))
    }

    /// `EXECABORT Transaction discarded because of: …`: what EXEC answers where EXEC itself was refused.
    pub fn exec_refused(reason: &Self) -> Self {
        let reason = reason.0.strip_prefix(b"ERR ").unwrap_or(&reason.0);
        Self::new([b"EXECABORT Transaction discarded because of: ", reason].concat())
    }

    /// `ERR Syntax error in HELLO option 'foo'`.
    pub fn hello_option(option: &[u8]) -> Self {
        Self::quoting("ERR Syntax error in HELLO option '", option)
    }

    /// `ERR Unknown client type 'foo'`.
    pub fn unknown_client_type(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown client type '", name)
    }

    /// `ERR No such user 'foo'`.
    pub fn no_such_user(name: &[u8]) -> Self {
        Self::quoting("ERR No such user '", name)
    }

    /// `ERR Unknown category 'foo'`: at most 128 bytes of the name.
    pub fn unknown_category(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown category '", &name[..name.len().min(128)])
    }

    /// `ERR User 'foo' not found`: what ACL DRYRUN says of a user.
    pub fn user_not_found(name: &[u8]) -> Self {
        Self::new([b"ERR User '", printable(name, name.len()), b"' not found"].concat())
    }

    /// `ERR Command 'foo' not found`: what ACL DRYRUN says of a command.
    pub fn command_not_found(name: &[u8]) -> Self {
        Self::new([b"ERR Command '", printable(name, name.len()), b"' not found"].concat())
    }

    /// `ERR Error in ACL SETUSER modifier 'foo': Syntax error`.
    pub fn acl_modifier_syntax(modifier: &[u8]) -> Self {
        Self::new(
            [b"ERR Error in ACL SETUSER modifier '", printable(modifier, modifier.len()), b"': Syntax error"].concat(),
        )
    }

    /// `ERR No samples available for event 'foo'`: what LATENCY GRAPH says.
    pub fn no_latency_samples(event: &[u8]) -> Self {
        Self::quoting("ERR No samples available for event '", event)
    }

    /// What a client is told of a failure that no Redis knows: the connection to the broker behind was lost, say.
    pub fn failure(reason: &impl fmt::Display) -> Self {
        Self::new(format!("ERR {reason}"))
    }

    /// `ERR Unknown option or number of arguments for CONFIG SET - 'foo'`.
    pub fn unknown_config(name: &[u8]) -> Self {
        Self::quoting("ERR Unknown option or number of arguments for CONFIG SET - '", name)
    }

    /// `ERR CONFIG SET failed (possibly related to argument 'timeout') - …`, with the reason.
    pub fn config_set(name: &str, reason: &Refusal) -> Self {
        Self::new(format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}"))
    }

    fn quoting(text: &str, word: &[u8]) -> Self {
        Self::new([text.as_bytes(), printable(word, word.len()), b"'"].concat())
    }

    /// `ERR Protocol error: expected '$', got 'x'`.
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

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerError(\"{}\")", self.0.escape_ascii())
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
    fn the_code_is_the_first_word() {
        assert_eq!(ServerError::from_static("WRONGTYPE x").code(), "WRONGTYPE");
        assert_eq!(ServerError::from_static("").code(), "");
    }
}
