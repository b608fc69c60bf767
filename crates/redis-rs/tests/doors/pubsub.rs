//! Messages: redis-rs's own connection for them, and SUBSCRIBE as any other command.

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use redis::{AsyncCommands as _, PushKind, Value, cmd};

use crate::door::{Host, cases};

cases![
    a_pubsub_hears_channels_and_patterns_in_order,
    a_pubsub_may_be_split_and_unsubscribed,
    subscribe_as_a_command_answers_its_confirmation,
];

async fn a_pubsub_hears_channels_and_patterns_in_order(host: Host) -> Result<()> {
    let (mut pubsub, mut con) = (host.pubsub().await?, host.con().await?);
    pubsub.subscribe(&["news", "sport"]).await?;
    pubsub.psubscribe("ne?s").await?;
    assert_eq!(pubsub.ping::<Vec<String>>().await?, ["pong", ""]);
    assert_eq!(con.publish::<_, _, u32>("news", "one").await?, 2);
    assert_eq!(con.publish::<_, _, u32>("sport", &b"\xff"[..]).await?, 1);
    let mut heard = Vec::new();
    let mut messages = pubsub.on_message();
    while heard.len() < 3 {
        let message = messages.next().await.context("the stream ended")?;
        heard.push((
            message.from_pattern(),
            message.get_channel_name().to_owned(),
            message.get_payload_bytes().to_vec(),
        ));
    }
    assert_eq!(
        heard,
        [
            (false, "news".into(), b"one".to_vec()),
            (true, "news".into(), b"one".to_vec()),
            (false, "sport".into(), b"\xff".to_vec()),
        ]
    );
    Ok(())
}

async fn a_pubsub_may_be_split_and_unsubscribed(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let (mut sink, mut messages) = host.pubsub().await?.split();
    sink.subscribe(&["a", "b"]).await?;
    let () = con.publish("a", 1).await?;
    sink.unsubscribe("a").await?;
    assert_eq!(con.publish::<_, _, u32>("a", 2).await?, 0);
    assert_eq!(con.publish::<_, _, u32>("b", 3).await?, 1);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.push(messages.next().await.context("the stream ended")?.get_payload::<u32>()?);
    }
    assert_eq!(heard, [1, 3]);
    // The subscription ends with its reader, once the tasks behind it have noticed.
    drop((sink, messages));
    while con.publish::<_, _, u32>("b", 4).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn subscribe_as_a_command_answers_its_confirmation(host: Host) -> Result<()> {
    let (mut con, mut other) = (host.con().await?, host.con().await?);
    let news = || vec![Value::BulkString("news".into()), Value::Int(1)];
    let confirmed: Value = cmd("SUBSCRIBE").arg("news").query_async(&mut con).await?;
    if host.is_resp3() {
        assert_eq!(confirmed, Value::Push { kind: PushKind::Subscribe, data: news() });
        assert_eq!(con.get::<_, Option<String>>("k").await?, None, "RESP3 may do both");
    } else {
        let verb = [Value::BulkString("subscribe".into())];
        assert_eq!(confirmed, Value::Array(verb.into_iter().chain(news()).collect()));
        let error = con.get::<_, Option<String>>("k").await.unwrap_err();
        let allowed = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
        assert_eq!(error.to_string(), format!("ResponseError: Can't execute 'get': only {allowed}"));
    }
    assert_eq!(other.pubsub_numsub(&host).await?, 1);
    cmd("UNSUBSCRIBE").arg("news").exec_async(&mut con).await?;
    assert_eq!(con.get::<_, Option<String>>("k").await?, None);
    Ok(())
}

impl crate::door::Con {
    /// How many clients hear the channel `news`.
    async fn pubsub_numsub(&mut self, _host: &Host) -> Result<u32> {
        let counts: Vec<(String, u32)> = cmd("PUBSUB").arg(&["NUMSUB", "news"]).query_async(self).await?;
        Ok(counts.first().context("no count")?.1)
    }
}
