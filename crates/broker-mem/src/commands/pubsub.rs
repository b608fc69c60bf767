//! PUBLISH and PUBSUB.

use embroker_core::commands::PubSubCommand;
use embroker_core::{ServerError, Value};

use super::{Handler, session_only};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: PubSubCommand) -> Handler {
    match command {
        PubSubCommand::Publish => publish,
        PubSubCommand::PubSub => pubsub,
        PubSubCommand::PubSubChannels => channels,
        PubSubCommand::PubSubHelp => help,
        PubSubCommand::PubSubNumPat => numpat,
        PubSubCommand::PubSubNumSub => numsub,
        PubSubCommand::PSubscribe
        | PubSubCommand::PUnsubscribe
        | PubSubCommand::Subscribe
        | PubSubCommand::Unsubscribe => session_only,
    }
}

/// `PUBLISH channel message`: how many subscriptions received it.
fn publish(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.engine().pubsub.publish(&args[0], &args[1]).into())
}

/// `PUBSUB` with a subcommand that the table does not know never gets here, and without one its arity is wrong.
fn pubsub(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Err(ServerError::unknown_subcommand(args.get(0).unwrap_or_default(), "pubsub"))
}

/// `PUBSUB CHANNELS [pattern]`: the channels with a subscriber, in no order.
fn channels(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() > 1 {
        return Err(ServerError::subcommand_syntax(b"channels", "pubsub"));
    }
    Ok(tx.engine().pubsub.channels(args.get(0)).into_iter().collect())
}

/// `PUBSUB NUMPAT`: how many different patterns are subscribed.
fn numpat(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(tx.engine().pubsub.patterns().into())
}

/// `PUBSUB NUMSUB [channel …]`: each channel with how many subscribers it has.
fn numsub(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let count = |channel: &[u8]| tx.engine().pubsub.subscribers(channel);
    Ok(args.from(0).flat_map(|channel| [Value::from(channel), count(channel).into()]).collect())
}

/// `PUBSUB HELP`: what the server itself prints.
fn help(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    todo!()
}
