//! redis-rs's own connections over a pipe in memory: its constructors take any stream, and a session answers at the
//! other end.

use std::future::pending;

use embroker_core::Broker;
use embroker_session::{Sessions, stream};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, ErrorKind, RedisConnectionInfo, RedisResult};
use tokio::io::{DuplexStream, duplex};
use tokio::runtime::Handle;

use crate::line::open;

/// How much the pipe holds in either direction.
const PIPE: usize = 64 * 1024;

/// A multiplexed connection. Its driver ends when its last clone is dropped, and with it the pipe and the session.
pub(crate) fn multiplexed<B: Broker>(
    sessions: Sessions<B>,
    settings: &RedisConnectionInfo,
    config: AsyncConnectionConfig,
) -> impl Future<Output = RedisResult<MultiplexedConnection>> + Send + use<B> {
    let settings = without_password(settings);
    async move {
        let stream = connect(&sessions)?;
        let (connection, driver) = MultiplexedConnection::new_with_config(&settings, stream, config).await?;
        tokio::spawn(driver);
        Ok(connection)
    }
}

/// A connection for messages.
pub(crate) async fn pubsub<B: Broker>(sessions: Sessions<B>) -> RedisResult<PubSub> {
    PubSub::new(&RedisConnectionInfo::default(), connect(&sessions)?).await
}

/// The client's end of a pipe to a new session.
fn connect<B: Broker>(sessions: &Sessions<B>) -> RedisResult<DuplexStream> {
    let runtime = Handle::try_current()
        .map_err(|error| (ErrorKind::Client, "a connection over a pipe needs a Tokio runtime", error.to_string()))?;
    let session = open(sessions)?;
    let (client, server) = duplex(PIPE);
    runtime.spawn(stream::serve(session, server, pending()));
    Ok(client)
}

/// Who is in the process needs no password, and a server without one refuses any.
fn without_password(settings: &RedisConnectionInfo) -> RedisConnectionInfo {
    let bare = RedisConnectionInfo::default().set_db(settings.db()).set_protocol(settings.protocol());
    match (settings.skip_set_lib_name(), settings.lib_name(), settings.lib_ver()) {
        (true, _, _) => bare.set_skip_set_lib_name(),
        (false, Some(name), Some(version)) => bare.set_lib_name(name, version),
        _ => bare,
    }
}
