//! Time that passes for a broker, on either backend.
//!
//! A real Redis keeps its own time. There, deadlines are moved nearer instead of the clock being moved on: whoever looks
//! at a key's time to live sees the same.

use std::time::Duration;

use crate::{Error, Result, TestBroker};

impl TestBroker {
    /// Lets so much time pass: what had that long to live, or less, is gone when this returns, and its `expired` events
    /// are sent, in the order of the deadlines.
    ///
    /// In memory it moves the [clock](Self::clock). On the private redis-server it moves the deadlines of all keys
    /// nearer by that much, which no keyspace event tells of: PTTL answers as if the time had passed, EXPIRETIME
    /// something earlier, and a WATCH of a key with a deadline finds it
    /// written. Nothing else should run meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`] around a broker of yours, whose time is its own; [`Error::Broker`] where there is no
    /// connection.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
    /// broker.advance(Duration::from_secs(600)).await?;
    /// broker.assert_absent("reservation:7").await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advance(&self, by: Duration) -> Result<()> {
        if self.shared.server.is_some() {
            redis::advance(&self.inner, by).await?;
            return self.shared.clock.advance_here(by);
        }
        if self.clock().is_followed_by_redis() {
            let text =
                "the time of a broker that is there already is its own: build the test's broker with mem() or redis()";
            return Err(Error::Clock(text.into()));
        }
        self.clock().advance(by)
    }
}

mod redis {
    use std::time::{Duration, SystemTime};

    use embroker::{AnyBroker, Bytes, Command, Deadline, prelude::*};

    use crate::clock::TestClock;

    /// The databases of a redis-server where nobody says.
    const DATABASES: u32 = 16;
    /// How long a key still lives whose time is over. Redis removes one at once, and tells of another event, where that
    /// time is over before PEXPIRE has run; so it is longer than a busy machine keeps a process waiting.
    const SOON_MS: u64 = 50;
    const EVENTS: &str = "notify-keyspace-events";

    type Result<T> = embroker::Result<T>;

    pub(super) async fn advance(broker: &AnyBroker, by: Duration) -> Result<()> {
        let events = broker.config_get(EVENTS).await?.remove(EVENTS).unwrap_or_default();
        expire_actively(broker, false).await?;
        broker.config_set(EVENTS, "").await?;
        let moved = move_deadlines(broker, by).await;
        // Whatever happened, the server is left as it was.
        broker.config_set(EVENTS, &events[..]).await?;
        let expired = match moved {
            Ok(due) => expire(due).await,
            Err(error) => Err(error),
        };
        expire_actively(broker, true).await?;
        expired
    }

    async fn expire_actively(broker: &AnyBroker, yes: bool) -> Result<()> {
        let yes = if yes { "1" } else { "0" };
        broker.execute(Command::from_argv(["DEBUG", "SET-ACTIVE-EXPIRE", yes])?).await.map(|_| ())
    }

    /// Moves all deadlines nearer. Those that would be over by now are [soon](SOON_MS): their keys, by deadline.
    async fn move_deadlines(broker: &AnyBroker, by: Duration) -> Result<Vec<(SystemTime, AnyBroker, Bytes)>> {
        let mut due = Vec::new();
        for number in 0..DATABASES {
            let Ok(database) = broker.select(number).await else { break };
            if database.dbsize().await? == 0 {
                continue;
            }
            for key in database.keys("*").await? {
                let Deadline::At(deadline) = database.expiretime(&key[..]).await? else { continue };
                let nearer = deadline.checked_sub(by).unwrap_or(SystemTime::UNIX_EPOCH);
                if nearer <= SystemTime::now() {
                    database
                        .execute(Command::from_argv([b"PEXPIRE", &key[..], SOON_MS.to_string().as_bytes()])?)
                        .await?;
                    due.push((deadline, database.clone(), key));
                } else {
                    database.execute(pexpireat(&key, nearer)?).await?;
                }
            }
        }
        due.sort_by_key(|(deadline, ..)| *deadline);
        Ok(due)
    }

    fn pexpireat(key: &[u8], at: SystemTime) -> Result<Command<'static>> {
        let ms = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
        Command::from_argv([b"PEXPIREAT", key, ms.as_bytes()]).map(Command::into_owned)
    }

    /// Has the server come upon the keys, one by one.
    async fn expire(due: Vec<(SystemTime, AnyBroker, Bytes)>) -> Result<()> {
        if due.is_empty() {
            return Ok(());
        }
        TestClock::real().sleep(Duration::from_millis(SOON_MS + 2)).await;
        for (_, database, key) in due {
            database.exists([&key[..]]).await?;
        }
        Ok(())
    }
}
