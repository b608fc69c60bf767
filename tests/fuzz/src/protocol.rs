//! Redis's protocol as a function over all bytes at once: the requests, and the error that ends them.
//!
//! Written after what Redis 7.0.15 does, without a thought for bytes that come in pieces.

/// What a line may have before its end, and what a client may send that owes its password.
const MAX_LINE: usize = 64 * 1024;
const MAX_BULK: i64 = 512 * 1024 * 1024;
const MAX_WORDS_BEFORE_AUTH: i64 = 10;
const MAX_BULK_BEFORE_AUTH: i64 = 16 * 1024;

/// The words of one request.
pub(crate) type Words = Vec<Vec<u8>>;

/// Every whole request, and how the conversation ends where it is none.
pub(crate) fn requests(bytes: &[u8], limited: bool) -> (Vec<Words>, Option<String>) {
    let mut requests = Vec::new();
    let mut reader = Reader { rest: bytes, limited };
    loop {
        match reader.request() {
            Ok(words) if words.is_empty() => {}
            Ok(words) => requests.push(words),
            Err(End::Incomplete) => return (requests, None),
            Err(End::Broken(error)) => {
                // An error is one line.
                return (requests, Some(format!("ERR Protocol error: {error}").replace(['\r', '\n'], " ")));
            }
        }
    }
}

enum End {
    Incomplete,
    Broken(String),
}

fn broken<T>(error: &str) -> Result<T, End> {
    Err(End::Broken(error.to_owned()))
}

struct Reader<'a> {
    rest: &'a [u8],
    limited: bool,
}

impl<'a> Reader<'a> {
    fn request(&mut self) -> Result<Words, End> {
        match self.rest.first() {
            None => Err(End::Incomplete),
            Some(b'*') => self.array(),
            Some(_) => self.inline(),
        }
    }

    fn array(&mut self) -> Result<Words, End> {
        let count = self.length_line("too big mbulk count string", |_| Ok(()))?;
        let Some(count) = count.filter(|count| *count <= i64::from(i32::MAX)) else {
            return broken("invalid multibulk length");
        };
        if self.limited && count > MAX_WORDS_BEFORE_AUTH {
            return broken("unauthenticated multibulk length");
        }
        let mut words = Vec::new();
        for _ in 0..count {
            words.push(self.bulk()?);
        }
        Ok(words)
    }

    fn bulk(&mut self) -> Result<Vec<u8>, End> {
        let kind = |first: u8| match first {
            b'$' => Ok(()),
            other => Err(End::Broken(format!("expected '$', got '{}'", char::from(other)))),
        };
        let len = self.length_line("too big bulk count string", kind)?;
        let Some(len) = len.filter(|len| (0..=MAX_BULK).contains(len)) else { return broken("invalid bulk length") };
        if self.limited && len > MAX_BULK_BEFORE_AUTH {
            return broken("unauthenticated bulk length");
        }
        let len = usize::try_from(len).expect("it is not negative");
        if self.rest.len() < len + 2 {
            return Err(End::Incomplete);
        }
        let word = self.rest[..len].to_vec();
        self.rest = &self.rest[len + 2..];
        Ok(word)
    }

    /// A line up to `\r` and one more byte: its number behind the first byte, `None` where that is no number.
    fn length_line(&mut self, too_big: &str, check: impl Fn(u8) -> Result<(), End>) -> Result<Option<i64>, End> {
        let end = self.find(b'\r', too_big)?;
        if end + 1 >= self.rest.len() {
            return Err(End::Incomplete);
        }
        check(self.rest[0])?;
        let digits = self.rest.get(1..end).unwrap_or_default();
        self.rest = &self.rest[end + 2..];
        let number = str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok());
        Ok(number.filter(|number| number.to_string().as_bytes() == digits))
    }

    fn inline(&mut self) -> Result<Words, End> {
        let end = self.find(b'\n', "too big inline request")?;
        let line: &'a [u8] = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        split(line).map_or_else(|| broken("unbalanced quotes in request"), Ok)
    }

    /// Where C's `strchr` finds the byte.
    fn find(&self, wanted: u8, too_big: &str) -> Result<usize, End> {
        let string = self.rest.split(|byte| *byte == 0).next().unwrap_or_default();
        match string.iter().position(|byte| *byte == wanted) {
            Some(at) => Ok(at),
            None if self.rest.len() > MAX_LINE => broken(too_big),
            None => Err(End::Incomplete),
        }
    }
}

/// The words of a line, with quotes and escapes; `None` where quotes are not balanced.
fn split(line: &[u8]) -> Option<Words> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
    // A word that has begun goes on over these two.
    let ends = |byte: &u8| is_space(byte) && !matches!(byte, 0x0b | 0x0c);
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        while let Some((_, after)) = rest.split_first().filter(|(first, _)| is_space(first)) {
            rest = after;
        }
        if rest.is_empty() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some((first, after)) = rest.split_first().filter(|(first, _)| !ends(first)) {
            rest = match first {
                b'"' => closed(double_quoted(after, &mut word)?)?,
                b'\'' => closed(single_quoted(after, &mut word)?)?,
                plain => {
                    word.push(*plain);
                    after
                }
            };
            // Behind a closing quote the word is over.
            if matches!(first, b'"' | b'\'') {
                break;
            }
        }
        words.push(word);
    }
}

/// What follows a closing quote, which must be a space or nothing.
fn closed(rest: &[u8]) -> Option<&[u8]> {
    match rest.first() {
        None | Some(b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r') => Some(rest),
        Some(_) => None,
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    loop {
        rest = match rest {
            [b'\\', b'x', high, low, after @ ..] if digit(*high).is_some() && digit(*low).is_some() => {
                word.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
                after
            }
            [b'\\', escaped, after @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                after
            }
            [b'"', after @ ..] => return Some(after),
            [plain, after @ ..] => {
                word.push(*plain);
                after
            }
            [] => return None,
        };
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                after
            }
            [b'\'', after @ ..] => return Some(after),
            [plain, after @ ..] => {
                word.push(*plain);
                after
            }
            [] => return None,
        };
    }
}
