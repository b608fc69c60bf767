//! Connections whose other side is gone without a word.
//!
//! TCP tells of such an end late, and never where something in between keeps answering for the server. So a connection
//! on which nothing was received for a while is asked with PING. Whatever is received then counts as an answer, and
//! only a connection that says nothing at all for as long as is allowed is shut down.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;

use crate::connection::Connection;

/// Watches over a connection for as long as this is polled, and shuts it down where it is dead.
pub(crate) async fn watch(connection: &Connection, allowed: Duration) -> Infallible {
    let socket = connection.socket();
    loop {
        let quiet = socket.silent_for();
        let patience = allowed / 2;
        if quiet < patience {
            sleep(patience - quiet).await;
            continue;
        }
        tokio::select! {
            () = ping(connection) => {}
            () = sleep(allowed) => {
                // It answers where something was received since, or would have been by a task that had its turn.
                if socket.silent_for() >= allowed && !socket.has_unread() {
                    socket.give_up(format!("no answer to PING within {} ms", allowed.as_millis()));
                    return pending().await;
                }
            }
        }
    }
}

/// Asks, and waits for the answer, which may be a refusal.
async fn ping(connection: &Connection) {
    let mut multiplexed = connection.multiplexed();
    let ping = redis::cmd("PING");
    let answer = connection.socket().until_the_end(multiplexed.send_packed_command(&ping)).await;
    if answer.is_none() || connection.is_closed() {
        // There is nobody left to ask.
        pending().await
    }
}
