//! The arguments of one command: the first few in place, more on the heap.
//!
//! `SmallVec` would do, but is invariant in its items, and a command must be usable for a shorter lifetime than its
//! own.

use std::ops::Deref;

use crate::Arg;

/// How many arguments take no allocation: a key, a field and a value.
const IN_PLACE: usize = 3;

#[derive(Clone)]
pub(crate) enum ArgList<'a> {
    Few { len: usize, args: [Arg<'a>; IN_PLACE] },
    Many(Vec<Arg<'a>>),
}

impl<'a> ArgList<'a> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self::Few { len: 0, args: [const { Arg::EMPTY }; IN_PLACE] }
    }

    #[inline]
    pub(crate) fn push(&mut self, arg: Arg<'a>) {
        match self {
            Self::Few { len, args } if *len < IN_PLACE => {
                args[*len] = arg;
                *len += 1;
            }
            _ => self.push_on_heap(arg),
        }
    }

    #[cold]
    fn push_on_heap(&mut self, arg: Arg<'a>) {
        self.reserve(IN_PLACE);
        if let Self::Many(args) = self {
            args.push(arg);
        }
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        match self {
            Self::Few { len, .. } if *len + more <= IN_PLACE => {}
            Self::Few { len, args } => {
                let mut many = Vec::with_capacity(*len + more);
                many.extend(std::mem::replace(args, [const { Arg::EMPTY }; IN_PLACE]).into_iter().take(*len));
                *self = Self::Many(many);
            }
            Self::Many(args) => args.reserve(more),
        }
    }

    pub(crate) fn into_owned(self) -> ArgList<'static> {
        match self {
            Self::Few { len, args } => ArgList::Few { len, args: args.map(Arg::into_owned) },
            Self::Many(args) => ArgList::Many(args.into_iter().map(Arg::into_owned).collect()),
        }
    }
}

impl<'a> Deref for ArgList<'a> {
    type Target = [Arg<'a>];

    #[inline]
    fn deref(&self) -> &[Arg<'a>] {
        match self {
            Self::Few { len, args } => &args[..*len],
            Self::Many(args) => args,
        }
    }
}

impl<'a> Extend<Arg<'a>> for ArgList<'a> {
    fn extend<I: IntoIterator<Item = Arg<'a>>>(&mut self, args: I) {
        for arg in args {
            self.push(arg);
        }
    }
}

impl<'a> FromIterator<Arg<'a>> for ArgList<'a> {
    fn from_iter<I: IntoIterator<Item = Arg<'a>>>(args: I) -> Self {
        let mut list = Self::new();
        list.extend(args);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_their_order_in_place_and_on_the_heap() {
        for n in 0..10 {
            let mut list: ArgList<'_> = (0..n).map(Arg::from).collect();
            assert_eq!(&*list, (0..n).map(Arg::from).collect::<Vec<_>>());
            list.reserve(2);
            list.extend([n, n + 1].map(Arg::from));
            assert_eq!(&*list, (0..n + 2).map(Arg::from).collect::<Vec<_>>());
        }
    }
}
