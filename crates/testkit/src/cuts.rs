//! Subscribers that are cut off: told so by the testkit, or for real.

use std::panic::Location;

use embroker::Broker as _;

use crate::clock::lock;
use crate::delivery::Delivery;
use crate::{Error, Result, TestBroker};

impl TestBroker {
    /// Tells every subscriber that it was cut off and is back: each reads `Gap::Disconnected` and `Gap::Resubscribed`,
    /// on either backend, and misses nothing. How many there were. To cut one at a message, and let it miss some, there
    /// is [`Fault`](crate::FaultOf::cuts_the_subscriber); to cut real connections, [`cut_connections`].
    ///
    /// [`cut_connections`]: Self::cut_connections
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::{Gap, prelude::*};
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe(["news"]).await?;
    /// assert_eq!(broker.cut_subscribers(), 1);
    /// probe.expect_gap(Gap::Disconnected).await;
    /// probe.expect_gap(Gap::Resubscribed).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cut_subscribers(&self) -> usize {
        let deliveries = self.shared.deliveries();
        for delivery in &deliveries {
            delivery.cut().follow(&self.shared);
        }
        deliveries.len()
    }

    /// Cuts the connection of everybody who is subscribed to something, and returns once all are subscribed again; how
    /// many there were.
    ///
    /// On the private redis-server the connections are closed, by CLIENT KILL: that the subscriber connects and
    /// subscribes anew, and the gap that it reads, are the backend's own. What is published meanwhile is missed, and how
    /// much that is, time decides. In memory there are no connections, and it is
    /// [`cut_subscribers`](Self::cut_subscribers).
    ///
    /// # Errors
    ///
    /// [`Error::Server`] where the server does not answer, and around a broker of yours that is elsewhere: its
    /// connections are not the test's to cut.
    ///
    /// # Panics
    ///
    /// Where they are not subscribed again within the broker's [patience](crate::TestBrokerBuilder::patience).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker::{Gap, prelude::*};
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::builder().redis().await?;
    /// let mut probe = broker.probe(["news"]).await?;
    /// assert_eq!(broker.cut_connections().await?, 1);
    /// broker.publish("news", "hello again").await?;
    /// probe.expect_gap(Gap::Disconnected).await;
    /// probe.expect_gap(Gap::Resubscribed).await;
    /// probe.expect_message("news", "hello again").await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn cut_connections(&self) -> impl Future<Output = Result<usize>> {
        let at = Location::caller();
        async move {
            let Some(server) = &self.shared.server else {
                if self.inner.instance().is_some() {
                    return Ok(self.cut_subscribers());
                }
                let text = "the connections of a broker that is there already are not the test's to cut: \
                            build the test's broker with mem() or redis()";
                return Err(Error::Server(text.into()));
            };
            let is_subscribed = |delivery: &Delivery| !lock(&delivery.names).is_empty();
            let cut: Vec<_> = self.shared.deliveries().into_iter().filter(|delivery| is_subscribed(delivery)).collect();
            let outages: Vec<_> = cut.iter().map(|delivery| delivery.outages()).collect();
            let killed = server.command(["CLIENT", "KILL", "TYPE", "pubsub"])?;
            if killed.first() != Some(&b':') {
                return Err(Error::Server(String::from_utf8_lossy(&killed).trim_end().to_owned()));
            }
            let are_back = self.until(async || {
                // One that ends its subscriptions meanwhile is not waited for.
                let mut all = cut.iter().zip(&outages);
                all.all(|(delivery, before)| delivery.outages() > *before || !is_subscribed(delivery)).then_some(())
            });
            let are_back = are_back.await;
            assert!(
                are_back.is_some(),
                "{at}: not subscribed again {:?} after the cut\n{}",
                self.shared.patience,
                self.subscriptions()
            );
            Ok(cut.len())
        }
    }
}
