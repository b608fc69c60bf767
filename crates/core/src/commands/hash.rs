//! Hashes: fields and values under one key.

use std::collections::HashMap;

use bytes::Bytes;

use super::calls;
use crate::call::Call;
use crate::error::Result;
use crate::from_value::FromPairs as _;
use crate::table::{Keys, rows};
use crate::{Arg, Command, FromValue, Pipeline, ScanOptions, Value};

rows! {
    /// Commands on hashes.
    HashCommand = Hash {
        HDel "hdel" -3 [WRITE FAST] Keys::ONE, "2.0.0";
        HExists "hexists" 3 [READONLY FAST] Keys::ONE, "2.0.0";
        HGet "hget" 3 [READONLY FAST] Keys::ONE, "2.0.0";
        HGetAll "hgetall" 2 [READONLY] Keys::ONE, "2.0.0";
        HIncrBy "hincrby" 4 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        HIncrByFloat "hincrbyfloat" 4 [WRITE DENYOOM FAST] Keys::ONE, "2.6.0";
        HKeys "hkeys" 2 [READONLY] Keys::ONE, "2.0.0";
        HLen "hlen" 2 [READONLY FAST] Keys::ONE, "2.0.0";
        HMGet "hmget" -3 [READONLY FAST] Keys::ONE, "2.0.0";
        HMSet "hmset" -4 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        HRandField "hrandfield" -2 [READONLY] Keys::ONE, "6.2.0";
        HScan "hscan" -3 [READONLY] Keys::ONE, "2.8.0";
        HSet "hset" -4 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        HSetNx "hsetnx" 4 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        HStrLen "hstrlen" 3 [READONLY FAST] Keys::ONE, "3.2.0";
        HVals "hvals" 2 [READONLY] Keys::ONE, "2.0.0";
    }
}

#[inline]
fn command<'a>(command: HashCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on hashes: fields and values under one key.
    ///
    /// A key of another type answers `WRONGTYPE`; a key that does not exist is an empty hash.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
    /// assert_eq!(broker.hincrby("order:1", "qty", 1).await?, 3);
    /// assert_eq!(broker.hget_as::<String>("order:1", "who").await?.as_deref(), Some("jamie"));
    /// # Ok(())
    /// # }
    /// ```
    pub trait HashCommands {
        /// `HDEL key field …` (since 2.0.0; several fields since 2.4.0): removes fields, and the key with the last of
        /// them. How many were there.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hdel("order:1", ["qty", "cost"]).await?, 1);
        /// assert_eq!(broker.hlen("order:1").await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn hdel<'a>(key: impl Into<Arg<'a>>, fields: impl IntoIterator<Item: Into<Arg<'a>>>) -> i64 =
            command(HashCommand::HDel, key).args(fields);

        /// `HEXISTS key field` (since 2.0.0): whether the hash has the field.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert!(broker.hexists("order:1", "who").await?);
        /// assert!(!broker.hexists("order:1", "qty").await?);
        /// # Ok(())
        /// # }
        /// ```
        fn hexists<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>) -> bool =
            command(HashCommand::HExists, key).arg(field);

        /// `HGET key field` (since 2.0.0): the value of the field, `None` where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert_eq!(broker.hget("order:1", "who").await?.as_deref(), Some(&b"jamie"[..]));
        /// assert_eq!(broker.hget("order:1", "nobody").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn hget<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>) -> Option<Bytes> =
            command(HashCommand::HGet, key).arg(field);

        /// `HGETALL key` (since 2.0.0): every field with its value.
        /// [`hgetall_as`](crate::prelude::StructCommands::hgetall_as) reads them as a struct.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert_eq!(broker.hgetall("order:1").await?[&b"who"[..]], "jamie");
        /// # Ok(())
        /// # }
        /// ```
        fn hgetall<'a>(key: impl Into<Arg<'a>>) -> HashMap<Bytes, Bytes> = command(HashCommand::HGetAll, key);

        /// `HINCRBY key field increment` (since 2.0.0): the field's new value; a missing field counts from 0.
        ///
        /// `ERR hash value is not an integer` where the field holds no decimal `i64`, `ERR increment or
        /// decrement would overflow` where the sum is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.hincrby("sales_summary", "Judo:total_tickets_sold", 3).await?, 3);
        /// assert_eq!(broker.hincrby("sales_summary", "Judo:total_tickets_sold", -1).await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn hincrby<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>, by: i64) -> i64 =
            command(HashCommand::HIncrBy, key).arg(field).arg(by);

        /// `HINCRBYFLOAT key field increment` (since 2.6.0): the field's new value; a missing field counts from 0.
        ///
        /// The sum is an 80-bit `long double`, stored as text with up to 17 digits after the point; the answer is the
        /// `f64` nearest to it. `ERR hash value is not a float` where the field holds no number,
        /// `ERR value is NaN or Infinity` or `ERR value is not a valid float` where the increment is none,
        /// `ERR increment would produce NaN or Infinity` where the sum is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.hincrbyfloat("sales_summary", "Judo:total_sales", 10.25).await?, 10.25);
        /// assert_eq!(broker.hincrbyfloat("sales_summary", "Judo:total_sales", -0.5).await?, 9.75);
        /// # Ok(())
        /// # }
        /// ```
        fn hincrbyfloat<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>, by: f64) -> f64 =
            command(HashCommand::HIncrByFloat, key).arg(field).arg(by);

        /// `HKEYS key` (since 2.0.0): every field.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hkeys("order:1").await?, ["who", "qty"]);
        /// # Ok(())
        /// # }
        /// ```
        fn hkeys<'a>(key: impl Into<Arg<'a>>) -> Vec<Bytes> = command(HashCommand::HKeys, key);

        /// `HLEN key` (since 2.0.0): how many fields there are, 0 where there is no key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hlen("order:1").await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn hlen<'a>(key: impl Into<Arg<'a>>) -> i64 = command(HashCommand::HLen, key);

        /// `HMGET key field …` (since 2.0.0): the value of each field in the order asked for, `None` where there is
        /// none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hmget("order:1", ["qty", "cost"]).await?, [Some("2".into()), None]);
        /// # Ok(())
        /// # }
        /// ```
        fn hmget<'a>(key: impl Into<Arg<'a>>, fields: impl IntoIterator<Item: Into<Arg<'a>>>) -> Vec<Option<Bytes>> =
            command(HashCommand::HMGet, key).args(fields);

        /// `HRANDFIELD key` (since 6.2.0): one field by chance, each as likely as the others; `None` where there is no
        /// key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert_eq!(broker.hrandfield("order:1").await?.as_deref(), Some(&b"who"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn hrandfield<'a>(key: impl Into<Arg<'a>>) -> Option<Bytes> = command(HashCommand::HRandField, key);

        /// `HRANDFIELD key count` (since 6.2.0): up to `count` different fields by chance; where `count` is negative,
        /// so many draws, each from all fields.
        ///
        /// `ERR value is out of range, …` for [`i64::MIN`]. The in-memory broker answers `ERR value is out of range` to
        /// more than 2^24 draws as well.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hrandfield_count("order:1", 5).await?.len(), 2);
        /// assert_eq!(broker.hrandfield_count("order:1", -5).await?.len(), 5);
        /// # Ok(())
        /// # }
        /// ```
        fn hrandfield_count<'a>(key: impl Into<Arg<'a>>, count: i64) -> Vec<Bytes> =
            command(HashCommand::HRandField, key).arg(count);

        /// `HRANDFIELD key count WITHVALUES` (since 6.2.0): as [`hrandfield_count`](Self::hrandfield_count), each field
        /// with its value.
        ///
        /// `ERR value is out of range` also for a `count` beyond half of an `i64`; the in-memory broker makes at most
        /// 2^23 draws.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert_eq!(broker.hrandfield_withvalues("order:1", 1).await?, [("who".into(), "jamie".into())]);
        /// # Ok(())
        /// # }
        /// ```
        fn hrandfield_withvalues<'a>(key: impl Into<Arg<'a>>, count: i64) -> Vec<(Bytes, Bytes)> =
            command(HashCommand::HRandField, key).arg(count).arg("WITHVALUES");

        /// `HSET key field value …` (since 2.0.0; several fields since 4.0.0): how many fields are new.
        /// [`hset_struct`](crate::prelude::StructCommands::hset_struct) writes a struct.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?, 2);
        /// assert_eq!(broker.hset("order:1", [("qty", 3)]).await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn hset<'a>(
            key: impl Into<Arg<'a>>,
            fields: impl IntoIterator<Item = (impl Into<Arg<'a>>, impl Into<Arg<'a>>)>,
        ) -> i64 = command(HashCommand::HSet, key).pairs(fields);

        /// `HSETNX key field value` (since 2.0.0): sets the field where it is not there yet; whether it did.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert!(broker.hsetnx("order:1", "who", "jamie").await?);
        /// assert!(!broker.hsetnx("order:1", "who", "robin").await?);
        /// assert_eq!(broker.hget("order:1", "who").await?.as_deref(), Some(&b"jamie"[..]));
        /// # Ok(())
        /// # }
        /// ```
        fn hsetnx<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> bool =
            command(HashCommand::HSetNx, key).arg(field).arg(value);

        /// `HSTRLEN key field` (since 3.2.0): how many bytes the value has, 0 where there is none.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie")]).await?;
        /// assert_eq!(broker.hstrlen("order:1", "who").await?, 5);
        /// # Ok(())
        /// # }
        /// ```
        fn hstrlen<'a>(key: impl Into<Arg<'a>>, field: impl Into<Arg<'a>>) -> i64 =
            command(HashCommand::HStrLen, key).arg(field);

        /// `HVALS key` (since 2.0.0): every value.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
        /// assert_eq!(broker.hvals("order:1").await?, ["jamie", "2"]);
        /// # Ok(())
        /// # }
        /// ```
        fn hvals<'a>(key: impl Into<Arg<'a>>) -> Vec<Bytes> = command(HashCommand::HVals, key);

        also {
            /// `HGET key field` (since 2.0.0), read as any [`FromValue`] type: a number, text. `None` where there is no
            /// field.
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
            /// broker.hset("order:1", [("qty", "2")]).await?;
            /// assert_eq!(broker.hget_as("order:1", "qty").await?, Some(2_i64));
            /// assert!(broker.hget_as::<bool>("order:1", "qty").await.is_err());
            /// # Ok(())
            /// # }
            /// ```
            fn hget_as<'a, T: FromValue>(
                &'a self,
                key: impl Into<Arg<'a>>,
                field: impl Into<Arg<'a>>,
            ) -> impl Future<Output = Result<Option<T>>> + Send {
                Call::new(self, command(HashCommand::HGet, key).arg(field))
            }

            /// `HSCAN key cursor …` (since 2.8.0): one step of an iteration over the fields and their values, and the
            /// next cursor. Start with 0, end when 0 comes back. A field that stays is met at least once, however many
            /// others come and go.
            ///
            /// A small hash is answered in one step.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> embroker_core::Result<()> {
            /// # use embroker_core::{ScanOptions, prelude::*};
            /// # let broker = embroker_mem::MemBroker::new();
            /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
            /// let (next, fields) = broker.hscan("order:1", 0, ScanOptions::new().pattern("w*")).await?;
            /// assert_eq!((next, fields), (0, vec![("who".into(), "jamie".into())]));
            /// # Ok(())
            /// # }
            /// ```
            fn hscan<'a>(
                &'a self,
                key: impl Into<Arg<'a>>,
                cursor: u64,
                options: ScanOptions<'a>,
            ) -> impl Future<Output = Result<(u64, Vec<(Bytes, Bytes)>)>> + Send {
                let command = hscan(key, cursor, options);
                async move {
                    let (next, fields) = Call::<_, (u64, Value)>::new(self, command).await?;
                    Ok((next, Vec::from_pairs(fields)?))
                }
            }
        }
    }
}

fn hscan<'a>(key: impl Into<Arg<'a>>, cursor: u64, options: ScanOptions<'a>) -> Command<'a> {
    command(HashCommand::HScan, key).arg(cursor).args(options.into_args())
}

impl<'a> Pipeline<'a> {
    /// Adds the command of [`HashCommands::hscan`].
    pub fn hscan(&mut self, key: impl Into<Arg<'a>>, cursor: u64, options: ScanOptions<'a>) -> &mut Self {
        self.push(hscan(key, cursor, options))
    }
}
