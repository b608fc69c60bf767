//! FUNCTION, SCRIPT and calls of either, as a Redis answers that holds no script and no function.

use embroker_core::Value;
use embroker_core::commands::ScriptingCommand;
use embroker_core::error::{ServerError, texts};

use super::{Handler, help, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: ScriptingCommand) -> Handler {
    match command {
        ScriptingCommand::EvalSha | ScriptingCommand::EvalShaRo => evalsha,
        ScriptingCommand::FCall | ScriptingCommand::FCallRo => |_, _| Err(texts::NO_FUNCTION.into()),
        ScriptingCommand::Function => |_, args| unknown_subcommand(args, "function"),
        ScriptingCommand::FunctionDelete => |_, _| Err(texts::NO_LIBRARY.into()),
        ScriptingCommand::FunctionDump => |_, _| Ok(Value::from(EMPTY_DUMP)),
        ScriptingCommand::FunctionFlush => function_flush,
        ScriptingCommand::FunctionHelp => |_, _| help(&FUNCTION_HELP),
        ScriptingCommand::FunctionKill | ScriptingCommand::ScriptKill => |_, _| Err(texts::NOT_BUSY.into()),
        ScriptingCommand::FunctionList => function_list,
        ScriptingCommand::FunctionStats => function_stats,
        ScriptingCommand::Script => |_, args| unknown_subcommand(args, "script"),
        ScriptingCommand::ScriptExists => script_exists,
        ScriptingCommand::ScriptFlush => script_flush,
        ScriptingCommand::ScriptHelp => |_, _| help(&SCRIPT_HELP),
    }
}

/// No libraries, the version of the format, and the checksum over both.
const EMPTY_DUMP: &[u8] = b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda";

/// `EVALSHA sha1 numkeys [key …] [arg …]`: there is no such script. The count of keys is looked at only where the
/// checksum has a checksum's length.
fn evalsha(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    const SHA1_DIGITS: usize = 40;

    if args[0].len() == SHA1_DIGITS {
        let keys = args.int(1)?;
        if keys > args.len() as i64 - 2 {
            return Err(texts::TOO_MANY_KEYS.into());
        }
        if keys < 0 {
            return Err(texts::NEGATIVE_KEYS.into());
        }
    }
    Err(texts::NO_SCRIPT.into())
}

/// `FUNCTION FLUSH [ASYNC|SYNC]`: nothing is left, as before.
fn function_flush(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    match args.len() {
        0 => Ok(Value::OK),
        1 if args.is(0, "sync") || args.is(0, "async") => Ok(Value::OK),
        1 => Err(texts::FUNCTION_FLUSH_OPTION.into()),
        _ => Err(ServerError::subcommand_syntax(args.subcommand("flush"), "function").into()),
    }
}

/// `FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]`: none.
fn function_list(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let (mut named, mut with_code) = (false, false);
    let mut at = 0;
    while let Some(word) = args.get(at) {
        if !with_code && args.is(at, "withcode") {
            with_code = true;
        } else if !named && args.is(at, "libraryname") {
            named = true;
            at += 1;
            args.get(at).ok_or(texts::NO_LIBRARY_NAME)?;
        } else {
            return Err(ServerError::unknown_argument(word).into());
        }
        at += 1;
    }
    Ok(Value::Array(Vec::new()))
}

/// `FUNCTION STATS`: nothing runs, and the engine that Redis has holds nothing.
fn function_stats(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    let counts = ["libraries_count", "functions_count"].map(|name| (name.into(), Value::Int(0)));
    let engines = Value::Map(vec![("LUA".into(), Value::Map(counts.into()))]);
    Ok(Value::Map(vec![("running_script".into(), Value::Null), ("engines".into(), engines)]))
}

/// `SCRIPT EXISTS sha1 …`: 0 for each.
fn script_exists(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(args.from(0).map(|_| Value::Int(0)).collect())
}

/// `SCRIPT FLUSH [ASYNC|SYNC]`: nothing is left, as before.
fn script_flush(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    match args.len() {
        0 => Ok(Value::OK),
        1 if args.is(0, "sync") || args.is(0, "async") => Ok(Value::OK),
        _ => Err(texts::SCRIPT_FLUSH_OPTION.into()),
    }
}

/// What Redis prints, a status for each line.
const FUNCTION_HELP: [&str; 40] = [
    "FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Library description",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
    "      libraries with the new libraries (notice that even on this option there is a chance of failure",
    "      in case of functions name collision with another library).",
    "HELP",
    "    Prints this help.",
];

const SCRIPT_HELP: [&str; 17] = [
    "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DEBUG (YES|SYNC|NO)",
    "    Set the debug mode for subsequent scripts executed.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Return information about the existence of the scripts in the script cache.",
    "FLUSH [ASYNC|SYNC]",
    "    Flush the Lua scripts cache. Very dangerous on replicas.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the scripts cache.",
    "    * SYNC: Synchronously flush the scripts cache.",
    "KILL",
    "    Kill the currently executing Lua script.",
    "LOAD <script>",
    "    Load a script into the scripts cache without executing it.",
    "HELP",
    "    Prints this help.",
];
