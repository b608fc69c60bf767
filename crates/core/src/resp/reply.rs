//! Replies as bytes, in either version of the protocol.

use bytes::{BufMut as _, BytesMut};

use crate::error::ServerError;
use crate::memory;
use crate::{Message, Reply, SubscriptionKind, Value};

/// The version of the protocol that a client speaks; HELLO changes it.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use embroker_core::{Value, resp::Protocol};
///
/// let reply = Ok(Value::Map(vec![("who".into(), "jamie".into())]));
/// let bytes = |protocol: Protocol| {
///     let mut out = BytesMut::new();
///     protocol.reply(&mut out, &reply);
///     out
/// };
/// assert_eq!(bytes(Protocol::Resp2), "*2\r\n$3\r\nwho\r\n$5\r\njamie\r\n");
/// assert_eq!(bytes(Protocol::Resp3), "%1\r\n$3\r\nwho\r\n$5\r\njamie\r\n");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// What every client starts with: maps and sets are arrays, doubles are text, booleans are 0 and 1.
    #[default]
    Resp2,
    /// Since Redis 6.0.
    Resp3,
}

impl Protocol {
    /// Writes what a command answered.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::{ServerError, Value, resp::Protocol};
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp2.reply(&mut out, &Ok(Value::Int(1)));
    /// Protocol::Resp2.reply(&mut out, &Err(ServerError::new("ERR no")));
    /// assert_eq!(out, ":1\r\n-ERR no\r\n");
    /// ```
    pub fn reply(self, out: &mut BytesMut, reply: &Reply) {
        match reply {
            Ok(value) => self.value(out, value),
            Err(error) => self.error(out, error),
        }
    }

    /// Writes an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::{error::texts, resp::Protocol};
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp3.error(&mut out, &texts::NO_SUCH_KEY);
    /// assert_eq!(out, "-ERR no such key\r\n");
    /// ```
    pub fn error(self, out: &mut BytesMut, error: &ServerError) {
        // A text may name an argument of any length.
        let refused = memory::reserve_bytes(out, error.as_bytes().len() + MOST_OF_A_LINE).err();
        line(out, b'-', refused.as_ref().unwrap_or(error).as_bytes());
    }

    /// Writes a value with all that is in it; an error in its place where the system has no memory for so much.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::{Value, resp::Protocol};
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp3.value(&mut out, &Value::Double(2.5));
    /// assert_eq!(out, ",2.5\r\n");
    /// ```
    pub fn value(self, out: &mut BytesMut, value: &Value) {
        let start = out.len();
        if let Err(error) = self.write(out, value) {
            out.truncate(start);
            self.error(out, &error);
        }
    }

    #[inline]
    fn write(self, out: &mut BytesMut, value: &Value) -> Result<(), ServerError> {
        match value {
            Value::Null => self.null(out),
            Value::Int(number) => match usize::try_from(*number) {
                Ok(number) => count(out, b':', number),
                Err(_) => line(out, b':', itoa::Buffer::new().format(*number).as_bytes()),
            },
            Value::Bulk(bytes) => return bulk(out, bytes),
            Value::Status(text) => line(out, b'+', text),
            Value::Verbatim(text) => return self.verbatim(out, text),
            Value::Array(items) => {
                self.array(out, items.len());
                return self.values(out, items);
            }
            Value::Map(pairs) => {
                match self {
                    Self::Resp2 => count(out, b'*', pairs.len() * 2),
                    Self::Resp3 => count(out, b'%', pairs.len()),
                }
                for (key, value) in pairs {
                    self.item(out, key)?;
                    self.item(out, value)?;
                }
            }
            Value::Set(items) => {
                count(out, if self == Self::Resp2 { b'*' } else { b'~' }, items.len());
                return self.values(out, items);
            }
            Value::Double(number) => {
                let text = seventeen_digits(*number);
                match self {
                    Self::Resp2 => return bulk(out, text.as_bytes()),
                    Self::Resp3 => line(out, b',', text.as_bytes()),
                }
            }
            Value::Bool(yes) => out.put_slice(match (self, yes) {
                (Self::Resp2, true) => b":1\r\n",
                (Self::Resp2, false) => b":0\r\n",
                (Self::Resp3, true) => b"#t\r\n",
                (Self::Resp3, false) => b"#f\r\n",
            }),
            Value::Error(error) => self.error(out, error),
        }
        Ok(())
    }

    /// Writes one of many values.
    fn item(self, out: &mut BytesMut, value: &Value) -> Result<(), ServerError> {
        memory::reserve_bytes(out, MOST_OF_A_LINE)?;
        self.write(out, value)
    }

    /// Writes what nobody asked for, such as a message: a push in RESP3, an array in RESP2.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::{Value, resp::Protocol};
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp3.push(&mut out, &["subscribe".into(), "news".into(), Value::Int(1)]);
    /// assert_eq!(out, ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    /// ```
    pub fn push(self, out: &mut BytesMut, items: &[Value]) {
        let start = out.len();
        count(out, if self == Self::Resp2 { b'*' } else { b'>' }, items.len());
        if let Err(error) = self.values(out, items) {
            out.truncate(start);
            self.error(out, &error);
        }
    }

    /// Writes a message, which is a push.
    ///
    /// # Errors
    ///
    /// [`OUT_OF_MEMORY`](crate::error::texts::OUT_OF_MEMORY) where the system has none for it: nothing is written then,
    /// and its receiver is one message short.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::{Message, resp::Protocol};
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp2.message(&mut out, &Message::new(b"news", b"hello"))?;
    /// assert_eq!(out, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn message(self, out: &mut BytesMut, message: &Message) -> Result<(), ServerError> {
        let mark = if self == Self::Resp2 { b'*' } else { b'>' };
        let kind: &[u8] = match message.kind() {
            SubscriptionKind::Channel => b"3\r\n$7\r\nmessage\r\n",
            SubscriptionKind::Shard => b"3\r\n$8\r\nsmessage\r\n",
            SubscriptionKind::Pattern => b"4\r\n$8\r\npmessage\r\n",
        };
        let texts = message.bulk_strings();
        let pattern = message.pattern().map_or(0, |pattern| pattern.len() + MOST_OF_A_LINE);
        memory::reserve_bytes(out, 1 + kind.len() + pattern + texts.len())?;
        out.put_u8(mark);
        out.extend_from_slice(kind);
        if let Some(pattern) = message.pattern() {
            bulk(out, pattern)?;
        }
        out.extend_from_slice(texts);
        Ok(())
    }

    /// Writes text made for people to read.
    fn verbatim(self, out: &mut BytesMut, text: &[u8]) -> Result<(), ServerError> {
        const FORMAT: &[u8] = b"txt:";

        if self == Self::Resp2 {
            return bulk(out, text);
        }
        memory::reserve_bytes(out, MOST_OF_A_LINE + text.len())?;
        count(out, b'=', FORMAT.len() + text.len());
        out.put_slice(FORMAT);
        out.put_slice(text);
        out.put_slice(b"\r\n");
        Ok(())
    }

    /// Writes the start of an array whose items follow.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::Protocol;
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp2.array(&mut out, 2);
    /// Protocol::Resp2.null(&mut out);
    /// Protocol::Resp2.null(&mut out);
    /// assert_eq!(out, "*2\r\n$-1\r\n$-1\r\n");
    /// ```
    pub fn array(self, out: &mut BytesMut, items: usize) {
        count(out, b'*', items);
    }

    /// Writes that there is nothing where there could be a string.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::Protocol;
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp3.null(&mut out);
    /// assert_eq!(out, "_\r\n");
    /// ```
    pub fn null(self, out: &mut BytesMut) {
        out.put_slice(if self == Self::Resp2 { b"$-1\r\n" } else { b"_\r\n" });
    }

    /// Writes that there is nothing where there could be an array; RESP3 makes no difference.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::Protocol;
    ///
    /// let mut out = BytesMut::new();
    /// Protocol::Resp2.null_array(&mut out);
    /// assert_eq!(out, "*-1\r\n");
    /// ```
    pub fn null_array(self, out: &mut BytesMut) {
        out.put_slice(if self == Self::Resp2 { b"*-1\r\n" } else { b"_\r\n" });
    }

    fn values(self, out: &mut BytesMut, items: &[Value]) -> Result<(), ServerError> {
        items.iter().try_for_each(|item| self.item(out, item))
    }
}

/// As much as is written beside a text: what kind it is, how long, and the ends of its lines.
const MOST_OF_A_LINE: usize = 32;

fn line(out: &mut BytesMut, kind: u8, text: &[u8]) {
    out.reserve(text.len() + 3);
    out.extend_from_slice(&[kind]);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

/// A line of one number. Most have one digit or two.
#[inline]
fn count(out: &mut BytesMut, kind: u8, items: usize) {
    let digit = |number: usize| b'0' + (number % 10) as u8;
    match items {
        0..10 => out.extend_from_slice(&[kind, digit(items), b'\r', b'\n']),
        10..100 => out.extend_from_slice(&[kind, digit(items / 10), digit(items), b'\r', b'\n']),
        _ => line(out, kind, itoa::Buffer::new().format(items).as_bytes()),
    }
}

#[inline]
fn bulk(out: &mut BytesMut, bytes: &[u8]) -> Result<(), ServerError> {
    memory::reserve_bytes(out, MOST_OF_A_LINE + bytes.len())?;
    count(out, b'$', bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// A number as C prints it by `%.17g`: 17 significant digits without the zeros at their end, as Redis 7.0 answers
/// doubles.
fn seventeen_digits(number: f64) -> String {
    const DIGITS: i32 = 17;

    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{number:.16e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or_default();
        return without_zeros(&format!("{number:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(protocol: Protocol, value: &Value) -> String {
        let mut out = BytesMut::new();
        protocol.value(&mut out, value);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn each_kind_of_value_has_its_form_in_either_version() {
        let cases = [
            (Value::Null, "$-1\r\n", "_\r\n"),
            (Value::Int(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"),
            (Value::from(""), "$0\r\n\r\n", "$0\r\n\r\n"),
            (Value::OK, "+OK\r\n", "+OK\r\n"),
            (Value::from_iter(["a"]), "*1\r\n$1\r\na\r\n", "*1\r\n$1\r\na\r\n"),
            (Value::Set(vec![Value::Int(1)]), "*1\r\n:1\r\n", "~1\r\n:1\r\n"),
            (Value::Map(vec![(Value::Int(1), Value::Null)]), "*2\r\n:1\r\n$-1\r\n", "%1\r\n:1\r\n_\r\n"),
            (Value::Bool(true), ":1\r\n", "#t\r\n"),
            (Value::Double(2.5), "$3\r\n2.5\r\n", ",2.5\r\n"),
            (Value::Error(ServerError::new("ERR x")), "-ERR x\r\n", "-ERR x\r\n"),
        ];
        for (value, resp2, resp3) in cases {
            assert_eq!(bytes(Protocol::Resp2, &value), resp2, "{value:?}");
            assert_eq!(bytes(Protocol::Resp3, &value), resp3, "{value:?}");
        }
    }

    #[test]
    fn doubles_are_printed_as_c_prints_17_digits() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.10000000000000001"),
            (3.0, "3"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e-4, "0.0001"),
            (1e-5, "1.0000000000000001e-05"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "4.9406564584124654e-324"),
            (-1234.5678, "-1234.5678"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(seventeen_digits(number), text);
        }
    }

    #[test]
    fn a_push_is_an_array_to_a_client_of_resp2() {
        let mut out = BytesMut::new();
        Protocol::Resp2.push(&mut out, &[Value::from("message")]);
        Protocol::Resp3.push(&mut out, &[Value::from("message")]);
        Protocol::Resp2.null_array(&mut out);
        Protocol::Resp3.null_array(&mut out);
        assert_eq!(out, "*1\r\n$7\r\nmessage\r\n>1\r\n$7\r\nmessage\r\n*-1\r\n_\r\n");
    }
}
