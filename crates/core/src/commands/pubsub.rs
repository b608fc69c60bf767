//! Messages: PUBLISH and SPUBLISH, and what PUBSUB tells. Subscribing is a [`Subscriber`](crate::Subscriber)'s.

use bytes::Bytes;

use super::calls;
use crate::call::Call;
use crate::table::{Keys, rows};
use crate::{Arg, Command, Value};

rows! {
    /// Commands on messages.
    PubSubCommand = PubSub {
        PSubscribe "psubscribe" -2 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "2.0.0";
        Publish "publish" 3 [PUBSUB LOADING STALE FAST MAY_REPLICATE] Keys::None, "2.0.0";
        PubSub "pubsub" -2 [CONTAINER] Keys::None, "2.8.0";
        PubSubChannels "pubsub|channels" -2 [PUBSUB LOADING STALE] Keys::None, "2.8.0";
        PubSubHelp "pubsub|help" 2 [LOADING STALE] Keys::None, "6.2.0";
        PubSubNumPat "pubsub|numpat" 2 [PUBSUB LOADING STALE] Keys::None, "2.8.0";
        PubSubNumSub "pubsub|numsub" -2 [PUBSUB LOADING STALE] Keys::None, "2.8.0";
        PubSubShardChannels "pubsub|shardchannels" -2 [PUBSUB LOADING STALE] Keys::None, "7.0.0";
        PubSubShardNumSub "pubsub|shardnumsub" -2 [PUBSUB LOADING STALE] Keys::None, "7.0.0";
        PUnsubscribe "punsubscribe" -1 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "2.0.0";
        SPublish "spublish" 3 [PUBSUB LOADING STALE FAST MAY_REPLICATE] Keys::None, "7.0.0";
        SSubscribe "ssubscribe" -2 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "7.0.0";
        Subscribe "subscribe" -2 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "2.0.0";
        SUnsubscribe "sunsubscribe" -1 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "7.0.0";
        Unsubscribe "unsubscribe" -1 [PUBSUB NOSCRIPT LOADING STALE SESSION] Keys::None, "2.0.0";
    }
}

calls! {
    /// Typed calls on messages.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// assert_eq!(broker.publish("news", "hello").await?, 1);
    /// assert_eq!(broker.pubsub_channels("*").await?, ["news"]);
    /// # Ok(())
    /// # }
    /// ```
    pub trait PubSubCommands {
        /// `PUBLISH channel message` (since 2.0.0): how many subscriptions received it. A subscriber with the channel
        /// and two patterns that match it counts three times.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SubscribeOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        /// subscriber.psubscribe(["purchase_orders:*"]).await?;
        /// assert_eq!(broker.publish("purchase_orders:Womens Judo", "order-1").await?, 1);
        /// assert_eq!(broker.publish("purchase_orders", "order-1").await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn publish<'a>(channel: impl Into<Arg<'a>>, message: impl Into<Arg<'a>>) -> i64 =
            Command::new(PubSubCommand::Publish.spec()).arg(channel).arg(message);

        /// `PUBSUB CHANNELS pattern` (since 2.8.0): the channels with a subscriber that the pattern matches, in no
        /// order. `*` lists all but the one with the empty name; patterns that are subscribed don't show.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SubscribeOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        /// subscriber.subscribe(["news", "weather"]).await?;
        /// assert_eq!(broker.pubsub_channels("n*").await?, ["news"]);
        /// # Ok(())
        /// # }
        /// ```
        fn pubsub_channels<'a>(pattern: impl Into<Arg<'a>>) -> Vec<Bytes> =
            Command::new(PubSubCommand::PubSubChannels.spec()).arg(pattern);

        /// `PUBSUB NUMPAT` (since 2.8.0): how many different patterns are subscribed, by anybody.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SubscribeOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        /// subscriber.psubscribe(["a*", "b*"]).await?;
        /// assert_eq!(broker.pubsub_numpat().await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn pubsub_numpat<'a>() -> i64 = Command::new(PubSubCommand::PubSubNumPat.spec());

        /// `SPUBLISH channel message` (since 7.0.0): how many subscribers of the shard channel received it. Shard
        /// channels are a world of their own: no pattern matches one, and PUBLISH does not reach it. In a cluster a
        /// message stays within the shard that the channel belongs to.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SubscribeOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        /// subscriber.ssubscribe(["orders:{judo}"]).await?;
        /// assert_eq!(broker.spublish("orders:{judo}", "order-1").await?, 1);
        /// assert_eq!(broker.publish("orders:{judo}", "order-1").await?, 0);
        /// # Ok(())
        /// # }
        /// ```
        fn spublish<'a>(channel: impl Into<Arg<'a>>, message: impl Into<Arg<'a>>) -> i64 =
            Command::new(PubSubCommand::SPublish.spec()).arg(channel).arg(message);

        /// `PUBSUB SHARDCHANNELS pattern` (since 7.0.0): the shard channels with a subscriber that the pattern matches,
        /// in no order. `*` lists all but the one with the empty name.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{SubscribeOptions, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        /// subscriber.ssubscribe(["news"]).await?;
        /// subscriber.subscribe(["weather"]).await?;
        /// assert_eq!(broker.pubsub_shardchannels("*").await?, ["news"]);
        /// # Ok(())
        /// # }
        /// ```
        fn pubsub_shardchannels<'a>(pattern: impl Into<Arg<'a>>) -> Vec<Bytes> =
            Command::new(PubSubCommand::PubSubShardChannels.spec()).arg(pattern);

        also {
            /// `PUBSUB NUMSUB channel …` (since 2.8.0): how many subscribers each of the channels has, in the order
            /// asked for. Patterns don't count.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> embroker_core::Result<()> {
            /// # use embroker_core::{SubscribeOptions, prelude::*};
            /// # let broker = embroker_mem::MemBroker::new();
            /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            /// subscriber.subscribe(["news"]).await?;
            /// assert_eq!(broker.pubsub_numsub(["news", "weather"]).await?, [("news".into(), 1), ("weather".into(),
            /// 0)]);
            /// # Ok(())
            /// # }
            /// ```
            fn pubsub_numsub<'a>(
                &'a self,
                channels: impl IntoIterator<Item: Into<Arg<'a>>>,
            ) -> impl Future<Output = crate::Result<Vec<(Bytes, i64)>>> + Send {
                use crate::from_value::FromPairs as _;

                let command = Command::new(PubSubCommand::PubSubNumSub.spec()).args(channels);
                async move { Vec::from_pairs(Call::<_, Value>::new(self, command).await?) }
            }

            /// `PUBSUB SHARDNUMSUB channel …` (since 7.0.0): how many subscribers each of the shard channels has, in
            /// the order asked for.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> embroker_core::Result<()> {
            /// # use embroker_core::{SubscribeOptions, prelude::*};
            /// # let broker = embroker_mem::MemBroker::new();
            /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            /// subscriber.ssubscribe(["news"]).await?;
            /// assert_eq!(broker.pubsub_shardnumsub(["news", "x"]).await?, [("news".into(), 1), ("x".into(), 0)]);
            /// # Ok(())
            /// # }
            /// ```
            fn pubsub_shardnumsub<'a>(
                &'a self,
                channels: impl IntoIterator<Item: Into<Arg<'a>>>,
            ) -> impl Future<Output = crate::Result<Vec<(Bytes, i64)>>> + Send {
                use crate::from_value::FromPairs as _;

                let command = Command::new(PubSubCommand::PubSubShardNumSub.spec()).args(channels);
                async move { Vec::from_pairs(Call::<_, Value>::new(self, command).await?) }
            }
        }
    }
}
