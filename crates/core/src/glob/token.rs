//! A pattern in steps, as Redis 7.0's `stringmatchlen` walks it.

/// One step of a pattern.
#[derive(Debug)]
pub(super) enum Token {
    Byte(u8),
    AnyByte,
    Class(ByteSet),
    Star,
}

impl Token {
    /// Whether this step takes the byte. A star takes none: it stands between runs of steps.
    pub(super) fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Byte(own) => *own == byte,
            Self::AnyByte => true,
            Self::Class(members) => members.contains(byte),
            Self::Star => false,
        }
    }
}

/// Walks a pattern as Redis does, quirks included. The steps of a pattern take much more memory than its bytes, so they
/// are made as they are needed.
#[derive(Clone)]
pub(super) struct Tokens<'p>(&'p [u8]);

impl<'p> Tokens<'p> {
    pub(super) fn new(pattern: &'p [u8]) -> Self {
        Self(pattern)
    }

    /// How many bytes of the pattern lie ahead.
    pub(super) fn bytes_ahead(&self) -> usize {
        self.0.len()
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let (&byte, mut rest) = self.0.split_first()?;
        let token = match byte {
            b'*' => {
                while let [b'*', behind @ ..] = rest {
                    rest = behind;
                }
                Token::Star
            }
            b'?' => Token::AnyByte,
            b'[' => class(&mut rest),
            b'\\' => match rest.split_first() {
                Some((&escaped, behind)) => {
                    rest = behind;
                    Token::Byte(escaped)
                }
                None => Token::Byte(b'\\'),
            },
            byte => Token::Byte(byte),
        };
        self.0 = rest;
        Some(token)
    }
}

/// Reads a class behind its `[`, up to and with its `]` or to the end of the pattern.
fn class(rest: &mut &[u8]) -> Token {
    let mut members = ByteSet::default();
    let negated = rest.first() == Some(&b'^');
    if negated {
        *rest = &rest[1..];
    }
    loop {
        match **rest {
            [] => break,
            [b'\\', escaped, ..] => {
                members.insert(escaped);
                *rest = &rest[2..];
            }
            [b']', ..] => {
                *rest = &rest[1..];
                break;
            }
            // The end of a range is the byte behind the dash, whatever it is: `[a-]` takes the bracket.
            [start, b'-', end, ..] => {
                members.insert_range(start, end);
                *rest = &rest[3..];
            }
            [byte, ..] => {
                members.insert(byte);
                *rest = &rest[1..];
            }
        }
    }
    if negated {
        members.negate();
    }
    Token::Class(members)
}

/// A set of bytes.
#[derive(Debug, Default)]
pub(super) struct ByteSet([u128; 2]);

impl ByteSet {
    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 7)] |= 1 << (byte & 127);
    }

    /// The bytes between two, in either order, compared as signed: from 0x7e to 0x80 is everything but 0x7f.
    pub(super) fn insert_range(&mut self, a: u8, b: u8) {
        let (a, b) = (a.cast_signed(), b.cast_signed());
        for byte in a.min(b)..=a.max(b) {
            self.insert(byte.cast_unsigned());
        }
    }

    pub(super) fn negate(&mut self) {
        self.0 = self.0.map(|half| !half);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 7)] >> (byte & 127) & 1 == 1
    }

    pub(super) fn len(&self) -> u32 {
        self.0[0].count_ones() + self.0[1].count_ones()
    }

    /// Writes the set as a class of the `glob` crate, where `]` is literal in the first place only, `!` in any but
    /// the first, and `-` in the last.
    pub(super) fn write(&self, glob: &mut String) {
        if self.len() == 256 {
            glob.push('?');
            return;
        }
        if self.len() == 1 && self.contains(b'!') {
            glob.push('!');
            return;
        }
        glob.push('[');
        let start_of_class = glob.len();
        if self.contains(b']') {
            glob.push(']');
        }
        let plain = |byte: &u8| self.contains(*byte) && !matches!(byte, b']' | b'!' | b'-');
        let mut bytes = (0..=255).filter(plain).peekable();
        while let Some(start) = bytes.next() {
            let mut end = start;
            while bytes.next_if(|next| end.checked_add(1) == Some(*next)).is_some() {
                end += 1;
            }
            glob.push(char::from(start));
            if end > start {
                if end - start > 1 {
                    glob.push('-');
                }
                glob.push(char::from(end));
            }
        }
        // A set of only `-` and `!` puts the dash first, where it is literal as well.
        let dash_first = glob.len() == start_of_class;
        for special in if dash_first { *b"-!" } else { *b"!-" } {
            if self.contains(special) {
                glob.push(char::from(special));
            }
        }
        glob.push(']');
    }
}
