//! What a test asserts of keys. A failure tells the difference, and where it was asserted.
//!
//! None of it is a command of the app: no fault strikes it, and the recorder is not told.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use embroker::{Arg, Bytes, Ttl, prelude::*};

use crate::clock::millis;
use crate::dump::{Held, held, show};
use crate::{TestBroker, difference};

/// How far a time to live may be off while the clock goes on.
const TOLERANCE: Duration = Duration::from_secs(1);

impl TestBroker {
    /// The key is a string, and this one.
    ///
    /// # Panics
    ///
    /// Where it is not, with the difference.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.incrby("visits", 7).await?;
    /// broker.assert_string("visits", 7).await;
    /// broker.assert_string("visits", "7").await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_string<'a>(&self, key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> impl Future<Output = ()> {
        self.assert_held(Location::caller(), key.into().to_bytes(), Held::String(value.into().to_bytes()))
    }

    /// The key is a hash of these fields, and no others.
    ///
    /// # Panics
    ///
    /// Where it is not, with the difference, field by field.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.hset("order:1", [("who", "jamie"), ("cost", "40")]).await?;
    /// broker.assert_hash("order:1", [("who", "jamie"), ("cost", "40")]).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_hash<'a, F: Into<Arg<'a>>, V: Into<Arg<'a>>>(
        &self,
        key: impl Into<Arg<'a>>,
        fields: impl IntoIterator<Item = (F, V)>,
    ) -> impl Future<Output = ()> {
        let fields = fields.into_iter().map(|(field, value)| (field.into().to_bytes(), value.into().to_bytes()));
        let fields: BTreeMap<Bytes, Bytes> = fields.collect();
        self.assert_held(Location::caller(), key.into().to_bytes(), Held::Hash(fields))
    }

    /// The key is a hash that has this field with this value, whatever else it has.
    ///
    /// # Panics
    ///
    /// Where it is not, with the hash.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.hset("order:1", [("who", "jamie"), ("at", "1700000000")]).await?;
    /// broker.assert_field("order:1", "who", "jamie").await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_field<'a>(
        &self,
        key: impl Into<Arg<'a>>,
        field: impl Into<Arg<'a>>,
        value: impl Into<Arg<'a>>,
    ) -> impl Future<Output = ()> {
        let at = Location::caller();
        let [key, field, value] = [key.into(), field.into(), value.into()].map(|arg| arg.to_bytes());
        async move {
            let found = self.look_at(at, &key).await;
            match &found {
                Held::Hash(fields) if fields.get(&field) == Some(&value) => {}
                Held::Hash(_) => panic!(
                    "{at}: {} has no field {} of {}; it is\n{}",
                    show(&key),
                    show(&field),
                    show(&value),
                    found.lines()
                ),
                Held::Absent => panic!("{at}: {} is not there", show(&key)),
                _ => panic!("{at}: {} is of type {}, not a hash\n{}", show(&key), found.kind(), found.lines()),
            }
        }
    }

    /// The key is a set of these members, and no others.
    ///
    /// # Panics
    ///
    /// Where it is not, with the difference, member by member.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.sadd("sales", ["1", "2"]).await?;
    /// broker.assert_set("sales", ["2", "1"]).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_set<'a, M: Into<Arg<'a>>>(
        &self,
        key: impl Into<Arg<'a>>,
        members: impl IntoIterator<Item = M>,
    ) -> impl Future<Output = ()> {
        let members: BTreeSet<Bytes> = members.into_iter().map(|member| member.into().to_bytes()).collect();
        self.assert_held(Location::caller(), key.into().to_bytes(), Held::Set(members))
    }

    /// The key is a string in which these bits are 1, counted as SETBIT does, and all others 0. No bits are the same
    /// as no key.
    ///
    /// # Panics
    ///
    /// Where others are 1, with the difference.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.setbit("seats", 0, true).await?;
    /// broker.setbit("seats", 11, true).await?;
    /// broker.assert_bits("seats", [0, 11]).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_bits<'a>(
        &self,
        key: impl Into<Arg<'a>>,
        offsets: impl IntoIterator<Item = u64>,
    ) -> impl Future<Output = ()> {
        let (at, key) = (Location::caller(), key.into().to_bytes());
        let wanted: BTreeSet<u64> = offsets.into_iter().collect();
        async move {
            let found: BTreeSet<u64> = match self.look_at(at, &key).await {
                Held::Absent => BTreeSet::new(),
                Held::String(bytes) => (0..).zip(bytes.iter()).flat_map(|(at, byte)| ones(at, *byte)).collect(),
                other => panic!("{at}: {} is of type {}, not a string of bits", show(&key), other.kind()),
            };
            if found != wanted {
                let missing: Vec<_> = wanted.difference(&found).collect();
                let extra: Vec<_> = found.difference(&wanted).collect();
                panic!("{at}: other bits of {} are 1\n- {missing:?} are 0\n+ {extra:?} are 1\n", show(&key));
            }
        }
    }

    /// The key has so long to live: exactly, where the clock [stands still](crate::TestClock::at); up to a second more
    /// or less, where it goes on.
    ///
    /// # Panics
    ///
    /// Where it has more or less, or is not there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use std::time::Duration;
    ///
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
    /// broker.assert_ttl("reservation:7", Duration::from_secs(600)).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_ttl<'a>(&self, key: impl Into<Arg<'a>>, time: Duration) -> impl Future<Output = ()> {
        let (at, key) = (Location::caller(), key.into().to_bytes());
        async move {
            let found = self.ttl_of(at, &key).await;
            let tolerance = if self.clock().stands_still() { Duration::ZERO } else { TOLERANCE };
            match found {
                Ttl::Remaining(left) if left.abs_diff(time) <= tolerance => {}
                Ttl::Remaining(left) => {
                    panic!("{at}: {} has {} ms to live, not {} ms", show(&key), millis(left), millis(time))
                }
                _ => panic!("{at}: {} has no time to live: {}", show(&key), of(found)),
            }
        }
    }

    /// The key is there and never expires.
    ///
    /// # Panics
    ///
    /// Where it has a time to live, or is not there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.set("greeting", "hello").await?;
    /// broker.assert_no_ttl("greeting").await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_no_ttl<'a>(&self, key: impl Into<Arg<'a>>) -> impl Future<Output = ()> {
        let (at, key) = (Location::caller(), key.into().to_bytes());
        async move {
            let found = self.ttl_of(at, &key).await;
            assert!(found != Ttl::Missing, "{at}: {} is not there", show(&key));
            assert!(found == Ttl::Persistent, "{at}: {} is not there for good: {}", show(&key), of(found));
        }
    }

    /// There is no such key.
    ///
    /// # Panics
    ///
    /// Where there is, with what it holds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// embroker_testkit::TestBroker::new().assert_absent("order:1").await;
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_absent<'a>(&self, key: impl Into<Arg<'a>>) -> impl Future<Output = ()> {
        let (at, key) = (Location::caller(), key.into().to_bytes());
        async move {
            let found = self.look_at(at, &key).await;
            assert!(found == Held::Absent, "{at}: {} is there, a {}\n{}", show(&key), found.kind(), found.lines());
        }
    }

    /// The database holds this, as [`dump`](Self::dump) writes it. What all lines are indented by does not count, nor
    /// do empty lines around them.
    ///
    /// # Panics
    ///
    /// Where it holds something else, with the difference, line by line.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.sadd("sales", ["1", "2"]).await?;
    /// broker
    ///     .assert_dump(
    ///         r#"
    ///         "sales": set
    ///           "1"
    ///           "2"
    ///         "#,
    ///     )
    ///     .await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_dump(&self, text: impl AsRef<str>) -> impl Future<Output = ()> {
        let (at, wanted) = (Location::caller(), unindented(text.as_ref()));
        async move {
            let found = match self.dump().await {
                Ok(dump) => dump.to_string(),
                Err(error) => panic!("{at}: {error}"),
            };
            assert!(wanted == found, "{at}: the database holds something else\n{}", difference::lines(&wanted, &found));
        }
    }

    async fn assert_held(&self, at: &'static Location<'static>, key: Bytes, wanted: Held) {
        let found = self.look_at(at, &key).await;
        if found == wanted {
            return;
        }
        let key = show(&key);
        let change = difference::lines(&wanted.lines(), &found.lines());
        match &found {
            Held::Absent => panic!("{at}: {key} is not there\n{change}"),
            found if found.kind() != wanted.kind() => {
                panic!("{at}: {key} is of type {}, not a {}\n{change}", found.kind(), wanted.kind())
            }
            _ => panic!("{at}: {key} is another {}\n{change}", wanted.kind()),
        }
    }

    async fn look_at(&self, at: &Location<'_>, key: &[u8]) -> Held {
        match held(&self.inner, key).await {
            Ok(held) => held,
            Err(error) => panic!("{at}: {} can't be read: {error}", show(key)),
        }
    }

    async fn ttl_of(&self, at: &Location<'_>, key: &[u8]) -> Ttl {
        match self.inner.ttl(key).await {
            Ok(ttl) => ttl,
            Err(error) => panic!("{at}: {} can't be read: {error}", show(key)),
        }
    }
}

fn of(ttl: Ttl) -> String {
    match ttl {
        Ttl::Missing => "it is not there".into(),
        Ttl::Persistent => "it never expires".into(),
        Ttl::Remaining(left) => format!("it has {} ms to live", millis(left)),
    }
}

/// The bits of a byte that are 1, the highest first.
fn ones(at: u64, byte: u8) -> impl Iterator<Item = u64> {
    (0..8).filter(move |bit| byte & (0x80 >> bit) != 0).map(move |bit| at * 8 + bit)
}

/// A text without what all of its lines are indented by and without empty lines around them, ended by a line end.
fn unindented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_full = |line: &&str| !line.trim().is_empty();
    let margin = lines.iter().filter(|line| is_full(line)).map(|line| line.len() - line.trim_start().len()).min();
    let first = lines.iter().position(is_full).unwrap_or(lines.len());
    let last = lines.iter().rposition(is_full).map_or(first, |last| last + 1);
    let margin = margin.unwrap_or(0);
    difference::ended(
        lines[first..last].iter().map(|line| line.get(margin..).unwrap_or_default().trim_end().to_owned()),
    )
}
