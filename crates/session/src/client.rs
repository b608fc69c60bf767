//! CLIENT and its subcommands.

use std::sync::Arc;

use embroker_core::commands::ConnectionCommand;
use embroker_core::error::texts;
use embroker_core::{Arg, Broker, ServerError, Value, parse_int};

use crate::clients::Client;
use crate::connection::checked_name;
use crate::session::{Answers, Session, is_word};

impl<B: Broker> Session<B> {
    pub(crate) fn client_command(&mut self, command: ConnectionCommand, args: &[Arg<'_>]) -> Result<(), ServerError> {
        match (command, args) {
            (ConnectionCommand::ClientId, _) => self.value(&Value::Int(self.client.id)),
            (ConnectionCommand::ClientGetName, _) => {
                let name = Some(self.client.facts().name.clone()).filter(|name| !name.is_empty());
                self.value(&name.into());
            }
            (ConnectionCommand::ClientSetName, [name]) => {
                self.client.facts().name = checked_name(name)?;
                self.ok();
            }
            (ConnectionCommand::ClientInfo, _) => self.value(&Value::verbatim(self.client.line() + "\n")),
            (ConnectionCommand::ClientList, args) => {
                let lines: String = self.selected(args)?.iter().map(|client| client.line() + "\n").collect();
                self.value(&Value::verbatim(lines));
            }
            (ConnectionCommand::ClientNoEvict, [switch]) => {
                self.client.facts().no_evict = either(switch, "on", "off")?;
                self.ok();
            }
            (ConnectionCommand::ClientReply, [mode]) => self.client_reply(mode)?,
            (ConnectionCommand::ClientKill, [address]) => {
                let clients = self.shared.clients.all();
                let client = clients.iter().find(|client| client.address.peer.as_bytes() == address.as_bytes());
                self.kill(client.ok_or(texts::NO_SUCH_CLIENT)?);
                self.ok();
            }
            (ConnectionCommand::ClientKill, filters) => {
                let doomed = self.filtered(filters)?;
                for client in &doomed {
                    self.kill(client);
                }
                self.value(&doomed.len().into());
            }
            _ => return Err(texts::SYNTAX),
        }
        Ok(())
    }

    /// `CLIENT REPLY ON|OFF|SKIP`: only ON is answered.
    fn client_reply(&mut self, mode: &Arg<'_>) -> Result<(), ServerError> {
        if is_word(mode, "on") {
            self.answers = Answers::On;
            self.ok();
        } else if is_word(mode, "off") {
            self.answers = Answers::Off;
        } else if is_word(mode, "skip") {
            if self.answers != Answers::Off {
                self.answers = Answers::SkipNext;
            }
        } else {
            return Err(texts::SYNTAX);
        }
        Ok(())
    }

    /// `CLIENT LIST [TYPE type | ID id …]`.
    fn selected(&self, args: &[Arg<'_>]) -> Result<Vec<Arc<Client>>, ServerError> {
        match args {
            [] => Ok(self.shared.clients.all()),
            [option, kind] if is_word(option, "type") => {
                let kind = Kind::read(kind)?;
                Ok(self.shared.clients.all().into_iter().filter(|client| kind.is_of(client)).collect())
            }
            [option, ids @ ..] if is_word(option, "id") && !ids.is_empty() => {
                let ids = ids.iter().map(|id| parse_int(id.as_bytes()).ok_or(texts::INVALID_CLIENT_ID));
                let ids = ids.collect::<Result<Vec<i64>, _>>()?;
                Ok(ids.into_iter().filter_map(|id| self.shared.clients.find(id)).collect())
            }
            _ => Err(texts::SYNTAX),
        }
    }

    /// `CLIENT KILL`'s filters: who passes all of them. The caller is spared unless SKIPME says otherwise.
    fn filtered(&self, filters: &[Arg<'_>]) -> Result<Vec<Arc<Client>>, ServerError> {
        let mut clients = self.shared.clients.all();
        let mut skip_me = true;
        let mut rest = filters;
        while let [filter, value, after @ ..] = rest {
            if is_word(filter, "id") {
                let id = parse_int(value.as_bytes()).filter(|id| *id > 0).ok_or(texts::CLIENT_ID_NOT_POSITIVE)?;
                clients.retain(|client| client.id == id);
            } else if is_word(filter, "type") {
                let kind = Kind::read(value)?;
                clients.retain(|client| kind.is_of(client));
            } else if is_word(filter, "addr") {
                clients.retain(|client| client.address.peer.as_bytes() == value.as_bytes());
            } else if is_word(filter, "laddr") {
                clients.retain(|client| client.address.local.as_bytes() == value.as_bytes());
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
        clients.retain(|client| !skip_me || client.id != self.client.id);
        Ok(clients)
    }

    /// Closes a client: the caller after its reply, any other at once.
    fn kill(&mut self, client: &Client) {
        if client.id == self.client.id {
            self.ending = true;
        } else {
            client.kill.notify_one();
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
