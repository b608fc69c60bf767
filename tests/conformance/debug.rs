//! DEBUG, as it is where nobody enabled it. What it answers else, broker-mem's own tests hold.

use embroker::AnyBroker;
use embroker_test_support::{Case, cases, transcript};

pub(crate) fn cases() -> Vec<Case> {
    cases![debug_is_refused_where_nobody_enabled_it]
}

async fn debug_is_refused_where_nobody_enabled_it(broker: AnyBroker) {
    transcript(
        &broker,
        r#"
        DEBUG => -ERR wrong number of arguments for 'debug' command
        DEBUG SLEEP 100 => -ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        DEBUG FOO => -ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        "#,
    )
    .await;
}
