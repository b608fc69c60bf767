//! Scripts and functions where there are none; and WAIT and LOLWUT, which tell little more.

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![a_script_that_is_not_there_is_said_not_to_be, functions_and_scripts_are_listed_and_flushed_though_none_is_there]
}

async fn a_script_that_is_not_there_is_said_not_to_be(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        "
        EVALSHA a 0 => -NOSCRIPT No matching script. Please use EVAL.
        EVALSHA a -1 => -NOSCRIPT No matching script. Please use EVAL.
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 1 k => -NOSCRIPT No matching script. Please use EVAL.
        EVALSHA ffffffffffffffffffffffffffffffffffffffff x => -ERR value is not an integer or out of range
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 2 a => -ERR Number of keys can't be greater than number of args
        EVALSHA ffffffffffffffffffffffffffffffffffffffff -1 a => -ERR Number of keys can't be negative
        EVALSHA_RO a 0 => -NOSCRIPT No matching script. Please use EVAL.
        FCALL a x => -ERR Function not found
        FCALL_RO a 2 => -ERR Function not found
        FCALL a => -ERR wrong number of arguments for 'fcall' command
        SCRIPT KILL => -NOTBUSY No scripts in execution right now.
        FUNCTION KILL => -NOTBUSY No scripts in execution right now.
        FUNCTION DELETE a => -ERR Library not found
        ",
    )
    .await
}

async fn functions_and_scripts_are_listed_and_flushed_though_none_is_there(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        FUNCTION LIST => []
        FUNCTION LIST withcode libraryname x => []
        FUNCTION LIST WITHCODE WITHCODE => -ERR Unknown argument WITHCODE
        FUNCTION LIST LIBRARYNAME => -ERR library name argument was not given
        FUNCTION LIST LIBRARYNAME a LIBRARYNAME b => -ERR Unknown argument LIBRARYNAME
        FUNCTION STATS => {"engines": {"LUA": {"libraries_count": 0, "functions_count": 0}}, "running_script": null}
        FUNCTION FLUSH sync => +OK
        FUNCTION FLUSH foo => -ERR FUNCTION FLUSH only supports SYNC|ASYNC option
        SCRIPT EXISTS a b => [0, 0]
        SCRIPT FLUSH => +OK
        SCRIPT FLUSH sync async => -ERR SCRIPT FLUSH only support SYNC|ASYNC option
        "#,
    )
    .await
}
