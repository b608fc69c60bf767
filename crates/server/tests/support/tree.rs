//! A reply taken apart, for those whose items have no order or are not all there.

use anyhow::{Context as _, Result};

/// A reply: a value, or an aggregate of replies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// The bytes as they came; of a bulk string its content.
    Leaf(Vec<u8>),
    /// Which aggregate it is (`*`, `~`, `%`, `>`), and its items; those of a map are keys and values in turn.
    Many(u8, Vec<Tree>),
}

impl Tree {
    pub(crate) fn parse(reply: &[u8]) -> Result<Self> {
        Self::take(&mut { reply })
    }

    fn take(rest: &mut &[u8]) -> Result<Self> {
        let line = Self::cut(rest, None)?;
        let (kind, count) = line.split_first().context("an empty line")?;
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok());
        Ok(match (*kind, count) {
            (b'$', Some(len)) => Self::Leaf(Self::cut(rest, Some(len))?.to_vec()),
            (kind @ (b'*' | b'~' | b'>'), Some(items)) => {
                Self::Many(kind, (0..items).map(|_| Self::take(rest)).collect::<Result<_>>()?)
            }
            (b'%', Some(pairs)) => Self::Many(b'%', (0..2 * pairs).map(|_| Self::take(rest)).collect::<Result<_>>()?),
            _ => Self::Leaf(line.to_vec()),
        })
    }

    /// Takes so many bytes, or a line, and what ends them.
    fn cut<'a>(rest: &mut &'a [u8], len: Option<usize>) -> Result<&'a [u8]> {
        let end = len.or_else(|| rest.windows(2).position(|end| end == b"\r\n")).context("half a reply")?;
        let cut = rest.get(..end).context("half a reply")?;
        *rest = rest.get(end + 2..).context("half a reply")?;
        Ok(cut)
    }

    /// The items of an aggregate; none of a value.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Leaf(_) => &[],
            Self::Many(_, items) => items,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Leaf(text) => String::from_utf8_lossy(text).into_owned(),
            Self::Many(..) => format!("{self:?}"),
        }
    }

    /// The texts of the items, without the `+` of statuses.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items().iter().map(|item| item.text().trim_start_matches('+').to_owned()).collect()
    }

    /// The keys and values of a map, in RESP2 of an array.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (String, &Self)> {
        self.items().chunks_exact(2).map(|pair| (pair[0].text(), &pair[1]))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The same reply with the items of each aggregate in order.
    pub(crate) fn sorted(&self) -> Self {
        let mut items: Vec<Self> = self.items().iter().map(Self::sorted).collect();
        items.sort();
        self.with(items)
    }

    /// The same aggregate with these items instead.
    pub(crate) fn with(&self, items: Vec<Self>) -> Self {
        match self {
            Self::Leaf(_) => self.clone(),
            Self::Many(kind, _) => Self::Many(*kind, items),
        }
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leaf(text) => write!(f, "{}", text.escape_ascii()),
            Self::Many(kind, items) => {
                write!(f, "{}", char::from(*kind))?;
                f.debug_list().entries(items).finish()
            }
        }
    }
}
