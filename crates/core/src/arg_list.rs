//! The arguments of one command: the first few in place, more on the heap.
//!
//! Each length in place is a variant of its own, so that building a list writes no place that stays empty, and dropping
//! it looks at none. (`SmallVec` would do, but is invariant in its items, and a command must be usable for a shorter
//! lifetime than its own.)

use std::ops::Deref;

use crate::Arg;

/// How many arguments take no allocation: a key, a field and a value.
const IN_PLACE: usize = 3;

// The arguments start at the same place whatever their number, so that finding those in place is no jump.
#[derive(Clone)]
#[repr(u8)]
pub(crate) enum ArgList<'a> {
    Zero([Arg<'a>; 0]),
    One([Arg<'a>; 1]),
    Two([Arg<'a>; 2]),
    Three([Arg<'a>; 3]),
    Many(Vec<Arg<'a>>),
}

impl<'a> ArgList<'a> {
    /// A list of so many, one after the other; `None` as soon as there is none.
    #[inline]
    pub(crate) fn of(count: usize, mut next: impl FnMut() -> Option<Arg<'a>>) -> Option<Self> {
        Some(match count {
            0 => Self::Zero([]),
            1 => Self::One([next()?]),
            2 => Self::Two([next()?, next()?]),
            3 => Self::Three([next()?, next()?, next()?]),
            _ => {
                let mut many = Vec::with_capacity(count);
                for _ in 0..count {
                    many.push(next()?);
                }
                Self::Many(many)
            }
        })
    }

    /// The list with one more at its end.
    #[inline]
    pub(crate) fn and(self, arg: Arg<'a>) -> Self {
        match self {
            // Moved out, though there is nothing in it: or else the whole list is dropped here.
            Self::Zero(_none) => Self::One([arg]),
            Self::One([first]) => Self::Two([first, arg]),
            Self::Two([first, second]) => Self::Three([first, second, arg]),
            more => more.and_on_heap(arg),
        }
    }

    fn and_on_heap(self, arg: Arg<'a>) -> Self {
        let mut many = self.into_vec(IN_PLACE);
        many.push(arg);
        Self::Many(many)
    }

    #[inline]
    pub(crate) fn push(&mut self, arg: Arg<'a>) {
        match self {
            Self::Many(many) => many.push(arg),
            _ => *self = std::mem::take(self).and(arg),
        }
    }

    /// Makes room for so many more.
    #[inline]
    pub(crate) fn reserve(&mut self, more: usize) {
        if self.len().saturating_add(more) > IN_PLACE {
            *self = Self::Many(std::mem::take(self).into_vec(more));
        }
    }

    /// The arguments that stand in place.
    #[inline]
    fn in_place(&self) -> &[Arg<'a>] {
        match self {
            Self::Zero(args) => args,
            Self::One(args) => args,
            Self::Two(args) => args,
            Self::Three(args) => args,
            Self::Many(_) => &[],
        }
    }

    /// The arguments on the heap, with room for so many more.
    fn into_vec(self, more: usize) -> Vec<Arg<'a>> {
        let mut many = match self {
            Self::Many(many) => many,
            few => {
                let mut many = Vec::with_capacity(few.len().saturating_add(more));
                match few {
                    Self::One(args) => many.extend(args),
                    Self::Two(args) => many.extend(args),
                    Self::Three(args) => many.extend(args),
                    Self::Zero(_) | Self::Many(_) => {}
                }
                return many;
            }
        };
        many.reserve(more);
        many
    }

    pub(crate) fn into_owned(self) -> ArgList<'static> {
        match self {
            Self::Zero(_) => ArgList::default(),
            Self::One(args) => ArgList::One(args.map(Arg::into_owned)),
            Self::Two(args) => ArgList::Two(args.map(Arg::into_owned)),
            Self::Three(args) => ArgList::Three(args.map(Arg::into_owned)),
            Self::Many(args) => ArgList::Many(args.into_iter().map(Arg::into_owned).collect()),
        }
    }
}

impl Default for ArgList<'_> {
    #[inline]
    fn default() -> Self {
        Self::Zero([])
    }
}

impl<'a> Deref for ArgList<'a> {
    type Target = [Arg<'a>];

    #[inline]
    fn deref(&self) -> &[Arg<'a>] {
        match self {
            Self::Many(args) => args,
            few => few.in_place(),
        }
    }
}

impl<'a> Extend<Arg<'a>> for ArgList<'a> {
    #[inline]
    fn extend<I: IntoIterator<Item = Arg<'a>>>(&mut self, args: I) {
        let args = args.into_iter();
        self.reserve(args.size_hint().0);
        for arg in args {
            self.push(arg);
        }
    }
}

impl<'a> FromIterator<Arg<'a>> for ArgList<'a> {
    fn from_iter<I: IntoIterator<Item = Arg<'a>>>(args: I) -> Self {
        let mut list = Self::default();
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
            list.push(Arg::from(n + 2));
            assert_eq!(&*list, (0..n + 3).map(Arg::from).collect::<Vec<_>>());
            assert_eq!(&*list.and(Arg::from("last")).into_owned(), {
                let mut all: Vec<_> = (0..n + 3).map(Arg::from).collect();
                all.push(Arg::from("last"));
                all
            });
        }
    }

    #[test]
    fn a_few_arguments_take_no_allocation() {
        let list: ArgList<'_> = ["key", "field", "value"].into_iter().map(Arg::from).collect();
        assert!(matches!(list, ArgList::Three(_)));
    }
}
