//! Hashes: fields and values under one key.

use std::collections::HashMap;

use bytes::Bytes;

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

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

fn command<'a>(command: HashCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on hashes: fields and values under one key.
    ///
    /// A key of another type answers `WRONGTYPE`; a key that does not exist is an empty hash.
    pub trait HashCommands {
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

        /// `HSET key field value …` (since 2.0.0; several fields since 4.0.0): how many fields are new.
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

        /// `HGETALL key` (since 2.0.0): every field with its value.
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
        fn hgetall<'a>(key: impl Into<Arg<'a>>) -> HashMap<Bytes, Bytes> =
            command(HashCommand::HGetAll, key);

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
    }
}
