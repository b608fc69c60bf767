//! Keys of any type: existence, expiry, renaming, iteration.
//!
//! Typed calls on time work in milliseconds: they send PEXPIRE, PEXPIREAT, PTTL and PEXPIRETIME, of which EXPIRE,
//! EXPIREAT, TTL and EXPIRETIME are the same in whole seconds.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::calls;
use crate::expiry::{epoch_ms, to_ms};
use crate::table::{Keys, rows};
use crate::{Arg, Command, Deadline, ExpireIf, KeyType, ScanOptions, Ttl};

rows! {
    /// Commands on keys of any type.
    KeyCommand = Key {
        Copy "copy" -3 [WRITE DENYOOM DATABASES] Keys::TWO, "6.2.0";
        DbSize "dbsize" 1 [READONLY FAST] Keys::Whole, "1.0.0";
        Del "del" -2 [WRITE] Keys::ALL, "1.0.0";
        Exists "exists" -2 [READONLY FAST] Keys::ALL, "1.0.0";
        Expire "expire" -3 [WRITE FAST] Keys::ONE, "1.0.0";
        ExpireAt "expireat" -3 [WRITE FAST] Keys::ONE, "1.2.0";
        ExpireTime "expiretime" 2 [READONLY FAST] Keys::ONE, "7.0.0";
        FlushAll "flushall" -1 [WRITE DATABASES] Keys::Whole, "1.0.0";
        FlushDb "flushdb" -1 [WRITE] Keys::Whole, "1.0.0";
        Keys "keys" 2 [READONLY] Keys::Whole, "1.0.0";
        Move "move" 3 [WRITE FAST DATABASES] Keys::ONE, "1.0.0";
        Persist "persist" 2 [WRITE FAST] Keys::ONE, "2.2.0";
        PExpire "pexpire" -3 [WRITE FAST] Keys::ONE, "2.6.0";
        PExpireAt "pexpireat" -3 [WRITE FAST] Keys::ONE, "2.6.0";
        PExpireTime "pexpiretime" 2 [READONLY FAST] Keys::ONE, "7.0.0";
        PTtl "pttl" 2 [READONLY FAST] Keys::ONE, "2.6.0";
        RandomKey "randomkey" 1 [READONLY] Keys::Whole, "1.0.0";
        Rename "rename" 3 [WRITE] Keys::TWO, "1.0.0";
        RenameNx "renamenx" 3 [WRITE FAST] Keys::TWO, "1.0.0";
        Scan "scan" -2 [READONLY] Keys::Whole, "2.8.0";
        SwapDb "swapdb" 3 [WRITE FAST DATABASES] Keys::None, "4.0.0";
        Touch "touch" -2 [READONLY FAST] Keys::ALL, "3.2.1";
        Ttl "ttl" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        Type "type" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        Unlink "unlink" -2 [WRITE FAST] Keys::ALL, "4.0.0";
    }
}

#[inline]
fn command<'a>(command: KeyCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on keys of any type: existence, expiry, renaming, iteration.
    ///
    /// Where a call takes several keys, none at all answers `ERR wrong number of arguments …`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.set("order:1", "jamie").await?;
    /// broker.rename("order:1", "order:2").await?;
    /// assert_eq!(broker.exists(["order:1", "order:2"]).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub trait KeyCommands {
        /// `COPY source destination` (since 6.2.0): copies the value and its deadline. False where there is no source
        /// or where the destination exists.
        ///
        /// `ERR source and destination objects are the same` where both keys are one.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert!(broker.copy("sales:Judo", "backup").await?);
        /// assert!(!broker.copy("sales:Judo", "backup").await?);
        /// assert_eq!(broker.scard("backup").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn copy<'a>(source: impl Into<Arg<'a>>, destination: impl Into<Arg<'a>>) -> bool =
            command(KeyCommand::Copy, source).arg(destination);

        /// `COPY source destination REPLACE` (since 6.2.0): as [`copy`](Self::copy), over a destination that exists.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.sadd("backup", ["older"]).await?;
        /// assert!(broker.copy_replace("sales:Judo", "backup").await?);
        /// assert!(broker.sismember("backup", "order-1").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn copy_replace<'a>(source: impl Into<Arg<'a>>, destination: impl Into<Arg<'a>>) -> bool =
            command(KeyCommand::Copy, source).arg(destination).arg("REPLACE");

        /// `COPY source destination DB index` (since 6.2.0): as [`copy`](Self::copy), to a key of another database,
        /// which may have the same name.
        ///
        /// `ERR DB index is out of range` where there is no such database.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert!(broker.copy_to_db("sales:Judo", "sales:Judo", 1).await?);
        /// assert_eq!(broker.database(1)?.scard("sales:Judo").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn copy_to_db<'a>(source: impl Into<Arg<'a>>, destination: impl Into<Arg<'a>>, db: u32) -> bool =
            command(KeyCommand::Copy, source).arg(destination).arg("DB").arg(db);

        /// `DBSIZE` (since 1.0.0): how many keys there are. A real Redis also counts keys that have expired but that it
        /// has not removed yet.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.dbsize().await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn dbsize<'a>() -> i64 = Command::new(KeyCommand::DbSize.spec());

        /// `DEL key …` (since 1.0.0): removes keys; how many there were.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.del(["sales:Judo", "nothing"]).await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn del<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            Command::new(KeyCommand::Del.spec()).args(keys);

        /// `EXISTS key …` (since 1.0.0; several keys since 3.0.3): how many of the keys exist, one that is named twice
        /// counted twice.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.exists(["sales:Judo", "nothing", "sales:Judo"]).await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn exists<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            Command::new(KeyCommand::Exists.spec()).args(keys);

        /// `PEXPIRE key milliseconds` (since 2.6.0): the key expires after this time, rounded up to a whole
        /// millisecond; at once after zero. Whether there is such a key.
        ///
        /// `ERR invalid expire time in 'pexpire' command` where the deadline is beyond [`i64::MAX`] milliseconds since
        /// the Unix epoch.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::Duration;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// assert!(broker.expire("basket", Duration::from_secs(60)).await?);
        /// assert!(!broker.expire("nothing", Duration::from_secs(60)).await?);
        /// # Ok(())
        /// # }
        /// ```
        fn expire<'a>(key: impl Into<Arg<'a>>, after: Duration) -> bool =
            command(KeyCommand::PExpire, key).arg(to_ms(after));

        /// `PEXPIRE key milliseconds NX|XX|GT|LT` (since 7.0.0): as [`expire`](Self::expire), only on a condition.
        /// Whether it holds.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::Duration;
        /// use embroker_core::ExpireIf;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// assert!(broker.expire_if("basket", Duration::from_secs(60), ExpireIf::Persistent).await?);
        /// assert!(!broker.expire_if("basket", Duration::from_secs(90), ExpireIf::Persistent).await?);
        /// # Ok(())
        /// # }
        /// ```
        fn expire_if<'a>(key: impl Into<Arg<'a>>, after: Duration, condition: ExpireIf) -> bool =
            command(KeyCommand::PExpire, key).arg(to_ms(after)).arg(condition);

        /// `PEXPIREAT key milliseconds` (since 2.6.0): the key expires at this time, rounded up to a whole millisecond;
        /// at once where that is past. Whether there is such a key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::{Duration, SystemTime};
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// assert!(broker.expireat("basket", SystemTime::now() + Duration::from_secs(60)).await?);
        /// assert!(broker.expireat("basket", SystemTime::UNIX_EPOCH).await?);
        /// assert_eq!(broker.exists(["basket"]).await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn expireat<'a>(key: impl Into<Arg<'a>>, at: SystemTime) -> bool =
            command(KeyCommand::PExpireAt, key).arg(epoch_ms(at));

        /// `PEXPIREAT key milliseconds NX|XX|GT|LT` (since 7.0.0): as [`expireat`](Self::expireat), only on a
        /// condition. Whether it holds.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::{Duration, SystemTime};
        /// use embroker_core::ExpireIf;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// let later = SystemTime::now() + Duration::from_secs(60);
        /// assert!(!broker.expireat_if("basket", later, ExpireIf::Expiring).await?);
        /// assert!(broker.expireat_if("basket", later, ExpireIf::Earlier).await?);
        /// # Ok(())
        /// # }
        /// ```
        fn expireat_if<'a>(key: impl Into<Arg<'a>>, at: SystemTime, condition: ExpireIf) -> bool =
            command(KeyCommand::PExpireAt, key).arg(epoch_ms(at)).arg(condition);

        /// `PEXPIRETIME key` (since 7.0.0): when the key expires.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::{Duration, SystemTime};
        /// use embroker_core::Deadline;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// assert_eq!(broker.expiretime("basket").await?, Deadline::Persistent);
        /// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        /// broker.expireat("basket", at).await?;
        /// assert_eq!(broker.expiretime("basket").await?, Deadline::At(at));
        /// # Ok(())
        /// # }
        /// ```
        fn expiretime<'a>(key: impl Into<Arg<'a>>) -> Deadline = command(KeyCommand::PExpireTime, key);

        /// `FLUSHALL` (since 1.0.0): removes every key of every database.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.flushall().await?;
        /// assert_eq!(broker.dbsize().await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn flushall<'a>() -> () = Command::new(KeyCommand::FlushAll.spec());

        /// `FLUSHDB` (since 1.0.0): removes every key of this database.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.flushdb().await?;
        /// assert_eq!(broker.dbsize().await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn flushdb<'a>() -> () = Command::new(KeyCommand::FlushDb.spec());

        /// `KEYS pattern` (since 1.0.0): the keys that the [glob](crate::Glob) matches, in no order; `*` is every key.
        /// Holds everybody else up meanwhile: with many keys, use [`scan`](Self::scan).
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.sadd("invoices", ["invoice-1"]).await?;
        /// assert_eq!(broker.keys("sales:*").await?, ["sales:Judo"]);
        /// # Ok(())
        /// # }
        /// ```
        fn keys<'a>(pattern: impl Into<Arg<'a>>) -> Vec<Bytes> = command(KeyCommand::Keys, pattern);

        /// `TYPE key` (since 1.0.0): the type of what the key holds.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use embroker_core::KeyType;
        ///
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.key_type("sales:Judo").await?, KeyType::Set);
        /// # Ok(())
        /// # }
        /// ```
        fn key_type<'a>(key: impl Into<Arg<'a>>) -> KeyType = command(KeyCommand::Type, key);

        /// `MOVE key db` (since 1.0.0): the value and its deadline move to the key of the same name in another
        /// database. False where there is no such key or where that one exists.
        ///
        /// `ERR DB index is out of range` where there is no such database, `ERR source and destination objects are the
        /// same` where it is this one.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert!(broker.move_key("sales:Judo", 1).await?);
        /// assert!(!broker.move_key("sales:Judo", 1).await?, "it is gone");
        /// assert_eq!(broker.database(1)?.scard("sales:Judo").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn move_key<'a>(key: impl Into<Arg<'a>>, db: u32) -> bool = command(KeyCommand::Move, key).arg(db);

        /// `PERSIST key` (since 2.2.0): takes the deadline away; whether there was one.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::Duration;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// broker.expire("basket", Duration::from_secs(60)).await?;
        /// assert!(broker.persist("basket").await?);
        /// assert!(!broker.persist("basket").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn persist<'a>(key: impl Into<Arg<'a>>) -> bool = command(KeyCommand::Persist, key);

        /// `RANDOMKEY` (since 1.0.0): a random key, `None` where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.randomkey().await?, None);
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.randomkey().await?.as_deref(), Some(&b"sales:Judo"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn randomkey<'a>() -> Option<Bytes> = Command::new(KeyCommand::RandomKey.spec());

        /// `RENAME key to` (since 1.0.0): the value and its deadline move, over whatever `to` held before.
        ///
        /// `ERR no such key` where there is no `key`.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:today", ["order-1"]).await?;
        /// broker.rename("sales:today", "sales:yesterday").await?;
        /// assert_eq!(broker.scard("sales:yesterday").await?, 1);
        /// assert!(broker.rename("sales:today", "sales:yesterday").await.is_err());
        /// # Ok(())
        /// # }
        /// ```
        fn rename<'a>(key: impl Into<Arg<'a>>, to: impl Into<Arg<'a>>) -> () =
            command(KeyCommand::Rename, key).arg(to);

        /// `RENAMENX key to` (since 1.0.0): as [`rename`](Self::rename), only where `to` does not exist. Whether it was
        /// so.
        ///
        /// `ERR no such key` where there is no `key`.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:today", ["order-1"]).await?;
        /// assert!(broker.renamenx("sales:today", "sales:monday").await?);
        /// assert!(!broker.renamenx("sales:monday", "sales:monday").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn renamenx<'a>(key: impl Into<Arg<'a>>, to: impl Into<Arg<'a>>) -> bool =
            command(KeyCommand::RenameNx, key).arg(to);

        /// `SCAN cursor` (since 2.8.0): one step of an iteration over the keys, and the cursor of the next. Begin with
        /// 0; 0 comes back at the end.
        ///
        /// A key that exists from the first step to the last is answered at least once; one that comes or goes
        /// meanwhile may be missed, and a key may be answered twice.
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
        /// for event in ["sales:Judo", "sales:Sailing", "sales:Rowing"] {
        ///     broker.sadd(event, ["order-1"]).await?;
        /// }
        /// let (mut cursor, mut keys) = (0, Vec::new());
        /// loop {
        ///     let (next, step) = broker.scan(cursor, ScanOptions::new().pattern("sales:*").count(2)).await?;
        ///     keys.extend(step);
        ///     cursor = next;
        ///     if cursor == 0 {
        ///         break;
        ///     }
        /// }
        /// assert_eq!(keys.len(), 3);
        /// # Ok(())
        /// # }
        /// ```
        fn scan<'a>(cursor: u64, options: ScanOptions<'a>) -> (u64, Vec<Bytes>) =
            Command::new(KeyCommand::Scan.spec()).arg(cursor).args(options.into_args());

        /// `SWAPDB first second` (since 4.0.0): the two databases swap all that they hold; every client sees it at
        /// once.
        ///
        /// `ERR DB index is out of range` where one of them does not exist.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.database(1)?.sadd("sales:Judo", ["order-1"]).await?;
        /// broker.swapdb(0, 1).await?;
        /// assert_eq!(broker.scard("sales:Judo").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn swapdb<'a>(first: u32, second: u32) -> () = Command::new(KeyCommand::SwapDb.spec()).arg(first).arg(second);

        /// `TOUCH key …` (since 3.2.1): how many of the keys exist; on a real Redis they also count as used just now.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.touch(["sales:Judo", "nothing"]).await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn touch<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            Command::new(KeyCommand::Touch.spec()).args(keys);

        /// `PTTL key` (since 2.6.0): how long the key still lives.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use std::time::Duration;
        /// use embroker_core::Ttl;
        ///
        /// broker.sadd("basket", ["seat-1"]).await?;
        /// assert_eq!(broker.ttl("nothing").await?, Ttl::Missing);
        /// assert_eq!(broker.ttl("basket").await?, Ttl::Persistent);
        /// broker.expire("basket", Duration::from_secs(60)).await?;
        /// assert!(matches!(broker.ttl("basket").await?, Ttl::Remaining(left) if left <= Duration::from_secs(60)));
        /// # Ok(())
        /// # }
        /// ```
        fn ttl<'a>(key: impl Into<Arg<'a>>) -> Ttl = command(KeyCommand::PTtl, key);

        /// `UNLINK key …` (since 4.0.0): as [`del`](Self::del); a real Redis frees the memory in the background.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.sadd("sales:Judo", ["order-1"]).await?;
        /// assert_eq!(broker.unlink(["sales:Judo"]).await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn unlink<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            Command::new(KeyCommand::Unlink.spec()).args(keys);
    }
}
