//! redis-rs's own connections over a pipe in memory: its constructors take any stream, and a session answers at the
//! other end.

use bytes::BytesMut;
use embroker_core::resp::RequestParser;
use embroker_core::{Broker, Event};
use embroker_session::{Session, Sessions};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, ErrorKind, RedisConnectionInfo, RedisResult};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::runtime::Handle;

use crate::line::open;

/// How much the pipe holds in either direction.
const PIPE: usize = 64 * 1024;
/// How much is read at a time.
const READ: usize = 16 * 1024;
/// With so many bytes of output waiting, no further request is run.
const MAX_OUTPUT: usize = 1024 * 1024;

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
    runtime.spawn(serve(session, server));
    Ok(client)
}

/// Serves one client until either side ends it. A client that does not read keeps its messages waiting in their queue,
/// which ends the connection when it is full.
async fn serve<B: Broker>(mut session: Session<B>, stream: DuplexStream) {
    let (mut reader, mut writer) = split(stream);
    let mut parser = RequestParser::new();
    let mut input = BytesMut::new();
    let client = session.client();
    loop {
        while !session.is_ending() && session.output().len() < MAX_OUTPUT {
            match parser.next(&mut input) {
                Ok(Some(words)) => session.request(words).await,
                Ok(None) => break,
                Err(error) => session.end_with(&error),
            }
        }
        if session.is_ending() {
            // The session ends before the client sees its end. An error means that nobody is left to read.
            let _ = writer.write_all(&session.into_output()).await;
            return;
        }
        input.reserve(READ);
        let (out, subscriptions, feed) = session.output_and_sources();
        let waiting = out.len();
        tokio::select! {
            biased;
            () = client.killed() => return,
            written = writer.write_buf(out), if waiting > 0 => match written {
                Ok(written) if written > 0 => {}
                _ => return,
            },
            event = subscriptions.next(), if waiting < PIPE => match event {
                Some(Event::Message(message)) => session.deliver(&message),
                // Messages are missing: a client that is closed knows, and subscribes again.
                _ => return,
            },
            line = feed.next(), if waiting < PIPE => match line {
                Some(Event::Message(line)) => session.deliver_line(&line),
                _ => return,
            },
            read = reader.read_buf(&mut input), if waiting < MAX_OUTPUT => match read {
                Ok(read) if read > 0 => {}
                _ => return,
            },
        }
    }
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
