//! Strings and counters.

mod options;

use std::time::Duration;

use bytes::Bytes;
pub use options::{Expiry, SetOptions};

use super::calls;
use crate::call::Call;
use crate::expiry::{to_ms, to_seconds};
use crate::table::{Keys, rows};
use crate::{Arg, Command, FromValue};

rows! {
    /// Commands on strings.
    StringCommand = String {
        Append "append" 3 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        Decr "decr" 2 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        DecrBy "decrby" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        Get "get" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        GetDel "getdel" 2 [WRITE FAST] Keys::ONE, "6.2.0";
        GetEx "getex" -2 [WRITE FAST] Keys::ONE, "6.2.0";
        GetRange "getrange" 4 [READONLY] Keys::ONE, "2.4.0";
        GetSet "getset" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        Incr "incr" 2 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        IncrBy "incrby" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        IncrByFloat "incrbyfloat" 3 [WRITE DENYOOM FAST] Keys::ONE, "2.6.0";
        MGet "mget" -2 [READONLY FAST] Keys::ALL, "1.0.0";
        MSet "mset" -3 [WRITE DENYOOM] Keys::range(0, -1, 2), "1.0.1";
        MSetNx "msetnx" -3 [WRITE DENYOOM] Keys::range(0, -1, 2), "1.0.1";
        PSetEx "psetex" 4 [WRITE DENYOOM] Keys::ONE, "2.6.0";
        Set "set" -3 [WRITE DENYOOM] Keys::ONE, "1.0.0";
        SetEx "setex" 4 [WRITE DENYOOM] Keys::ONE, "2.0.0";
        SetNx "setnx" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        SetRange "setrange" 4 [WRITE DENYOOM] Keys::ONE, "2.2.0";
        StrLen "strlen" 2 [READONLY FAST] Keys::ONE, "2.2.0";
        SubStr "substr" 4 [READONLY] Keys::ONE, "1.0.0";
    }
}

#[inline]
fn command<'a>(command: StringCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on strings and counters. A value is any bytes, at most 512 MB of them.
    ///
    /// A key of another type answers `WRONGTYPE`, except to the calls that overwrite it whole.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.set("visits", 7).await?;
    /// assert_eq!(broker.incr("visits").await?, 8);
    /// assert_eq!(broker.get_as::<String>("visits").await?.as_deref(), Some("8"));
    /// # Ok(())
    /// # }
    /// ```
    pub trait StringCommands {
        /// `GET key` (since 1.0.0): the value, `None` where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("greeting", "hello").await?;
        /// assert_eq!(broker.get("greeting").await?.as_deref(), Some(&b"hello"[..]));
        /// assert_eq!(broker.get("nobody").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn get<'a>(key: impl Into<Arg<'a>>) -> Option<Bytes> = command(StringCommand::Get, key);

        /// `SET key value` (since 1.0.0): gives the key this value and no deadline, whatever it held before, a hash or
        /// a set too. [`set_with`](Self::set_with) has the options.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("visits", 1).await?;
        /// broker.set("visits", "many").await?;
        /// assert_eq!(broker.get("visits").await?.as_deref(), Some(&b"many"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn set<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> () =
            command(StringCommand::Set, key).arg(value);

        /// `SET key value` with options (since 2.6.12; [`Expiry::Keep`] since 6.0.0, [`Expiry::At`] since 6.2.0):
        /// whether the value was written, which is `true` unless [`SetOptions::nx`] or [`SetOptions::xx`] kept it from
        /// that.
        ///
        /// `ERR invalid expire time in 'set' command` where the time to live is zero.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{Expiry, SetOptions, prelude::*};
        /// # use std::time::Duration;
        /// # let broker = embroker_mem::MemBroker::new();
        /// let lock = SetOptions::new().nx().expiry(Expiry::In(Duration::from_secs(30)));
        /// assert!(broker.set_with("lock", "me", lock).await?);
        /// assert!(!broker.set_with("lock", "you", lock).await?);
        /// # Ok(())
        /// # }
        /// ```
        fn set_with<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>, options: SetOptions) -> bool =
            options.onto(command(StringCommand::Set, key).arg(value));

        /// `SET key value GET` with options (since 6.2.0; with [`SetOptions::nx`] since 7.0.0): the value before,
        /// whether or not the new one was written.
        ///
        /// `WRONGTYPE` where the key holds no string; nothing is written then.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SetOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.set_get("leader", "ann", SetOptions::new().nx()).await?, None);
        /// assert_eq!(broker.set_get("leader", "bob", SetOptions::new().nx()).await?.as_deref(), Some(&b"ann"[..]));
        /// assert_eq!(broker.get("leader").await?.as_deref(), Some(&b"ann"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn set_get<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>, options: SetOptions) -> Option<Bytes> =
            options.onto(command(StringCommand::Set, key).arg(value).arg("GET"));

        /// `SETNX key value` (since 1.0.0): writes the value if the key does not exist, and answers whether it did.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert!(broker.setnx("owner", "ann").await?);
        /// assert!(!broker.setnx("owner", "bob").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn setnx<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> bool =
            command(StringCommand::SetNx, key).arg(value);

        /// `SETEX key seconds value` (since 2.0.0): writes the value with a time to live, rounded up to whole seconds.
        ///
        /// `ERR invalid expire time in 'setex' command` where it is zero.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # use std::time::Duration;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.setex("session", Duration::from_secs(600), "ann").await?;
        /// assert!(broker.setex("session", Duration::ZERO, "ann").await.is_err());
        /// # Ok(())
        /// # }
        /// ```
        fn setex<'a>(key: impl Into<Arg<'a>>, ttl: Duration, value: impl Into<Arg<'a>>) -> () =
            command(StringCommand::SetEx, key).arg(to_seconds(ttl)).arg(value);

        /// `PSETEX key milliseconds value` (since 2.6.0): writes the value with a time to live, rounded up to whole
        /// milliseconds.
        ///
        /// `ERR invalid expire time in 'psetex' command` where it is zero.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # use std::time::Duration;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.psetex("session", Duration::from_millis(250), "ann").await?;
        /// assert!(broker.psetex("session", Duration::ZERO, "ann").await.is_err());
        /// # Ok(())
        /// # }
        /// ```
        fn psetex<'a>(key: impl Into<Arg<'a>>, ttl: Duration, value: impl Into<Arg<'a>>) -> () =
            command(StringCommand::PSetEx, key).arg(to_ms(ttl)).arg(value);

        /// `MGET key …` (since 1.0.0): the values in the order asked for, `None` where a key does not exist or holds no
        /// string.
        ///
        /// `ERR wrong number of arguments` where no key is named.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.mset([("a", 1), ("b", 2)]).await?;
        /// assert_eq!(broker.mget(["b", "x", "a"]).await?, [Some("2".into()), None, Some("1".into())]);
        /// # Ok(())
        /// # }
        /// ```
        fn mget<'a>(keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> Vec<Option<Bytes>> =
            Command::new(StringCommand::MGet.spec()).args(keys);

        /// `MSET key value …` (since 1.0.1): writes all values at once. Of a key that is named twice the last value
        /// stays.
        ///
        /// `ERR wrong number of arguments` where there is no pair.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.mset([("a", 1), ("b", 2)]).await?;
        /// assert_eq!(broker.get("b").await?.as_deref(), Some(&b"2"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn mset<'a>(pairs: impl IntoIterator<Item = (impl Into<Arg<'a>>, impl Into<Arg<'a>>)>) -> () =
            Command::new(StringCommand::MSet.spec()).pairs(pairs);

        /// `MSETNX key value …` (since 1.0.1): writes all values if none of the keys exists, and answers whether it
        /// did.
        ///
        /// `ERR wrong number of arguments` where there is no pair.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert!(broker.msetnx([("a", 1), ("b", 2)]).await?);
        /// assert!(!broker.msetnx([("b", 3), ("c", 4)]).await?);
        /// assert_eq!(broker.get("c").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn msetnx<'a>(pairs: impl IntoIterator<Item = (impl Into<Arg<'a>>, impl Into<Arg<'a>>)>) -> bool =
            Command::new(StringCommand::MSetNx.spec()).pairs(pairs);

        /// `APPEND key value` (since 2.0.0): the new length in bytes. A missing key counts as empty; a deadline stays.
        ///
        /// `ERR string exceeds maximum allowed size` beyond 512 MB.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.append("log", "one").await?, 3);
        /// assert_eq!(broker.append("log", ",two").await?, 7);
        /// # Ok(())
        /// # }
        /// ```
        fn append<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> i64 =
            command(StringCommand::Append, key).arg(value);

        /// `STRLEN key` (since 2.2.0): the length in bytes, 0 where there is no key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("name", "zoë").await?;
        /// assert_eq!(broker.strlen("name").await?, 4);
        /// # Ok(())
        /// # }
        /// ```
        fn strlen<'a>(key: impl Into<Arg<'a>>) -> i64 = command(StringCommand::StrLen, key);

        /// `GETRANGE key start end` (since 2.4.0): the bytes from `start` to `end`, both included. Negative positions
        /// count from the end, -1 is the last byte. Empty where nothing is in that range.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("greeting", "hello").await?;
        /// assert_eq!(broker.getrange("greeting", 1, 3).await?, "ell");
        /// assert_eq!(broker.getrange("greeting", -2, -1).await?, "lo");
        /// assert_eq!(broker.getrange("greeting", 9, 10).await?, "");
        /// # Ok(())
        /// # }
        /// ```
        fn getrange<'a>(key: impl Into<Arg<'a>>, start: i64, end: i64) -> Bytes =
            command(StringCommand::GetRange, key).arg(start).arg(end);

        /// `SETRANGE key offset value` (since 2.2.0): overwrites from this offset in bytes on, and answers the new
        /// length. Zero bytes fill a gap; an empty value changes nothing.
        ///
        /// `ERR string exceeds maximum allowed size` beyond 512 MB.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("greeting", "hello").await?;
        /// assert_eq!(broker.setrange("greeting", 1, "ipp").await?, 5);
        /// assert_eq!(broker.get("greeting").await?.as_deref(), Some(&b"hippo"[..]));
        /// assert_eq!(broker.setrange("gap", 2, "x").await?, 3);
        /// assert_eq!(broker.get("gap").await?.as_deref(), Some(&b"\0\0x"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn setrange<'a>(key: impl Into<Arg<'a>>, offset: u64, value: impl Into<Arg<'a>>) -> i64 =
            command(StringCommand::SetRange, key).arg(offset).arg(value);

        /// `INCR key` (since 1.0.0): the new number; a missing key counts from 0.
        ///
        /// `ERR value is not an integer or out of range` where the key holds no decimal `i64`,
        /// `ERR increment or decrement would overflow` where the result is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.incr("visits").await?, 1);
        /// assert_eq!(broker.incr("visits").await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn incr<'a>(key: impl Into<Arg<'a>>) -> i64 = command(StringCommand::Incr, key);

        /// `DECR key` (since 1.0.0): the new number; a missing key counts from 0. Errors as [`incr`](Self::incr).
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.decr("seats").await?, -1);
        /// # Ok(())
        /// # }
        /// ```
        fn decr<'a>(key: impl Into<Arg<'a>>) -> i64 = command(StringCommand::Decr, key);

        /// `INCRBY key increment` (since 1.0.0): the new number; a missing key counts from 0. Errors as
        /// [`incr`](Self::incr).
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.incrby("visits", 10).await?, 10);
        /// assert_eq!(broker.incrby("visits", -3).await?, 7);
        /// # Ok(())
        /// # }
        /// ```
        fn incrby<'a>(key: impl Into<Arg<'a>>, by: i64) -> i64 = command(StringCommand::IncrBy, key).arg(by);

        /// `DECRBY key decrement` (since 1.0.0): the new number; a missing key counts from 0. Errors as
        /// [`incr`](Self::incr), and `ERR decrement would overflow` for [`i64::MIN`].
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.decrby("seats", 2).await?, -2);
        /// # Ok(())
        /// # }
        /// ```
        fn decrby<'a>(key: impl Into<Arg<'a>>, by: i64) -> i64 = command(StringCommand::DecrBy, key).arg(by);

        /// `INCRBYFLOAT key increment` (since 2.6.0): the new number; a missing key counts from 0.
        ///
        /// Redis keeps up to 17 decimals and adds with a mantissa of 64 bits; this is the `f64` nearest to what it then
        /// holds, infinite where that is beyond [`f64::MAX`]. `ERR value is not a valid float` where the key holds no
        /// number, `ERR increment would produce NaN or Infinity` where the sum is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("price", "10.50").await?;
        /// assert_eq!(broker.incrbyfloat("price", 0.1).await?, 10.6);
        /// assert_eq!(broker.get("price").await?.as_deref(), Some(&b"10.6"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn incrbyfloat<'a>(key: impl Into<Arg<'a>>, by: f64) -> f64 = command(StringCommand::IncrByFloat, key).arg(by);

        /// `GETDEL key` (since 6.2.0): the value, and the key is gone.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("token", "xyz").await?;
        /// assert_eq!(broker.getdel("token").await?.as_deref(), Some(&b"xyz"[..]));
        /// assert_eq!(broker.getdel("token").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn getdel<'a>(key: impl Into<Arg<'a>>) -> Option<Bytes> = command(StringCommand::GetDel, key);

        /// `GETEX key` with options (since 6.2.0): the value, and the key's deadline becomes what `expiry` says. A
        /// deadline that is over deletes the key.
        ///
        /// `ERR invalid expire time in 'getex' command` where the time to live is zero.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{Expiry, prelude::*};
        /// # use std::time::Duration;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("session", "ann").await?;
        /// let session = broker.getex("session", Expiry::In(Duration::from_secs(600))).await?;
        /// assert_eq!(session.as_deref(), Some(&b"ann"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn getex<'a>(key: impl Into<Arg<'a>>, expiry: Expiry) -> Option<Bytes> =
            expiry.onto(command(StringCommand::GetEx, key), Expiry::Keep, "PERSIST");

        /// `GETSET key value` (since 1.0.0): writes the value without a deadline, and answers the one before.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.getset("leader", "ann").await?, None);
        /// assert_eq!(broker.getset("leader", "bob").await?.as_deref(), Some(&b"ann"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn getset<'a>(key: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> Option<Bytes> =
            command(StringCommand::GetSet, key).arg(value);

        also {
            /// `GET key`, read as another type: a number, text, or whatever implements [`FromValue`]. `None` where
            /// there is no key.
            ///
            /// # Errors
            ///
            /// [`Error::Decode`](crate::Error::Decode) where the value does not read as that type.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> embroker_core::Result<()> {
            /// # use embroker_core::prelude::*;
            /// # let broker = embroker_mem::MemBroker::new();
            /// broker.set("price", "2.50").await?;
            /// assert_eq!(broker.get_as::<f64>("price").await?, Some(2.5));
            /// assert!(broker.get_as::<i64>("price").await.is_err());
            /// # Ok(())
            /// # }
            /// ```
            fn get_as<'a, T: FromValue>(
                &'a self,
                key: impl Into<Arg<'a>>,
            ) -> impl Future<Output = crate::Result<Option<T>>> + Send {
                Call::new(self, command(StringCommand::Get, key))
            }
        }
    }
}
