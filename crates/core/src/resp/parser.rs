//! Requests, read from bytes as they come: arrays of bulk strings, and inline lines.
//!
//! A request that is there as a whole runs from the bytes that it came in. Of any other the parser takes the words as
//! they arrive. What a client claims costs nothing: memory grows with the bytes that are there.

use bytes::{Buf as _, Bytes, BytesMut};

use super::{Request, inline};
use crate::arg_list::ArgList;
use crate::error::{ServerError, texts};
use crate::{Arg, memory, parse_int};

/// With so many bytes and no end of a line among them, an inline request or a line that says a length is refused.
const MAX_LINE: usize = 64 * 1024;
/// Where the end is looked for: what Redis's buffer holds after its second read, when it has seen that the first one of
/// 16 KiB was not enough.
const MAX_BUFFERED: usize = 81_910;
/// The longest argument, unless told otherwise.
const MAX_BULK: i64 = 512 * 1024 * 1024;
/// What a client that has not given its password may send.
const MAX_WORDS_BEFORE_AUTH: i64 = 10;
const MAX_BULK_BEFORE_AUTH: i64 = 16 * 1024;
/// An argument of this size keeps the buffer it came in, where there is little else in that; any other is copied, so
/// that it holds no more than itself.
const SHARED_FROM: usize = 32 * 1024;
/// As much as may be in it beside the argument: a part of that, and no more than so many bytes.
const LITTLE: usize = 64 * 1024;
const LITTLE_PART: usize = 8;

/// Reads requests from bytes that arrive in pieces of any size.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use embroker_core::resp::{Request, RequestParser};
///
/// let mut parser = RequestParser::new();
/// let mut input = BytesMut::from("*2\r\n$4\r\nECHO\r\n$2\r\nhi");
/// assert!(parser.next(&mut input, |_| ())?.is_none(), "the last two bytes are missing");
/// input.extend_from_slice(b"\r\nPING\r\n");
/// let words = |request: &Request<'_>| format!("{:?}", request.command());
/// assert_eq!(parser.next(&mut input, words)?.unwrap(), r#""echo" "hi""#);
/// assert_eq!(parser.next(&mut input, words)?.unwrap(), r#""ping""#);
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[derive(Debug)]
pub struct RequestParser {
    request: Option<Multibulk>,
    /// How many bytes at the front of the input hold no end of a line.
    scanned: usize,
    limited: bool,
    max_bulk: i64,
}

/// An array of bulk strings that has begun.
#[derive(Debug)]
struct Multibulk {
    words: Vec<Arg<'static>>,
    missing: usize,
    /// The length of the word that comes next, once it is known.
    bulk: Option<usize>,
}

impl RequestParser {
    /// A parser at the start of a connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::RequestParser;
    ///
    /// assert!(RequestParser::new().next(&mut BytesMut::new(), |_| ())?.is_none());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn new() -> Self {
        Self { request: None, scanned: 0, limited: false, max_bulk: MAX_BULK }
    }

    /// Sets how long an argument may be, in bytes: `proto-max-bulk-len`, 512 MiB at first.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::RequestParser;
    ///
    /// let mut parser = RequestParser::new();
    /// parser.limit_bulk(1 << 20);
    /// let mut input = BytesMut::from("*1\r\n$1048577\r\n");
    /// assert_eq!(parser.next(&mut input, |_| ()).unwrap_err().text(), "ERR Protocol error: invalid bulk length");
    /// ```
    pub fn limit_bulk(&mut self, bytes: i64) {
        self.max_bulk = bytes;
    }

    /// Sets whether the client still owes its password: then a request may have 10 words of 16 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::RequestParser;
    ///
    /// let mut parser = RequestParser::new();
    /// parser.limit_until_authenticated(true);
    /// let error = parser.next(&mut BytesMut::from("*11\r\n"), |_| ()).unwrap_err();
    /// assert_eq!(error.text(), "ERR Protocol error: unauthenticated multibulk length");
    /// ```
    pub fn limit_until_authenticated(&mut self, limited: bool) {
        self.limited = limited;
    }

    /// Runs the next whole request at the front of the input, which may borrow its bytes, and takes them off; what
    /// `run` answered, or `None` where the request's end has not arrived yet. Requests without a word are skipped.
    ///
    /// # Errors
    ///
    /// Redis's `ERR Protocol error: …`. The connection is to be closed after that answer: what follows has no meaning.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::RequestParser;
    ///
    /// let (mut parser, mut input) = (RequestParser::new(), BytesMut::from("GET greeting\r\nPI"));
    /// assert_eq!(parser.next(&mut input, |request| request.arguments().len())?, Some(1));
    /// assert_eq!(parser.next(&mut input, |request| request.arguments().len())?, None);
    /// input.extend_from_slice(b"NG\r\n");
    /// assert_eq!(parser.next(&mut input, |request| request.arguments().len())?, Some(0));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn next<R>(
        &mut self,
        input: &mut BytesMut,
        run: impl FnOnce(&Request<'_>) -> R,
    ) -> Result<Option<R>, ServerError> {
        if let Some((request, len)) = self.plain(input) {
            let answer = run(&request);
            input.advance(len);
            self.scanned = 0;
            return Ok(Some(answer));
        }
        Ok(self.by_steps(input)?.as_ref().map(run))
    }

    /// The next request, whatever it looks like and however its bytes arrive.
    fn by_steps(&mut self, input: &mut BytesMut) -> Result<Option<Request<'static>>, ServerError> {
        loop {
            let words = match &mut self.request {
                Some(_) => self.multibulk(input)?,
                None => match input.first() {
                    None => return Ok(None),
                    Some(b'*') => self.begin_multibulk(input)?,
                    Some(_) => self.inline(input)?,
                },
            };
            match words {
                Progress::Request(words) => {
                    if let Ok(request) = Request::from_argv(words) {
                        return Ok(Some(request));
                    }
                }
                Progress::Begun => {}
                Progress::Incomplete => return Ok(None),
            }
        }
    }

    /// A request that is there as a whole and is plain, as almost all are: few words, each short, each length written
    /// as clients write it; and how many bytes it takes. `None` says nothing of the request.
    #[inline]
    fn plain<'i>(&self, input: &'i [u8]) -> Option<(Request<'i>, usize)> {
        const MOST_WORDS: usize = 64;

        if self.limited || self.request.is_some() {
            return None;
        }
        let mut rest = input.strip_prefix(b"*")?;
        let count = plain_length(&mut rest).filter(|count| (1..=MOST_WORDS).contains(count))?;
        let name = plain_word(&mut rest)?;
        let args = ArgList::of(count - 1, || plain_word(&mut rest))?;
        Some((Request::new(name, args), input.len() - rest.len()))
    }

    /// How many bytes a large word has that has begun, with the end of its line: a buffer that has no room for more
    /// becomes the argument, where any other is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use embroker_core::resp::RequestParser;
    ///
    /// let mut parser = RequestParser::new();
    /// let mut input = BytesMut::from("*2\r\n$4\r\nECHO\r\n$5000000\r\nhello");
    /// assert!(parser.next(&mut input, |_| ())?.is_none());
    /// assert_eq!((parser.large_word(), &input[..]), (Some(5_000_002), &b"hello"[..]));
    /// # Ok::<(), embroker_core::ServerError>(())
    /// ```
    pub fn large_word(&self) -> Option<usize> {
        let len = self.request.as_ref()?.bulk?;
        (len >= SHARED_FROM).then_some(len + 2)
    }

    fn begin_multibulk(&mut self, input: &mut BytesMut) -> Result<Progress, ServerError> {
        let Some(end) = self.line_end(input, texts::PROTOCOL_BIG_MBULK_COUNT)? else { return Ok(Progress::Incomplete) };
        let count = input.get(1..end).and_then(parse_int).filter(|count| *count <= i64::from(i32::MAX));
        let count = count.ok_or(texts::PROTOCOL_MBULK_LENGTH)?;
        if self.limited && count > MAX_WORDS_BEFORE_AUTH {
            return Err(texts::PROTOCOL_UNAUTHENTICATED_MBULK);
        }
        self.consume_line(input, end);
        if let Some(missing) = usize::try_from(count).ok().filter(|count| *count > 0) {
            // As many as any usual command has; a claim of millions grows as they come.
            let words = Vec::with_capacity(missing.min(16));
            self.request = Some(Multibulk { words, missing, bulk: None });
        }
        Ok(Progress::Begun)
    }

    fn multibulk(&mut self, input: &mut BytesMut) -> Result<Progress, ServerError> {
        loop {
            let Some(request) = &mut self.request else { return Ok(Progress::Begun) };
            let Some(len) = request.bulk else {
                let Some(len) = self.bulk_length(input)? else { return Ok(Progress::Incomplete) };
                if let Some(request) = &mut self.request {
                    request.bulk = Some(len);
                }
                continue;
            };
            if input.len() < len + 2 {
                return Ok(Progress::Incomplete);
            }
            let word = take_word(input, len)?;
            memory::reserve(&mut request.words, 1)?;
            request.words.push(word);
            request.bulk = None;
            request.missing -= 1;
            if request.missing == 0 {
                let words = self.request.take().map(|request| request.words);
                return Ok(Progress::Request(words.unwrap_or_default()));
            }
        }
    }

    /// The line before a word: `$` and how long it is.
    fn bulk_length(&mut self, input: &mut BytesMut) -> Result<Option<usize>, ServerError> {
        let Some(end) = self.line_end(input, texts::PROTOCOL_BIG_BULK_COUNT)? else { return Ok(None) };
        if input[0] != b'$' {
            return Err(ServerError::expected_bulk(input[0]));
        }
        let len = input.get(1..end).and_then(parse_int).filter(|len| (0..=self.max_bulk).contains(len));
        let len = len.ok_or(texts::PROTOCOL_BULK_LENGTH)?;
        if self.limited && len > MAX_BULK_BEFORE_AUTH {
            return Err(texts::PROTOCOL_UNAUTHENTICATED_BULK);
        }
        self.consume_line(input, end);
        Ok(usize::try_from(len).ok())
    }

    fn inline(&mut self, input: &mut BytesMut) -> Result<Progress, ServerError> {
        let Some(end) = self.find(input, b'\n', texts::PROTOCOL_BIG_INLINE)? else { return Ok(Progress::Incomplete) };
        let line = input.split_to(end + 1);
        self.scanned = 0;
        let line = &line[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        inline::split(line).map(Progress::Request).ok_or(texts::PROTOCOL_UNBALANCED_QUOTES)
    }

    /// Where the line's `\r` stands, once the byte after it has arrived too; Redis does not look which one that is.
    fn line_end(&mut self, input: &BytesMut, too_big: ServerError) -> Result<Option<usize>, ServerError> {
        Ok(self.find(input, b'\r', too_big)?.filter(|end| end + 1 < input.len()))
    }

    /// Where the first such byte stands. A NUL byte before it hides it, as it does from C's `strchr`.
    fn find(&mut self, input: &BytesMut, wanted: u8, too_big: ServerError) -> Result<Option<usize>, ServerError> {
        let line = &input[..input.len().min(MAX_BUFFERED)];
        let fresh = line.get(self.scanned..).unwrap_or_default();
        let at = fresh.iter().position(|byte| *byte == wanted || *byte == 0).map(|at| self.scanned + at);
        self.scanned = at.unwrap_or(line.len());
        match at.filter(|at| line[*at] == wanted) {
            None if input.len() > MAX_LINE => Err(too_big),
            found => Ok(found),
        }
    }

    fn consume_line(&mut self, input: &mut BytesMut, end: usize) {
        input.advance(end + 2);
        self.scanned = 0;
    }
}

/// Takes the next word, whose bytes are there, with the end of its line. Redis does not look at what stands there.
fn take_word(input: &mut BytesMut, len: usize) -> Result<Arg<'static>, ServerError> {
    if len >= SHARED_FROM && input.capacity() - len <= (len / LITTLE_PART).min(LITTLE) {
        let rest = BytesMut::from(&input[len + 2..]);
        let mut word = std::mem::replace(input, rest);
        word.truncate(len);
        return Ok(word.freeze().into());
    }
    let word = &input[..len];
    let word = if len >= SHARED_FROM { Bytes::from(memory::copy(word)?).into() } else { Arg::copied(word) };
    input.advance(len + 2);
    Ok(word)
}

impl Default for RequestParser {
    fn default() -> Self {
        Self::new()
    }
}

/// A length of up to four digits and the end of its line, taken off the front.
#[inline]
fn plain_length(rest: &mut &[u8]) -> Option<usize> {
    let digit = |byte: u8| Some(usize::from(byte.wrapping_sub(b'0'))).filter(|digit| *digit < 10);
    // A zero before other digits is no number to Redis.
    let first = |byte: u8| digit(byte).filter(|digit| *digit > 0);
    let (length, after) = match **rest {
        [a, b'\r', b'\n', ref after @ ..] => (digit(a)?, after),
        [a, b, b'\r', b'\n', ref after @ ..] => (first(a)? * 10 + digit(b)?, after),
        [a, b, c, b'\r', b'\n', ref after @ ..] => (first(a)? * 100 + digit(b)? * 10 + digit(c)?, after),
        [a, b, c, d, b'\r', b'\n', ref after @ ..] => {
            (first(a)? * 1000 + digit(b)? * 100 + digit(c)? * 10 + digit(d)?, after)
        }
        _ => return None,
    };
    *rest = after;
    Some(length)
}

/// A word, taken off the front: its length, its bytes, and two more that Redis does not look at.
#[inline]
fn plain_word<'i>(rest: &mut &'i [u8]) -> Option<Arg<'i>> {
    *rest = rest.strip_prefix(b"$")?;
    let len = plain_length(rest)?;
    let (word, after) = rest.split_at_checked(len)?;
    *rest = after.get(2..)?;
    Some(Arg::from(word))
}

/// What one step of the parser came to.
enum Progress {
    Request(Vec<Arg<'static>>),
    /// The next step goes on.
    Begun,
    Incomplete,
}
