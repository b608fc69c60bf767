//! CONFIG. What the parameters are and how they are set is [`Config`](embroker_core::instance::config::Config)'s
//! business.

use embroker_core::Value;
use embroker_core::commands::ConfigCommand;
use embroker_core::error::texts;

use super::{Handler, help, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: ConfigCommand) -> Handler {
    match command {
        ConfigCommand::Config => |_, args| unknown_subcommand(args, "config"),
        ConfigCommand::ConfigGet => get,
        ConfigCommand::ConfigHelp => |_, _| help(&HELP),
        ConfigCommand::ConfigResetStat => resetstat,
        ConfigCommand::ConfigRewrite => |_, _| Err(texts::NO_CONFIG_FILE.into()),
        ConfigCommand::ConfigSet => set,
    }
}

/// `CONFIG GET pattern …`: the parameters that match any of the patterns, in no order.
fn get(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let found = tx.engine().instance.config().get(args.from(0));
    Ok(Value::Map(found.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
}

/// `CONFIG SET parameter value …`: all of them, or none.
fn set(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if !args.len().is_multiple_of(2) {
        return Err(texts::SYNTAX.into());
    }
    let (names, values) = (args.from(0).step_by(2), args.from(1).step_by(2));
    tx.engine().instance.config().set(names.zip(values))?;
    Ok(Value::OK)
}

/// `CONFIG RESETSTAT`: what INFO counts starts at 0.
fn resetstat(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    tx.engine().reset_stats();
    Ok(Value::OK)
}

const HELP: [&str; 11] = [
    "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
    "HELP",
    "    Prints this help.",
];

#[cfg(test)]
mod tests {
    use embroker_core::commands::HashCommand;

    use super::super::testing::Bench;

    #[test]
    fn set_takes_pairs() {
        Bench::new().expect(&[
            ("config set timeout 5 hz", "ERR syntax error"),
            ("config set timeout 5 HZ 20", "+OK"),
            ("config get timeout hz", r#"{"hz": "20", "timeout": "5"}"#),
            ("config set timeout", "ERR wrong number of arguments for 'config|set' command"),
        ]);
    }

    #[test]
    fn resetstat_forgets_what_was_counted() {
        let bench = Bench::new();
        let hget = bench.engine.instance.stats().command(HashCommand::HGet.into());
        hget.calls.add(3);
        assert_eq!(bench.run("config resetstat"), "+OK");
        assert_eq!(hget.calls.get(), 0);
    }
}
