//! HELLO, AUTH, PING, SELECT, RESET and QUIT.

use bytes::Bytes;
use embroker_core::commands::ConnectionCommand;
use embroker_core::error::texts;
use embroker_core::resp::{Protocol, Request};
use embroker_core::{Arg, Broker, REDIS_VERSION, ServerError, Value, parse_int};

use crate::session::{Answers, Session, in_server_words, is_word};

/// The only user there is.
pub(crate) const USER: &str = "default";

impl<B: Broker> Session<B> {
    pub(crate) fn connection(&mut self, command: ConnectionCommand, request: &Request<'_>) -> Result<(), ServerError> {
        let args = request.arguments();
        match command {
            ConnectionCommand::Auth => self.auth(request),
            ConnectionCommand::Hello => self.hello(request),
            ConnectionCommand::Ping if self.is_held_to_messages() => {
                self.pong(args);
                Ok(())
            }
            ConnectionCommand::Ping => self.ping(args),
            ConnectionCommand::Quit => self.quit(),
            ConnectionCommand::Reset => self.reset(),
            // SELECT may have to wait, ECHO is the broker's.
            ConnectionCommand::Select | ConnectionCommand::Echo => Err(texts::SYNTAX),
        }
    }

    /// `AUTH [user] password`.
    fn auth(&mut self, request: &Request<'_>) -> Result<(), ServerError> {
        match request.arguments() {
            [_] if self.shared.is_open() => return Err(texts::NO_PASSWORD_SET),
            [password] => self.authenticate(request, USER.as_bytes(), password.as_bytes())?,
            [user, password] => self.authenticate(request, user.as_bytes(), password.as_bytes())?,
            _ => return Err(texts::SYNTAX),
        }
        self.ok();
        Ok(())
    }

    fn authenticate(&mut self, request: &Request<'_>, user: &[u8], password: &[u8]) -> Result<(), ServerError> {
        if user != USER.as_bytes() || !self.shared.is_password(password) {
            self.log_failed_login(request, user);
            return Err(texts::WRONG_PASS);
        }
        self.authenticated = true;
        Ok(())
    }

    /// `HELLO [version [AUTH user password] [SETNAME name]]`: who answers, in the version asked for.
    fn hello(&mut self, request: &Request<'_>) -> Result<(), ServerError> {
        let args = request.arguments();
        let mut rest = args;
        let mut protocol = self.protocol;
        if let [version, options @ ..] = args {
            protocol = match parse_int(version.as_bytes()).ok_or(texts::PROTOCOL_VERSION)? {
                2 => Protocol::Resp2,
                3 => Protocol::Resp3,
                _ => return Err(texts::NO_PROTO),
            };
            rest = options;
        }
        // Each option takes effect as it is read, also where a later one is refused.
        while let [option, values @ ..] = rest {
            rest = match values {
                [user, password, after @ ..] if is_word(option, "auth") => {
                    self.authenticate(request, user.as_bytes(), password.as_bytes())?;
                    after
                }
                [name, after @ ..] if is_word(option, "setname") => {
                    self.client.facts().name = checked_name(name)?;
                    after
                }
                _ => return Err(ServerError::hello_option(option.as_bytes())),
            };
        }
        if !self.authenticated {
            return Err(texts::HELLO_NO_AUTH);
        }
        self.protocol = protocol;
        let version = if protocol == Protocol::Resp2 { 2 } else { 3 };
        let facts: [(&str, Value); 7] = [
            ("server", "redis".into()),
            ("version", REDIS_VERSION.into()),
            ("proto", Value::Int(version)),
            ("id", Value::Int(self.client.id)),
            ("mode", "standalone".into()),
            ("role", "master".into()),
            ("modules", Value::Array(Vec::new())),
        ];
        self.value(&Value::Map(facts.into_iter().map(|(fact, value)| (fact.into(), value)).collect()));
        Ok(())
    }

    /// `PING [message]`, answered here even inside a transaction, which may have subscribed before it.
    fn ping(&mut self, args: &[Arg<'_>]) -> Result<(), ServerError> {
        match args {
            [] => self.value(&Value::status("PONG")),
            [message] => self.value(&message.to_bytes().into()),
            _ => return Err(ServerError::wrong_arity("ping")),
        }
        Ok(())
    }

    /// `QUIT`.
    fn quit(&mut self) -> Result<(), ServerError> {
        self.ok();
        self.ending = true;
        Ok(())
    }

    /// `RESET`: the client is as if it had just connected.
    fn reset(&mut self) -> Result<(), ServerError> {
        self.forget_subscriptions();
        self.feed.close();
        self.transaction = None;
        self.watch = None;
        self.selected = None;
        self.protocol = Protocol::Resp2;
        // Redis forgets a SKIP that waits for its command, but this command itself stays unanswered.
        self.answers = Answers { skip: self.answers.skip, ..Answers::default() };
        self.authenticated = self.trusted || self.shared.is_open();
        let mut facts = self.client.facts();
        facts.name = Bytes::new();
        facts.database = 0;
        facts.monitors = false;
        drop(facts);
        self.value(&Value::status("RESET"));
        Ok(())
    }

    /// `SELECT index`: the client's keys are in that database from now on.
    pub(crate) async fn select(&mut self, args: &[Arg<'_>]) {
        let entered = match database(args) {
            Ok(database) => self.enter(database).await.map_err(|error| in_server_words(&error)),
            Err(error) => Err(error),
        };
        match entered {
            Ok(()) => self.ok(),
            Err(error) => self.error(&error),
        }
    }

    /// Moves the client to another database.
    pub(crate) async fn enter(&mut self, database: u32) -> embroker_core::Result<()> {
        let broker = self.shared.broker.select(database).await?;
        if let Some(watch) = &mut self.watch {
            watch.select(database).await?;
        }
        self.selected = Some(broker);
        self.client.facts().database = database;
        Ok(())
    }
}

/// The database that SELECT is to choose.
fn database(args: &[Arg<'_>]) -> Result<u32, ServerError> {
    let index = args.first().and_then(|index| parse_int(index.as_bytes())).ok_or(texts::NOT_AN_INTEGER)?;
    if i32::try_from(index).is_err() {
        return Err(ServerError::not_between(i32::MIN.into(), i32::MAX.into()));
    }
    u32::try_from(index).map_err(|_| texts::DB_OUT_OF_RANGE)
}

/// A client's name, which must be printable and without spaces.
pub(crate) fn checked_name(name: &Arg<'_>) -> Result<Bytes, ServerError> {
    let printable = name.as_bytes().iter().all(u8::is_ascii_graphic);
    printable.then(|| name.to_bytes()).ok_or(texts::CLIENT_NAME)
}
