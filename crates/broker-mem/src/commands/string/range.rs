//! Parts of strings, by their offset in bytes, and their length.

use std::ops::Range;

use embroker_core::error::texts;
use embroker_core::{ServerError, Value, memory};

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Str;

/// `APPEND key value`: the new length. A deadline stays.
pub(super) fn append(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let most = tx.longest_string();
    let len = if let Some(mut string) = tx.write::<Str>(&args[0])? {
        check_len(string.len(), &args[1], most)?;
        string.append(&args[1])?
    } else {
        tx.put(&args[0], Str::new(&args.text(1)));
        args[1].len()
    };
    tx.changed(&args[0], Event::APPEND);
    Ok(len.into())
}

/// `STRLEN key`: how many bytes.
pub(super) fn strlen(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.read::<Str>(&args[0])?.map_or(0, Str::len).into())
}

/// `GETRANGE key start end`, and its older name SUBSTR: the bytes from start to end, both included.
pub(super) fn getrange(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let (start, end) = (args.int(1)?, args.int(2)?);
    let Some(string) = tx.read::<Str>(&args[0])? else { return Ok(b""[..].into()) };
    let text = string.text();
    let part = text.get(range(text.len(), start, end)).unwrap_or_default();
    Ok(Value::Bulk(memory::copy(part)?.into()))
}

/// Which bytes of `len` stand from `start` to `end`; negative positions count from the end.
///
/// A position before the first byte is the first one, an `end` as well: `0 -100` is the first byte, not nothing.
fn range(len: usize, start: i64, end: i64) -> Range<usize> {
    if start < 0 && end < 0 && start > end {
        return 0..0;
    }
    let position = |at: i64| {
        if at < 0 { at.saturating_add(len as i64).max(0) as usize } else { usize::try_from(at).unwrap_or(usize::MAX) }
    };
    position(start)..position(end).saturating_add(1).min(len)
}

/// `SETRANGE key offset value`: the new length. Zero bytes fill a gap; an empty value changes nothing.
pub(super) fn setrange(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let (key, value) = (&args[0], &args[2]);
    let offset = usize::try_from(args.int(1)?).map_err(|_| texts::OFFSET_OUT_OF_RANGE)?;
    let len = tx.peek::<Str>(key)?.map_or(0, Str::len);
    if value.is_empty() {
        return Ok(len.into());
    }
    let end = check_len(offset, value, tx.longest_string())?;
    tx.change::<Str, _>(key, |string| {
        string.padded_mut(end)?[offset..end].copy_from_slice(value);
        Ok(())
    })?;
    tx.changed(key, Event::SETRANGE);
    Ok(len.max(end).into())
}

/// Where a value ends that begins at this offset, or an error where that is more than a string may have.
fn check_len(offset: usize, value: &[u8], most: usize) -> Result<usize, ServerError> {
    offset.checked_add(value.len()).filter(|end| *end <= most).ok_or(texts::STRING_TOO_LONG)
}
