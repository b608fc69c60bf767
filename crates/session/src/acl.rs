//! ACL: as a Redis answers that has one user, `default`, who may do everything.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use embroker_core::commands::AclCommand;
use embroker_core::error::texts;
use embroker_core::instance::config::Parameter;
use embroker_core::resp::Request;
use embroker_core::table::{self, Categories, Flags};
use embroker_core::{Arg, Broker, Command, ServerError, Value, parse_int};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::connection::USER;
use crate::session::{Context, Session, is_word};

/// Equal failures within this time of each other are one entry of the log.
const GROUPED: Duration = Duration::from_secs(60);
/// An equal failure is looked for among so many entries.
const SEARCHED: usize = 10;
/// So many bytes of a user's name are kept in the log.
const MAX_NAME: usize = 1024;
/// How many entries ACL LOG answers unless it is told.
const DEFAULT_COUNT: i64 = 10;
/// How many bits a generated password has unless it is told, and how many it may have.
const DEFAULT_BITS: i64 = 256;
const MAX_BITS: i64 = 4096;

const HELP: [&str; 29] = [
    "ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CAT [<category>]",
    "    List all commands that belong to <category>, or all command categories",
    "    when no category is specified.",
    "DELUSER <username> [<username> ...]",
    "    Delete a list of users.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Returns whether the user can execute the given command without executing the command.",
    "GETUSER <username>",
    "    Get the user's details.",
    "GENPASS [<bits>]",
    "    Generate a secure 256-bit user password. The optional `bits` argument can",
    "    be used to specify a different size.",
    "LIST",
    "    Show users details in config file format.",
    "LOAD",
    "    Reload users from the ACL file.",
    "LOG [<count> | RESET]",
    "    Show the ACL log entries.",
    "SAVE",
    "    Save the current config to the ACL file.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Create or modify a user with the specified attributes.",
    "USERS",
    "    List all the registered usernames.",
    "WHOAMI",
    "    Return the current connection username.",
    "HELP",
    "    Prints this help.",
];

/// Who failed to log in, the newest first.
#[derive(Default)]
pub(crate) struct AclLog(Mutex<VecDeque<Failure>>);

struct Failure {
    count: i64,
    context: Context,
    /// The command as it was written, AUTH or HELLO.
    command: Bytes,
    user: Bytes,
    at: Instant,
    /// The client's line of CLIENT LIST.
    client: String,
}

impl AclLog {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Broker> Session<B> {
    pub(crate) fn acl(&mut self, command: AclCommand, request: &Request<'_>) -> Result<(), ServerError> {
        match (command, request.arguments()) {
            (AclCommand::WhoAmI, _) => self.value(&USER.into()),
            (AclCommand::Users, _) => self.value(&Value::from_iter([USER])),
            (AclCommand::List, _) => {
                let user = format!("user {USER} on {} ~* &* +@all", self.rule_on_passwords());
                self.value(&Value::from_iter([user.as_str()]));
            }
            (AclCommand::GetUser, [user]) => {
                let facts = (user.as_bytes() == USER.as_bytes()).then(|| self.user_facts());
                self.value(&facts.into());
            }
            (AclCommand::Cat, []) => self.value(&Categories::all().names().collect()),
            (AclCommand::Cat, [category]) => self.value(&commands_in(category)?),
            (AclCommand::GenPass, []) => self.value(&password(DEFAULT_BITS)?),
            (AclCommand::GenPass, [bits]) => {
                let bits = parse_int(bits.as_bytes()).ok_or(texts::NOT_AN_INTEGER)?;
                self.value(&password(bits)?);
            }
            (AclCommand::Log, []) => self.acl_log(DEFAULT_COUNT),
            (AclCommand::Log, [reset]) if is_word(reset, "reset") => {
                self.shared.common.acl_log.lock().clear();
                self.ok();
            }
            (AclCommand::Log, [count]) => self.acl_log(parse_int(count.as_bytes()).ok_or(texts::NOT_AN_INTEGER)?),
            (AclCommand::DryRun, [user, words @ ..]) => {
                dry_run(user, words)?;
                self.ok();
            }
            (AclCommand::SetUser, [user, rules @ ..]) => {
                self.set_user(user, rules)?;
                self.ok();
            }
            (AclCommand::DelUser, users) => {
                if users.iter().any(|user| user.as_bytes() == USER.as_bytes()) {
                    return Err(texts::ACL_DEFAULT_STAYS);
                }
                self.value(&Value::Int(0));
            }
            (AclCommand::Load | AclCommand::Save, _) => return Err(texts::ACL_NO_FILE),
            (AclCommand::Help, _) => self.value(&Value::lines(HELP)),
            _ => return Err(ServerError::subcommand_syntax(request.subcommand(), "acl")),
        }
        Ok(())
    }

    /// `nopass`, or the password's hash after `#`.
    fn rule_on_passwords(&self) -> String {
        self.password_hash().map_or_else(|| "nopass".to_owned(), |hash| format!("#{hash}"))
    }

    fn password_hash(&self) -> Option<String> {
        self.shared.password_digest().map(|digest| hex(&digest))
    }

    /// What ACL GETUSER tells of the user.
    fn user_facts(&self) -> Value {
        let hash = self.password_hash();
        let flags = ["on"].into_iter().chain(hash.is_none().then_some("nopass"));
        let facts = [
            ("flags", Value::Set(flags.map(Value::from).collect())),
            ("passwords", hash.iter().map(String::as_str).collect()),
            ("commands", "+@all".into()),
            ("keys", "~*".into()),
            ("channels", "&*".into()),
            ("selectors", Value::Array(Vec::new())),
        ];
        Value::Map(facts.into_iter().map(|(fact, value)| (fact.into(), value)).collect())
    }

    /// `ACL SETUSER user rule …`: accepts what leaves the user as it is.
    fn set_user(&self, user: &Arg<'_>, rules: &[Arg<'_>]) -> Result<(), ServerError> {
        if user.as_bytes().iter().any(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            return Err(texts::ACL_USER_NAME);
        }
        for rule in rules {
            if !is_rule(rule) {
                return Err(ServerError::acl_modifier_syntax(rule.as_bytes()));
            }
        }
        let changes_nothing = |rule: &Arg<'_>| {
            let as_it_is = ["on", "allkeys", "allchannels", "allcommands", "clearselectors"];
            let passwords = || match rule.as_bytes().split_first() {
                Some((b'>', password)) => hex(&Sha256::digest(password)),
                Some((b'#', hash)) => String::from_utf8_lossy(hash).into_owned(),
                _ => String::new(),
            };
            rule.as_bytes().is_empty()
                || as_it_is.into_iter().any(|word| is_word(rule, word))
                || [&b"~*"[..], b"&*", b"+@all"].contains(&rule.as_bytes())
                || match self.password_hash() {
                    None => is_word(rule, "nopass"),
                    Some(hash) => hash.as_bytes().ct_eq(passwords().as_bytes()).into(),
                }
        };
        if user.as_bytes() != USER.as_bytes() || !rules.iter().all(changes_nothing) {
            return Err(texts::ACL_ONE_USER);
        }
        Ok(())
    }

    /// `ACL LOG [count]`: who failed to log in; a count below 0 is none.
    fn acl_log(&mut self, count: i64) {
        let count = usize::try_from(count).unwrap_or(0);
        let now = Instant::now();
        let entries = self.shared.common.acl_log.lock().iter().take(count).map(|entry| entry.to_value(now)).collect();
        self.value(&Value::Array(entries));
    }

    /// Keeps that somebody gave a wrong name or password.
    pub(crate) fn log_failed_login(&self, request: &Request<'_>, user: &[u8]) {
        let max = usize::try_from(self.shared.config().number(Parameter::AclLogMaxLen)).unwrap_or_default();
        let user = Bytes::copy_from_slice(user.get(..MAX_NAME).unwrap_or(user));
        let command = Bytes::copy_from_slice(request.name());
        let (now, context, client) = (Instant::now(), self.context, self.client.line());
        let mut log = self.shared.common.acl_log.lock();
        let is_same = |entry: &Failure| {
            entry.context == context
                && entry.command == command
                && entry.user == user
                && now.saturating_duration_since(entry.at) <= GROUPED
        };
        let same = log.iter().take(SEARCHED).position(is_same).and_then(|at| log.remove(at));
        let count = same.map_or(1, |entry| entry.count.saturating_add(1));
        log.push_front(Failure { count, context, command, user, at: now, client });
        log.truncate(max);
    }
}

impl Failure {
    fn to_value(&self, now: Instant) -> Value {
        let age = now.saturating_duration_since(self.at).as_millis() as f64 / 1000.0;
        let facts: [(&str, Value); 7] = [
            ("count", Value::Int(self.count)),
            ("reason", "auth".into()),
            ("context", if self.context == Context::Multi { "multi" } else { "toplevel" }.into()),
            ("object", self.command.clone().into()),
            ("username", self.user.clone().into()),
            ("age-seconds", Value::Double(age)),
            ("client-info", self.client.as_str().into()),
        ];
        Value::Map(facts.into_iter().map(|(fact, value)| (fact.into(), value)).collect())
    }
}

/// `ACL CAT category`: the commands in it; containers are never run, so they are in none.
fn commands_in(category: &Arg<'_>) -> Result<Value, ServerError> {
    let unknown = || ServerError::unknown_category(category.as_bytes());
    let category = Categories::named(category.as_bytes()).ok_or_else(unknown)?;
    let is_in = |spec: &&table::CommandSpec| {
        !spec.flags.contains(Flags::CONTAINER) && table::categories(spec).contains(category)
    };
    Ok(table::all().filter(is_in).map(|spec| spec.name).collect())
}

/// `ACL GENPASS [bits]`: so many random bits, in hexadecimal digits of 4 bits each.
fn password(bits: i64) -> Result<Value, ServerError> {
    if !(1..=MAX_BITS).contains(&bits) {
        return Err(texts::ACL_GENPASS_BITS);
    }
    let digits = (bits as usize).div_ceil(4);
    let mut bytes = vec![0; digits.div_ceil(2)];
    getrandom::fill(&mut bytes).map_err(|_| texts::ACL_RANDOM)?;
    let mut password = hex(&bytes);
    password.truncate(digits);
    Ok(password.as_str().into())
}

/// `ACL DRYRUN user command arg …`: whether the user may run that; an error is why not.
fn dry_run(user: &Arg<'_>, words: &[Arg<'_>]) -> Result<(), ServerError> {
    if user.as_bytes() != USER.as_bytes() {
        return Err(ServerError::user_not_found(user.as_bytes()));
    }
    let name = words.first().map_or(&b""[..], |name| name.as_bytes());
    let command = Command::from_argv(words.iter().cloned()).map_err(|_| ServerError::command_not_found(name))?;
    let spec = command.spec().ok_or_else(|| ServerError::command_not_found(name))?;
    if spec.accepts(command.arguments().len()) { Ok(()) } else { Err(ServerError::wrong_arity(spec.name)) }
}

/// Whether a rule of ACL SETUSER is one at all.
fn is_rule(rule: &Arg<'_>) -> bool {
    const WORDS: [&str; 14] = [
        "on",
        "off",
        "nopass",
        "resetpass",
        "reset",
        "allkeys",
        "resetkeys",
        "allchannels",
        "resetchannels",
        "allcommands",
        "nocommands",
        "clearselectors",
        "sanitize-payload",
        "skip-sanitize-payload",
    ];
    let begins = |byte: &u8| b"><#!~%&+-(".contains(byte);
    // An empty one says nothing, and is taken.
    rule.as_bytes().is_empty()
        || WORDS.into_iter().any(|word| is_word(rule, word))
        || rule.as_bytes().first().is_some_and(begins)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
