//! Connections whose other side is gone without a word.
//!
//! TCP tells of such an end late, and never where something in between keeps answering for the server. A subscriber's
//! connection is [watched](watch): one on which nothing was received for a while is asked with PING. On a connection for
//! calls PING would wait behind the very replies that are missing; it is [guarded](guard): where a call waits in
//! silence, the server is asked over another connection what it knows of this one.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::Error;
use tokio::task::unconstrained;
use tokio::time::{sleep, timeout};

use crate::connection::{Connection, Target, is_reachable};
use crate::value;
use crate::wire::Socket;

/// Watches over a connection for as long as this is polled, and shuts it down where it says nothing at all.
///
/// PING is sent only while no call waits: the `redis` crate takes the second confirmation of an SSUBSCRIBE for the
/// reply to what was sent after it. A call that waits has asked already.
pub(crate) async fn watch(connection: &Connection, allowed: Duration) -> Infallible {
    let socket = connection.socket();
    let patience = allowed / 2;
    loop {
        let rest = patience.saturating_sub(socket.silent_for());
        if !rest.is_zero() {
            sleep(rest).await;
            continue;
        }
        let answered = async {
            if socket.is_awaited() {
                heard_again(socket, patience / 4).await;
            } else {
                // Sent at once, before a call of the same task can begin.
                unconstrained(ping(connection)).await;
            }
        };
        tokio::select! {
            () = answered => {}
            () = sleep(allowed) => {
                // What has arrived and was not read yet is an answer too: it is we who are late.
                if socket.silent_for() >= allowed && !socket.has_unread() {
                    socket.give_up(format!("no answer within {} ms", allowed.as_millis()));
                    return pending().await;
                }
            }
        }
    }
}

/// Returns once something was received, looking now and then.
async fn heard_again(socket: &Socket, step: Duration) {
    let heard = socket.heard();
    while socket.heard() == heard {
        sleep(step).await;
    }
}

/// Sees to it that calls on a connection come to an end where it is dead, for as long as it stands. The server has to
/// say by which id it knows the connection; to a user who may not ask it says nothing, and then nothing can be known.
pub(crate) fn guard(connection: &Connection, target: &Arc<Target>, id: Option<i64>) {
    let Some(id) = id else { return };
    let (socket, target) = (connection.socket().clone(), target.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = socket.ended() => {}
            () = doubt(&socket, &target, id) => {}
        }
    });
}

/// Shuts the connection down where it is dead; returns where nothing more can be known.
async fn doubt(socket: &Socket, target: &Target, id: i64) {
    loop {
        let heard = unanswered(socket, target.silence_timeout).await;
        match verdict(target, id).await {
            Verdict::Dead(why) if socket.heard() == heard && !socket.has_unread() => return socket.give_up(why),
            Verdict::Dead(_) | Verdict::Open => {}
            Verdict::Refused => return,
        }
    }
}

/// Returns once a call has waited so long while nothing was received, and when something last was.
async fn unanswered(socket: &Socket, allowed: Duration) -> Duration {
    let step = allowed / 2;
    let (mut heard, mut quiet) = (socket.heard(), Duration::ZERO);
    while quiet < allowed {
        let waited = socket.is_awaited();
        sleep(step).await;
        let before = std::mem::replace(&mut heard, socket.heard());
        quiet = if waited && socket.is_awaited() && heard == before { quiet + step } else { Duration::ZERO };
    }
    heard
}

/// What the server says of a connection on which a call has waited for too long.
enum Verdict {
    Dead(String),
    /// The call may still be answered.
    Open,
    /// The server does not say, and will not.
    Refused,
}

async fn verdict(target: &Target, id: i64) -> Verdict {
    let allowed = target.silence_timeout.min(target.connect_timeout);
    // Who says nothing may be busy; who is not there at all is not.
    match timeout(allowed, is_reachable(target)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Verdict::Dead(error.to_string()),
        Err(_) => return Verdict::Open,
    }
    let witness = match Connection::dial(&Target { connect_timeout: allowed, ..target.clone() }, None).await {
        Ok(witness) => witness,
        Err(Error::Disconnected { .. }) => return Verdict::Open,
        Err(_) => return Verdict::Refused,
    };
    let mut list = redis::Pipeline::with_capacity(1);
    list.cmd("CLIENT").arg("LIST").arg("ID").arg(id);
    let Ok(mut replies) = witness.send(&list, Some(allowed)).await else { return Verdict::Open };
    let Some(Ok(Ok(list))) = replies.pop().map(value::reply) else { return Verdict::Refused };
    let list = String::from_utf8_lossy(list.as_bytes().unwrap_or_default());
    judge(&list)
}

/// Reads what CLIENT LIST says of the connection.
fn judge(list: &str) -> Verdict {
    /// Redis counts whole seconds, and this may be one too many.
    const IDLE: u64 = 2;

    let field = |name| list.split_whitespace().find_map(|field| field.strip_prefix(name));
    if field("id=").is_none() {
        return Verdict::Dead("the server no longer knows the connection".into());
    }
    // It blocks, or its commands are paused; then silence is what was asked for.
    let is_blocked = field("flags=").is_none_or(|flags| flags.contains('b'));
    let idle: u64 = field("idle=").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    // What it received it has answered by now.
    if !is_blocked && idle >= IDLE {
        return Verdict::Dead("the server has nothing to answer on the connection".into());
    }
    Verdict::Open
}

/// Asks, and waits for the answer, which may be a refusal; for ever where there is nobody left to ask.
async fn ping(connection: &Connection) {
    let mut multiplexed = connection.multiplexed();
    let ping = redis::cmd("PING");
    let answer = connection.socket().until_the_end(multiplexed.send_packed_command(&ping)).await;
    if answer.is_none() || connection.is_closed() {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_does_not_know_or_does_not_work_on_is_dead() {
        let line = |flags: &str, idle| format!("id=7 addr=/s:0 name= age=90 idle={idle} flags={flags} db=0\n");
        for (list, dead) in [
            (String::new(), true),
            (line("N", 3), true),
            (line("N", 2), true),
            (line("N", 1), false),
            (line("N", 0), false),
            (line("b", 90), false),
            (line("xb", 90), false),
            ("id=7\n".into(), false),
        ] {
            assert_eq!(matches!(judge(&list), Verdict::Dead(_)), dead, "{list}");
        }
    }
}
