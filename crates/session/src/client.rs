//! CLIENT and its subcommands.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use embroker_core::commands::ClientCommand;
use embroker_core::error::texts;
use embroker_core::resp::Request;
use embroker_core::{Arg, Broker, ServerError, Value, parse_int};

use crate::clients::Client;
use crate::connection::checked_name;
use crate::pause::Level;
use crate::session::{Answers, Session, is_word};

const HELP: [&str; 48] = [
    "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "HELP",
    "    Prints this help.",
];

impl<B: Broker> Session<B> {
    pub(crate) fn client_command(&mut self, command: ClientCommand, request: &Request<'_>) -> Result<(), ServerError> {
        match (command, request.arguments()) {
            (ClientCommand::Id, _) => self.value(&Value::Int(self.client.id)),
            (ClientCommand::GetName, _) => {
                let name = Some(self.client.facts().name.clone()).filter(|name| !name.is_empty());
                self.value(&name.into());
            }
            (ClientCommand::SetName, [name]) => {
                self.client.facts().name = checked_name(name)?;
                self.ok();
            }
            (ClientCommand::Info, _) => self.value(&Value::verbatim(self.client.line() + "\n")),
            (ClientCommand::List, args) => {
                let lines: String = self.selected(args)?.iter().map(|client| client.line() + "\n").collect();
                self.value(&Value::verbatim(lines));
            }
            (ClientCommand::NoEvict, [switch]) => {
                self.client.facts().no_evict = either(switch, "on", "off")?;
                self.ok();
            }
            (ClientCommand::Reply, [mode]) => self.client_reply(mode)?,
            (ClientCommand::Kill, [address]) => {
                let clients = self.shared.common.clients.all();
                let client = clients.iter().find(|client| client.address.peer.as_bytes() == address.as_bytes());
                self.kill(client.ok_or(texts::NO_SUCH_CLIENT)?);
                self.ok();
            }
            (ClientCommand::Kill, filters) => {
                let doomed = self.filtered(filters)?;
                for client in &doomed {
                    self.kill(client);
                }
                self.value(&doomed.len().into());
            }
            (ClientCommand::Pause, [timeout]) => self.client_pause(Level::All, timeout)?,
            (ClientCommand::Pause, [timeout, mode]) => {
                let is_write = is_word(mode, "write");
                if !is_write && !is_word(mode, "all") {
                    return Err(texts::PAUSE_MODE);
                }
                self.client_pause(if is_write { Level::Write } else { Level::All }, timeout)?;
            }
            (ClientCommand::Unpause, _) => {
                self.shared.common.pause.end();
                self.ok();
            }
            (ClientCommand::Unblock, [id]) => self.client_unblock(id)?,
            (ClientCommand::Unblock, [id, reason]) => {
                if !is_word(reason, "timeout") && !is_word(reason, "error") {
                    return Err(texts::UNBLOCK_REASON);
                }
                self.client_unblock(id)?;
            }
            (ClientCommand::Tracking, args) => self.tracking(args)?,
            (ClientCommand::TrackingInfo, _) => self.tracking_info(),
            (ClientCommand::GetRedir, _) => self.value(&Value::Int(-1)),
            (ClientCommand::Caching, _) => return Err(texts::CACHING_WITHOUT_TRACKING),
            (ClientCommand::Help, _) => self.value(&Value::lines(HELP)),
            _ => return Err(ServerError::subcommand_syntax(request.subcommand(), "client")),
        }
        Ok(())
    }

    /// `CLIENT PAUSE milliseconds [WRITE | ALL]`.
    fn client_pause(&mut self, level: Level, timeout: &Arg<'_>) -> Result<(), ServerError> {
        let timeout = parse_int(timeout.as_bytes()).ok_or(texts::TIMEOUT_NOT_AN_INTEGER)?;
        let milliseconds = u64::try_from(timeout).map_err(|_| texts::TIMEOUT_NEGATIVE)?;
        // An end beyond the last millisecond is long past for Redis, so it pauses nobody.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        if now.checked_add(timeout).is_some() {
            self.shared.common.pause.begin(level, Duration::from_millis(milliseconds))?;
        }
        self.ok();
        Ok(())
    }

    /// `CLIENT UNBLOCK id [TIMEOUT | ERROR]`: no command blocks here. One that a pause holds is not unblocked either.
    fn client_unblock(&mut self, id: &Arg<'_>) -> Result<(), ServerError> {
        parse_int(id.as_bytes()).ok_or(texts::NOT_AN_INTEGER)?;
        self.value(&Value::Int(0));
        Ok(())
    }

    /// `CLIENT REPLY ON|OFF|SKIP`: only ON is answered.
    fn client_reply(&mut self, mode: &Arg<'_>) -> Result<(), ServerError> {
        if is_word(mode, "on") {
            self.answers = Answers { skip_next: self.answers.skip_next, ..Answers::default() };
            self.ok();
        } else if is_word(mode, "off") {
            self.answers.off = true;
        } else if is_word(mode, "skip") {
            self.answers.skip_next |= !self.answers.off;
        } else {
            return Err(texts::SYNTAX);
        }
        Ok(())
    }

    /// `CLIENT LIST [TYPE type | ID id …]`.
    fn selected(&self, args: &[Arg<'_>]) -> Result<Vec<Arc<Client>>, ServerError> {
        match args {
            [] => Ok(self.shared.common.clients.all()),
            [option, kind] if is_word(option, "type") => {
                let kind = Kind::read(kind)?;
                Ok(self.shared.common.clients.all().into_iter().filter(|client| kind.is_of(client)).collect())
            }
            [option, ids @ ..] if is_word(option, "id") && !ids.is_empty() => {
                let ids = ids.iter().map(|id| parse_int(id.as_bytes()).ok_or(texts::INVALID_CLIENT_ID));
                let ids = ids.collect::<Result<Vec<i64>, _>>()?;
                Ok(ids.into_iter().filter_map(|id| self.shared.common.clients.find(id)).collect())
            }
            _ => Err(texts::SYNTAX),
        }
    }

    /// `CLIENT KILL`'s filters: who passes all of them. The caller is spared unless SKIPME says otherwise. Of a filter
    /// that is given twice, the last counts.
    fn filtered(&self, filters: &[Arg<'_>]) -> Result<Vec<Arc<Client>>, ServerError> {
        let (mut id, mut kind, mut peer, mut local, mut skip_me) = (None, None, None, None, true);
        let mut rest = filters;
        while let [filter, value, after @ ..] = rest {
            if is_word(filter, "id") {
                id = Some(parse_int(value.as_bytes()).filter(|id| *id > 0).ok_or(texts::CLIENT_ID_NOT_POSITIVE)?);
            } else if is_word(filter, "type") {
                kind = Some(Kind::read(value)?);
            } else if is_word(filter, "addr") {
                peer = Some(value.as_bytes());
            } else if is_word(filter, "laddr") {
                local = Some(value.as_bytes());
            } else if is_word(filter, "user") {
                if value.as_bytes() != b"default" {
                    return Err(ServerError::no_such_user(value.as_bytes()));
                }
            } else if is_word(filter, "skipme") {
                skip_me = either(value, "yes", "no")?;
            } else {
                return Err(texts::SYNTAX);
            }
            rest = after;
        }
        if !rest.is_empty() {
            return Err(texts::SYNTAX);
        }
        let mut clients = self.shared.common.clients.all();
        clients.retain(|client| {
            id.is_none_or(|id| client.id == id)
                && kind.is_none_or(|kind| kind.is_of(client))
                && peer.is_none_or(|peer| client.address.peer.as_bytes() == peer)
                && local.is_none_or(|local| client.address.local.as_bytes() == local)
                && (!skip_me || client.id != self.client.id)
        });
        Ok(clients)
    }

    /// Closes a client: the caller after its reply, any other at once.
    fn kill(&mut self, client: &Client) {
        if client.id == self.client.id {
            self.ending = true;
        } else {
            client.kill();
            self.shared.common.clients.leave(client.id, &self.shared.instance);
            self.shared.common.pause.look_again();
        }
    }
}

/// What CLIENT LIST and CLIENT KILL tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    PubSub,
    /// Masters and replicas, of which there are none.
    Replication,
}

impl Kind {
    fn read(name: &Arg<'_>) -> Result<Self, ServerError> {
        let is = |word| is_word(name, word);
        if is("normal") {
            Ok(Self::Normal)
        } else if is("pubsub") {
            Ok(Self::PubSub)
        } else if is("master") || is("replica") || is("slave") {
            Ok(Self::Replication)
        } else {
            Err(ServerError::unknown_client_type(name.as_bytes()))
        }
    }

    fn is_of(self, client: &Client) -> bool {
        let facts = client.facts();
        let kind = if facts.subscriptions.is_empty() { Self::Normal } else { Self::PubSub };
        self == kind
    }
}

/// Reads one of two words.
fn either(switch: &Arg<'_>, yes: &str, no: &str) -> Result<bool, ServerError> {
    let is_yes = is_word(switch, yes);
    (is_yes || is_word(switch, no)).then_some(is_yes).ok_or(texts::SYNTAX)
}
