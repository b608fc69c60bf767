//! Sets: members without order under one key.

use std::collections::HashSet;

use bytes::Bytes;

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command, ScanOptions};

rows! {
    /// Commands on sets.
    SetCommand = Set {
        SAdd "sadd" -3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        SCard "scard" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        SDiff "sdiff" -2 [READONLY] Keys::ALL, "1.0.0";
        SDiffStore "sdiffstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
        SInter "sinter" -2 [READONLY] Keys::ALL, "1.0.0";
        SInterCard "sintercard" -3 [READONLY] Keys::Counted { count: 0 }, "7.0.0";
        SInterStore "sinterstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
        SIsMember "sismember" 3 [READONLY FAST] Keys::ONE, "1.0.0";
        SMembers "smembers" 2 [READONLY] Keys::ONE, "1.0.0";
        SMIsMember "smismember" -3 [READONLY FAST] Keys::ONE, "6.2.0";
        SMove "smove" 4 [WRITE FAST] Keys::TWO, "1.0.0";
        SPop "spop" -2 [WRITE FAST] Keys::ONE, "1.0.0";
        SRandMember "srandmember" -2 [READONLY] Keys::ONE, "1.0.0";
        SRem "srem" -3 [WRITE FAST] Keys::ONE, "1.0.0";
        SScan "sscan" -3 [READONLY] Keys::ONE, "2.8.0";
        SUnion "sunion" -2 [READONLY] Keys::ALL, "1.0.0";
        SUnionStore "sunionstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
    }
}

#[inline]
fn command<'a>(command: SetCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

/// `SINTERCARD` with its keys, counted.
fn sintercard<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> Command<'a> {
    let keys: Vec<Arg<'a>> = keys.into_iter().map(Into::into).collect();
    command(SetCommand::SInterCard, keys.len()).args(keys)
}

calls! {
    /// Typed calls on sets: members without order under one key.
    ///
    /// A key of another type answers `WRONGTYPE`; a key that does not exist is an empty set, and a set that loses its
    /// last member is gone. Where a call takes several keys or members, none at all answers
    /// `ERR wrong number of arguments …`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.sadd("sales:judo", ["jamie", "amy"]).await?;
    /// broker.sadd("sales:rowing", ["amy"]).await?;
    /// assert!(broker.sinter(["sales:judo", "sales:rowing"]).await?.contains(&b"amy"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub trait SetCommands {
        /// `SADD key member …` (since 1.0.0; several members since 2.4.0): how many of the members are new.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.sadd("sales:Judo", ["order-1", "order-2"]).await?, 2);
        /// assert_eq!(broker.sadd("sales:Judo", ["order-2"]).await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn sadd<'a>(key: impl Into<Arg<'a>>, members: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            command(SetCommand::SAdd, key).args(members);

        /// `SCARD key` (since 1.0.0): how many members the set has.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1", "order-2"]).await?;
        /// assert_eq!(broker.scard("sales:Judo").await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn scard<'a>(key: impl Into<Arg<'a>>) -> i64 = command(SetCommand::SCard, key);

        /// `SDIFF key …` (since 1.0.0): the members of the first set that none of the others has.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("tickets", ["seat-1", "seat-2"]).await?;
        /// broker.sadd("refunded", ["seat-2"]).await?;
        /// assert_eq!(broker.sdiff(["tickets", "refunded"]).await?, ["seat-1".into()].into());
        /// # Ok(())
        /// # }
        /// ```
        fn sdiff<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> HashSet<Bytes> =
            Command::new(SetCommand::SDiff.spec()).args(keys);

        /// `SDIFFSTORE destination key …` (since 1.0.0): as [`sdiff`](Self::sdiff), kept under `destination` whatever
        /// that held before, without a deadline; an empty result deletes it. How many members there are.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("tickets", ["seat-1", "seat-2"]).await?;
        /// broker.sadd("refunded", ["seat-2"]).await?;
        /// assert_eq!(broker.sdiffstore("valid", ["tickets", "refunded"]).await?, 1);
        /// assert_eq!(broker.smembers("valid").await?, ["seat-1".into()].into());
        /// # Ok(())
        /// # }
        /// ```
        fn sdiffstore<'a>(
            destination: impl Into<Arg<'a>>,
            keys: impl IntoIterator<Item: Into<Arg<'a>>>,
        ) -> i64 = command(SetCommand::SDiffStore, destination).args(keys);

        /// `SINTER key …` (since 1.0.0): the members that all the sets have.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("members", ["ada", "jamie"]).await?;
        /// broker.sadd("present", ["jamie", "kim"]).await?;
        /// assert_eq!(broker.sinter(["members", "present"]).await?, ["jamie".into()].into());
        /// # Ok(())
        /// # }
        /// ```
        fn sinter<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> HashSet<Bytes> =
            Command::new(SetCommand::SInter.spec()).args(keys);

        /// `SINTERCARD numkeys key …` (since 7.0.0): how many members all the sets have.
        ///
        /// `ERR numkeys should be greater than 0` without a key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("members", ["ada", "jamie"]).await?;
        /// broker.sadd("present", ["jamie", "kim"]).await?;
        /// assert_eq!(broker.sintercard(["members", "present"]).await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn sintercard<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 = sintercard(keys);

        /// `SINTERCARD numkeys key … LIMIT limit` (since 7.0.0): as [`sintercard`](Self::sintercard), but stops
        /// counting at `limit`; 0 is no limit.
        ///
        /// `ERR LIMIT can't be negative` for more than [`i64::MAX`].
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("members", ["ada", "jamie", "kim"]).await?;
        /// assert_eq!(broker.sintercard_limit(["members"], 2).await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn sintercard_limit<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>, limit: u64) -> i64 =
            sintercard(keys).arg("LIMIT").arg(limit);

        /// `SINTERSTORE destination key …` (since 1.0.0): as [`sinter`](Self::sinter), kept under `destination`
        /// whatever that held before, without a deadline; an empty result deletes it. How many members there are.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("members", ["ada", "jamie"]).await?;
        /// broker.sadd("present", ["jamie", "kim"]).await?;
        /// assert_eq!(broker.sinterstore("greeted", ["members", "present"]).await?, 1);
        /// assert_eq!(broker.smembers("greeted").await?, ["jamie".into()].into());
        /// # Ok(())
        /// # }
        /// ```
        fn sinterstore<'a>(
            destination: impl Into<Arg<'a>>,
            keys: impl IntoIterator<Item: Into<Arg<'a>>>,
        ) -> i64 = command(SetCommand::SInterStore, destination).args(keys);

        /// `SISMEMBER key member` (since 1.0.0): whether the set has the member.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("disabled_access", ["Judo"]).await?;
        /// assert!(broker.sismember("disabled_access", "Judo").await?);
        /// assert!(!broker.sismember("disabled_access", "Sailing").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn sismember<'a>(key: impl Into<Arg<'a>>, member: impl Into<Arg<'a>>) -> bool =
            command(SetCommand::SIsMember, key).arg(member);

        /// `SMEMBERS key` (since 1.0.0): every member. For a large set, [`sscan`](Self::sscan) goes step by step.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1", "order-2"]).await?;
        /// assert_eq!(broker.smembers("sales:Judo").await?, ["order-1".into(), "order-2".into()].into());
        /// # Ok(())
        /// # }
        /// ```
        fn smembers<'a>(key: impl Into<Arg<'a>>) -> HashSet<Bytes> = command(SetCommand::SMembers, key);

        /// `SMISMEMBER key member …` (since 6.2.0): whether the set has each of the members, in the order asked for.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("disabled_access", ["Judo"]).await?;
        /// assert_eq!(broker.smismember("disabled_access", ["Judo", "Sailing"]).await?, [true, false]);
        /// # Ok(())
        /// # }
        /// ```
        fn smismember<'a>(
            key: impl Into<Arg<'a>>,
            members: impl IntoIterator<Item: Into<Arg<'a>>>,
        ) -> Vec<bool> = command(SetCommand::SMIsMember, key).args(members);

        /// `SMOVE source destination member` (since 1.0.0): moves a member, which no reader sees in neither or in both
        /// of the sets. Whether `source` had it.
        ///
        /// `WRONGTYPE` where either key is no set, except that a missing `source` answers false before `destination` is
        /// looked at.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("waiting", ["jamie"]).await?;
        /// assert!(broker.smove("waiting", "seated", "jamie").await?);
        /// assert!(broker.sismember("seated", "jamie").await?);
        /// assert!(!broker.smove("waiting", "seated", "jamie").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn smove<'a>(
            source: impl Into<Arg<'a>>,
            destination: impl Into<Arg<'a>>,
            member: impl Into<Arg<'a>>,
        ) -> bool = command(SetCommand::SMove, source).arg(destination).arg(member);

        /// `SPOP key` (since 1.0.0): removes a random member and answers it, `None` where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("seats", ["14A"]).await?;
        /// assert_eq!(broker.spop("seats").await?.as_deref(), Some(&b"14A"[..]));
        /// assert_eq!(broker.spop("seats").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn spop<'a>(key: impl Into<Arg<'a>>) -> Option<Bytes> = command(SetCommand::SPop, key);

        /// `SPOP key count` (since 3.2.0): removes up to `count` random members and answers them.
        ///
        /// `ERR value is out of range, must be positive` for more than [`i64::MAX`].
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("seats", ["14A", "14B", "14C"]).await?;
        /// assert_eq!(broker.spop_count("seats", 2).await?.len(), 2);
        /// assert_eq!(broker.scard("seats").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn spop_count<'a>(key: impl Into<Arg<'a>>, count: u64) -> HashSet<Bytes> =
            command(SetCommand::SPop, key).arg(count);

        /// `SRANDMEMBER key` (since 1.0.0): a random member, which stays; `None` where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("raffle", ["jamie"]).await?;
        /// assert_eq!(broker.srandmember("raffle").await?.as_deref(), Some(&b"jamie"[..]));
        /// assert_eq!(broker.srandmember("nothing").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn srandmember<'a>(key: impl Into<Arg<'a>>) -> Option<Bytes> = command(SetCommand::SRandMember, key);

        /// `SRANDMEMBER key count` (since 2.6.0): up to `count` different random members; for a negative count, exactly
        /// as many as its absolute value, each drawn anew.
        ///
        /// `ERR value is out of range, …` for [`i64::MIN`]. The in-memory broker also answers
        /// `ERR value is out of range` where a negative count asks for more than 16,777,216 members of a set that
        /// exists.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("raffle", ["jamie", "kim"]).await?;
        /// assert_eq!(broker.srandmember_count("raffle", 5).await?.len(), 2);
        /// assert_eq!(broker.srandmember_count("raffle", -5).await?.len(), 5);
        /// # Ok(())
        /// # }
        /// ```
        fn srandmember_count<'a>(key: impl Into<Arg<'a>>, count: i64) -> Vec<Bytes> =
            command(SetCommand::SRandMember, key).arg(count);

        /// `SREM key member …` (since 1.0.0; several members since 2.4.0): how many of the members were there.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.srem("sales:Judo", ["order-1", "order-9"]).await?, 1);
        /// assert!(broker.smembers("sales:Judo").await?.is_empty());
        /// # Ok(())
        /// # }
        /// ```
        fn srem<'a>(key: impl Into<Arg<'a>>, members: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            command(SetCommand::SRem, key).args(members);

        /// `SSCAN key cursor` (since 2.8.0): one step of an iteration over the members, and the cursor of the next.
        /// Begin with 0; 0 comes back at the end.
        ///
        /// A member that is in the set from the first step to the last is answered at least once; one that comes or
        /// goes meanwhile may be missed, and a member may be answered twice.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use embroker_core::ScanOptions;
        ///
        /// broker.sadd("sales:Judo", ["order-1", "order-2", "order-3"]).await?;
        /// let (mut cursor, mut members) = (0, Vec::new());
        /// loop {
        ///     let (next, step) = broker.sscan("sales:Judo", cursor, ScanOptions::new().count(2)).await?;
        ///     members.extend(step);
        ///     cursor = next;
        ///     if cursor == 0 {
        ///         break;
        ///     }
        /// }
        /// assert_eq!(members.len(), 3);
        /// # Ok(())
        /// # }
        /// ```
        fn sscan<'a>(key: impl Into<Arg<'a>>, cursor: u64, options: ScanOptions<'a>) -> (u64, Vec<Bytes>) =
            command(SetCommand::SScan, key).arg(cursor).args(options.into_args());

        /// `SUNION key …` (since 1.0.0): the members that any of the sets has.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.sadd("sales:Sailing", ["order-2"]).await?;
        /// assert_eq!(broker.sunion(["sales:Judo", "sales:Sailing"]).await?.len(), 2);
        /// # Ok(())
        /// # }
        /// ```
        fn sunion<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> HashSet<Bytes> =
            Command::new(SetCommand::SUnion.spec()).args(keys);

        /// `SUNIONSTORE destination key …` (since 1.0.0): as [`sunion`](Self::sunion), kept under `destination`
        /// whatever that held before, without a deadline; an empty result deletes it. How many members there are.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.sadd("sales:Sailing", ["order-2"]).await?;
        /// assert_eq!(broker.sunionstore("sales", ["sales:Judo", "sales:Sailing"]).await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn sunionstore<'a>(
            destination: impl Into<Arg<'a>>,
            keys: impl IntoIterator<Item: Into<Arg<'a>>>,
        ) -> i64 = command(SetCommand::SUnionStore, destination).args(keys);
    }
}
