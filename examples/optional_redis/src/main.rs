//! A poll: each line on standard input is a vote, and every copy of the program on the same broker shows all of them.
//!
//! The broker is in this process unless `BROKER_URL` names a Redis, for which the program is built with
//! `--features redis`. Nothing else in it knows of that.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context as _, Result};
use embroker::{Event, SubscribeOptions, Subscriber, prelude::*};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// The channel of all votes, and the hash that counts them.
const VOTES: &str = "votes";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = std::env::var("BROKER_URL").unwrap_or_else(|_| "mem://".to_owned());
    let broker = embroker::connect(&url).await.context("BROKER_URL")?;
    run(&broker, tokio::io::BufReader::new(tokio::io::stdin()), &mut std::io::stdout()).await
}

/// Takes votes until there are no more, and shows those of everybody meanwhile.
async fn run(broker: &impl Broker, votes: impl AsyncBufRead + Unpin, out: &mut impl Write) -> Result<()> {
    let mut everybody = broker.subscriber(SubscribeOptions::default()).await?;
    everybody.subscribe([VOTES]).await?;
    let mut lines = votes.lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(name) if name.trim().is_empty() => {}
                Some(name) => vote(broker, name.trim()).await?,
                None => break,
            },
            Some(event) = everybody.next() => show(event, out)?,
        }
    }
    rest(&mut everybody, out).await?;
    for (name, votes) in tally(broker).await? {
        writeln!(out, "{votes:>5}  {name}")?;
    }
    Ok(())
}

async fn vote(broker: &impl Broker, name: &str) -> Result<()> {
    broker.hincrby(VOTES, name, 1).await?;
    broker.publish(VOTES, name).await?;
    Ok(())
}

fn show(event: Event, out: &mut impl Write) -> Result<()> {
    match event {
        Event::Message(message) => writeln!(out, "a vote for {}", message.payload_str()?)?,
        gap => writeln!(out, "votes are missing here: {gap:?}; the count at the end has all")?,
    }
    Ok(())
}

/// Shows what was delivered until now.
async fn rest(everybody: &mut Subscriber, out: &mut impl Write) -> Result<()> {
    everybody.close().await?;
    while let Some(event) = everybody.next().await {
        show(event, out)?;
    }
    Ok(())
}

/// How many votes each name has.
async fn tally(broker: &impl Broker) -> Result<BTreeMap<String, String>> {
    let votes = broker.hgetall(VOTES).await?.into_iter();
    let text = |bytes: embroker::Bytes| String::from_utf8_lossy(&bytes).into_owned();
    Ok(votes.map(|(name, votes)| (text(name), text(votes))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn votes_are_shown_and_counted() {
        let broker = embroker::MemBroker::new();
        let mut out = Vec::new();
        run(&broker, &b"jamie\n\n  amy \njamie\n"[..], &mut out).await.unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "a vote for jamie\na vote for amy\na vote for jamie\n    1  amy\n    2  jamie\n");
    }
}
