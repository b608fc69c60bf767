//! PUBLISH, SPUBLISH and PUBSUB.

use embroker_core::commands::PubSubCommand;
use embroker_core::{ServerError, Value};

use super::{Handler, session_only, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: PubSubCommand) -> Handler {
    match command {
        PubSubCommand::Publish => publish,
        PubSubCommand::PubSub => |_, args| unknown_subcommand(args, "pubsub"),
        PubSubCommand::PubSubChannels => channels,
        PubSubCommand::PubSubHelp => help,
        PubSubCommand::PubSubNumPat => numpat,
        PubSubCommand::PubSubNumSub => numsub,
        PubSubCommand::PubSubShardChannels => shardchannels,
        PubSubCommand::PubSubShardNumSub => shardnumsub,
        PubSubCommand::SPublish => spublish,
        PubSubCommand::PSubscribe
        | PubSubCommand::PUnsubscribe
        | PubSubCommand::SSubscribe
        | PubSubCommand::SUnsubscribe
        | PubSubCommand::Subscribe
        | PubSubCommand::Unsubscribe => session_only,
    }
}

/// `PUBLISH channel message`: how many subscriptions received it.
fn publish(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.publish(&args[0], &args[1]).into())
}

/// `SPUBLISH channel message`: how many subscribers of the shard channel received it.
fn spublish(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.publish_sharded(&args[0], &args[1]).into())
}

/// `PUBSUB CHANNELS [pattern]`: the channels with a subscriber, in no order. Without a pattern all of them; `*` leaves
/// out the one with the empty name.
fn channels(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() > 1 {
        return Err(ServerError::subcommand_syntax(args.subcommand("channels"), "pubsub").into());
    }
    Ok(tx.messages().channels.matching(args.get(0)).collect())
}

/// `PUBSUB NUMPAT`: how many different patterns are subscribed.
fn numpat(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(tx.messages().patterns.len().into())
}

/// `PUBSUB NUMSUB [channel …]`: each channel with how many subscribers it has.
fn numsub(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let channels = &tx.messages().channels;
    let count = |channel: &[u8]| channels.subscribers(channel);
    Ok(args.from(0).flat_map(|channel| [Value::from(channel), count(channel).into()]).collect())
}

/// `PUBSUB SHARDCHANNELS [pattern]`: as CHANNELS, of the shard channels.
fn shardchannels(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() > 1 {
        return Err(ServerError::subcommand_syntax(args.subcommand("shardchannels"), "pubsub").into());
    }
    Ok(tx.messages().shard_channels.matching(args.get(0)).collect())
}

/// `PUBSUB SHARDNUMSUB [channel …]`: as NUMSUB, of the shard channels.
fn shardnumsub(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let channels = &tx.messages().shard_channels;
    let count = |channel: &[u8]| channels.subscribers(channel);
    Ok(args.from(0).flat_map(|channel| [Value::from(channel), count(channel).into()]).collect())
}

/// `PUBSUB HELP`: what the server itself prints, a status for each line.
fn help(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    const LINES: [&str; 14] = [
        "PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)",
        "HELP",
        "    Prints this help.",
    ];
    super::help(&LINES)
}

#[cfg(test)]
mod tests {
    use embroker_core::{Broker, Command, Error, SubscribeOptions};

    use super::*;
    use crate::MemBroker;

    fn reply(broker: &MemBroker, argv: &[&str]) -> Result<Value, String> {
        match broker.call(&Command::from_argv(argv.iter().copied()).unwrap()) {
            Ok(Value::Array(mut items)) if argv[1] == "channels" => {
                items.sort_by_key(|item| item.as_bytes().map(<[u8]>::to_vec));
                Ok(Value::Array(items))
            }
            Ok(value) => Ok(value),
            Err(Error::Server(error)) => Err(error.to_string()),
            Err(other) => panic!("{other}"),
        }
    }

    fn channels(broker: &MemBroker, pattern: &[&str]) -> Value {
        reply(broker, &[&["pubsub", "channels"], pattern].concat()).unwrap()
    }

    #[tokio::test]
    async fn channels_are_listed_by_pattern_and_a_star_leaves_out_the_empty_name() {
        let broker = MemBroker::new();
        let subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
        subscriber.subscribe(["", "news", "a*b"]).await.unwrap();
        subscriber.psubscribe(["*", "n*", ""]).await.unwrap();

        assert_eq!(channels(&broker, &[]), Value::from_iter(["", "a*b", "news"]));
        assert_eq!(channels(&broker, &["*"]), Value::from_iter(["a*b", "news"]));
        assert_eq!(channels(&broker, &[""]), Value::from_iter([""]));
        assert_eq!(channels(&broker, &["a\\*b"]), Value::from_iter(["a*b"]));
        assert_eq!(channels(&broker, &["[n"]), Value::Array(Vec::new()));
        assert_eq!(reply(&broker, &["publish", "", "m"]), Ok(Value::Int(2)));
        assert_eq!(reply(&broker, &["publish", "news", "m"]), Ok(Value::Int(3)));
        assert_eq!(reply(&broker, &["pubsub", "numpat"]), Ok(Value::Int(3)));
    }

    #[tokio::test]
    async fn numsub_answers_for_each_channel_in_the_order_asked_for() {
        let broker = MemBroker::new();
        let subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
        subscriber.subscribe(["news"]).await.unwrap();
        subscriber.psubscribe(["x*"]).await.unwrap();

        let counts = reply(&broker, &["pubsub", "numsub", "x", "news", "news"]).unwrap();
        assert_eq!(format!("{counts:?}"), r#"["x", 0, "news", 1, "news", 1]"#);
        assert_eq!(reply(&broker, &["pubsub", "numsub"]), Ok(Value::Array(Vec::new())));
    }

    #[tokio::test]
    async fn channels_and_shard_channels_of_one_name_do_not_meet() {
        let broker = MemBroker::new();
        let subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
        subscriber.ssubscribe(["news", ""]).await.unwrap();
        subscriber.subscribe(["news", "weather"]).await.unwrap();
        subscriber.psubscribe(["*"]).await.unwrap();

        assert_eq!(reply(&broker, &["spublish", "news", "m"]), Ok(Value::Int(1)));
        assert_eq!(reply(&broker, &["spublish", "weather", "m"]), Ok(Value::Int(0)));
        assert_eq!(reply(&broker, &["publish", "news", "m"]), Ok(Value::Int(2)));
        assert_eq!(reply(&broker, &["pubsub", "shardchannels", "*"]), Ok(Value::from_iter(["news"])));
        let counts = reply(&broker, &["pubsub", "shardnumsub", "weather", "news", ""]).unwrap();
        assert_eq!(format!("{counts:?}"), r#"["weather", 0, "news", 1, "", 1]"#);
    }

    #[test]
    fn help_is_a_status_for_each_line() {
        let Ok(Value::Array(lines)) = reply(&MemBroker::new(), &["pubsub", "HELP"]) else { panic!("an array") };
        assert_eq!(lines.len(), 14);
        assert_eq!(lines[3], Value::status("NUMPAT"));
        assert_eq!(lines[13], Value::status("    Prints this help."));
    }

    #[test]
    fn a_subcommand_with_too_many_words_points_to_help() {
        for subcommand in ["channels", "shardchannels", "ChanneLS", "SHARDCHANNELS"] {
            let text =
                format!("ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try PUBSUB HELP.");
            assert_eq!(reply(&MemBroker::new(), &["pubsub", subcommand, "a", "b"]), Err(text));
        }
    }
}
