//! DEBUG, where it is enabled: what test suites of clients ask for.

use embroker_core::instance::config::Parameter;
use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command};

use crate::check::{Case, Done, some};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_subcommand_with_another_number_of_words_is_unknown,
        values_and_errors_of_any_kind_come_back,
        populate_writes_what_is_not_there_yet,
        an_object_is_told_in_one_line,
        debug_help_is_that_of_the_server,
    ]
}

/// Enables DEBUG in memory; the servers of these tests are started with it.
fn enable(broker: &AnyBroker) -> Done {
    if let Some(instance) = broker.instance() {
        instance.config().announce(Parameter::EnableDebugCommand, "local")?;
    }
    Ok(())
}

async fn a_subcommand_with_another_number_of_words_is_unknown(broker: AnyBroker) -> Done {
    enable(&broker)?;
    transcript(
        &broker,
        r#"
        DEBUG => -ERR wrong number of arguments for 'debug' command
        DEBUG "" => -ERR unknown subcommand or wrong number of arguments for ''. Try DEBUG HELP.
        DEBUG Foo bar => -ERR unknown subcommand or wrong number of arguments for 'Foo'. Try DEBUG HELP.
        DEBUG HELP x => -ERR unknown subcommand or wrong number of arguments for 'HELP'. Try DEBUG HELP.
        DEBUG OBJECT => -ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.
        DEBUG object a b => -ERR unknown subcommand or wrong number of arguments for 'object'. Try DEBUG HELP.
        DEBUG SLEEP => -ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.
        DEBUG JMAP => -ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP.
        DEBUG STRINGMATCH-LEN 3 a* => -ERR unknown subcommand or wrong number of arguments for 'STRINGMATCH-LEN'. Try DEBUG HELP.
        DEBUG CHANGE-REPL-ID x => -ERR unknown subcommand or wrong number of arguments for 'CHANGE-REPL-ID'. Try DEBUG HELP.
        DEBUG REPLYBUFFER FOO 1 => -ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.
        DEBUG SLEEP 0 => +OK
        DEBUG sleep x => +OK
        DEBUG SLEEP -1 => +OK
        DEBUG SLEEP 0.001x => +OK
        DEBUG SET-ACTIVE-EXPIRE 0 => +OK
        DEBUG SET-ACTIVE-EXPIRE 1 => +OK
        DEBUG CHANGE-REPL-ID => +OK
        DEBUG LOG hello => +OK
        DEBUG REPLICATE x => +OK
        DEBUG PAUSE-CRON 0 => +OK
        DEBUG REPLYBUFFER RESIZING 1 => +OK
        DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER => +OK
        DEBUG REPLYBUFFER PEAK-RESET-TIME x => -ERR value is not an integer or out of range
        DEBUG QUICKLIST-PACKED-THRESHOLD 1Kb => +OK
        DEBUG QUICKLIST-PACKED-THRESHOLD 0 => +OK
        DEBUG QUICKLIST-PACKED-THRESHOLD x => -ERR argument must be a memory value bigger than 1 and smaller than 4gb
        DEBUG QUICKLIST-PACKED-THRESHOLD 4gb => -ERR argument must be a memory value bigger than 1 and smaller than 4gb
        DEBUG QUICKLIST-PACKED-THRESHOLD 4293918720 => +OK
        DEBUG QUICKLIST-PACKED-THRESHOLD 4293918721 => -ERR argument must be a memory value bigger than 1 and smaller than 4gb
        DEBUG QUICKLIST-PACKED-THRESHOLD 0 => +OK
        "#,
    )
    .await
}

async fn values_and_errors_of_any_kind_come_back(broker: AnyBroker) -> Done {
    enable(&broker)?;
    transcript(
        &broker,
        r#"
        DEBUG PROTOCOL String => "Hello World"
        DEBUG PROTOCOL integer => 12345
        DEBUG PROTOCOL double => 3.141
        DEBUG PROTOCOL null => null
        DEBUG PROTOCOL array => [0, 1, 2]
        DEBUG PROTOCOL set => {0, 1, 2}
        DEBUG PROTOCOL map => {0: false, 1: true, 2: false}
        DEBUG PROTOCOL true => true
        DEBUG PROTOCOL false => false
        DEBUG PROTOCOL verbatim => "This is a verbatim\nstring"
        DEBUG PROTOCOL foo => -ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false
        DEBUG ERROR "BUSY a\r\nb" => -BUSY a  b
        "#,
    )
    .await
}

async fn populate_writes_what_is_not_there_yet(broker: AnyBroker) -> Done {
    enable(&broker)?;
    transcript(
        &broker,
        r#"
        SET key:1 mine => +OK
        DEBUG POPULATE 3 => +OK
        DBSIZE => 3
        MGET key:0 key:1 key:2 => ["value:0", "mine", "value:2"]
        DEBUG POPULATE 1 p 3 => +OK
        GET p:0 => "val"
        DEBUG POPULATE 1 q 9 => +OK
        GET q:0 => "value:0\x00\x00"
        OBJECT ENCODING q:0 => "embstr"
        DEBUG POPULATE 0 => +OK
        DEBUG POPULATE -1 => -ERR value is out of range, must be positive
        DEBUG POPULATE 1 p x => -ERR value is out of range, must be positive
        DEBUG POPULATE 1 p -1 => -ERR value is out of range, must be positive
        DEBUG POPULATE => -ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP.
        "#,
    )
    .await
}

async fn an_object_is_told_in_one_line(broker: AnyBroker) -> Done {
    enable(&broker)?;
    transcript(&broker, "DEBUG OBJECT none => -ERR no such key").await?;
    broker.set("k", "hello").await?;
    let line = broker.execute(Command::from_argv(["DEBUG", "OBJECT", "k"])?).await?;
    let line = String::from_utf8_lossy(some(line.as_bytes(), "the line")?).into_owned();
    holds!(line.starts_with("Value at:0x"), "{line}");
    holds!(line.contains(" refcount:1 encoding:embstr serializedlength:6 lru:"), "{line}");
    let (_, idle) = some(line.rsplit_once(" lru_seconds_idle:"), "lru_seconds_idle")?;
    holds!(["0", "1"].contains(&idle), "{line}");
    Ok(())
}

async fn debug_help_is_that_of_the_server(broker: AnyBroker) -> Done {
    enable(&broker)?;
    let help = broker.execute(Command::from_argv(["DEBUG", "HELP"])?).await?;
    let text = include_str!("debug_help.txt");
    same!(help, text.lines().map(embroker_core::Value::status).collect());
    Ok(())
}
