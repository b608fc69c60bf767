//! A command on its way to a backend: which one, and its arguments.

use std::fmt;

use crate::Arg;
use crate::arg_list::ArgList;
use crate::commands::ConnectionCommand;
use crate::error::{Error, Result, ServerError};
use crate::table::{self, CommandSpec, Flags};

/// One Redis command with its arguments, ready for [`Broker::execute`](crate::Broker::execute).
///
/// The typed calls of the [prelude](crate::prelude) build it; [`Command::from_argv`] takes any words, known or not.
/// Arity and arguments are checked by the broker that runs it, in Redis's order.
///
/// # Examples
///
/// ```
/// use embroker_core::{Command, commands::HashCommand};
///
/// let typed = Command::new(HashCommand::HGet.spec()).arg("user:1").arg("name");
/// let words = Command::from_argv(["hget", "user:1", "name"])?;
/// assert_eq!(typed.words().collect::<Vec<_>>(), words.words().collect::<Vec<_>>());
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Command<'a> {
    name: Name<'a>,
    args: ArgList<'a>,
}

/// What most commands have is a row, so that to see it, and to find nothing to drop, is one test.
#[derive(Clone)]
enum Name<'a> {
    Known(&'static CommandSpec),
    Other(Box<OtherName<'a>>),
}

#[derive(Clone)]
enum OtherName<'a> {
    /// A subcommand in other letters than the table's: some errors of Redis repeat them.
    Spelled(&'static CommandSpec, Arg<'a>),
    /// Not in the table: the word as it was given.
    Unknown(Arg<'a>),
    /// A container that is in the table with a subcommand that is not; the subcommand is the first argument.
    UnknownSubcommand(&'static CommandSpec),
}

impl OtherName<'_> {
    /// The row that runs, if there is one.
    fn spec(&self) -> Option<&'static CommandSpec> {
        match self {
            Self::Spelled(spec, _) => Some(spec),
            Self::Unknown(_) | Self::UnknownSubcommand(_) => None,
        }
    }

    fn into_owned(self) -> OtherName<'static> {
        match self {
            Self::Spelled(spec, subcommand) => OtherName::Spelled(spec, subcommand.into_owned()),
            Self::Unknown(name) => OtherName::Unknown(name.into_owned()),
            Self::UnknownSubcommand(container) => OtherName::UnknownSubcommand(container),
        }
    }
}

impl PartialEq for Command<'_> {
    fn eq(&self, other: &Self) -> bool {
        let named = match (self.spec(), other.spec()) {
            (Some(spec), Some(other)) => spec.id == other.id,
            _ => self.words().next() == other.words().next(),
        };
        named && self.args.iter().map(Arg::as_bytes).eq(other.args.iter().map(Arg::as_bytes))
    }
}

impl Eq for Command<'_> {}

impl<'a> Command<'a> {
    /// A command of the table, without arguments yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, commands::StringCommand};
    ///
    /// let command = Command::new(StringCommand::Get.spec()).arg("greeting");
    /// assert!(command.words().eq([&b"get"[..], b"greeting"]));
    /// ```
    #[inline]
    pub fn new(spec: &'static CommandSpec) -> Self {
        Self { name: Name::Known(spec), args: ArgList::default() }
    }

    /// A command from its words: the name in any case, then the arguments.
    ///
    /// A name that is not in the table is kept as it is; the backend answers it with Redis's error.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is no word at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["hset", "order:1", "who", "jamie"])?;
    /// assert_eq!(command.spec().map(|spec| spec.name), Some("hset"));
    /// assert!(Command::from_argv([""; 0]).is_err());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn from_argv<I>(words: I) -> Result<Self>
    where
        I: IntoIterator<Item: Into<Arg<'a>>>,
    {
        let (name, args) = Self::name_and_args(words)?;
        Ok(Self::named(&name, args))
    }

    /// The words of a command: its name, and the rest.
    pub(crate) fn name_and_args<I>(words: I) -> Result<(Arg<'a>, ArgList<'a>)>
    where
        I: IntoIterator<Item: Into<Arg<'a>>>,
    {
        let mut words = words.into_iter().map(Into::into);
        let name = words.next().ok_or_else(|| Error::Config("a command needs at least its name".into()))?;
        Ok((name, words.collect()))
    }

    /// A command by its name in any case.
    #[inline]
    pub(crate) fn named(name: &Arg<'a>, args: ArgList<'a>) -> Self {
        match table::find(name.as_bytes()) {
            Some(spec) if spec.words == 1 && !spec.flags.contains(Flags::CONTAINER) => {
                Self { name: Name::Known(spec), args }
            }
            found => Self::contained_or_unknown(found.filter(|spec| spec.words == 1), name, args),
        }
    }

    fn contained_or_unknown(found: Option<&'static CommandSpec>, name: &Arg<'a>, mut args: ArgList<'a>) -> Self {
        let other = match found {
            None => OtherName::Unknown(name.clone()),
            Some(spec) if args.is_empty() => return Self { name: Name::Known(spec), args },
            Some(container) => {
                let full = [container.name.as_bytes(), args[0].as_bytes()].join(&b'|');
                match table::find(&full) {
                    Some(spec) => {
                        let subcommand = args[0].clone();
                        args = args.iter().skip(1).cloned().collect();
                        if spec.name.as_bytes().ends_with(subcommand.as_bytes()) {
                            return Self { name: Name::Known(spec), args };
                        }
                        OtherName::Spelled(spec, subcommand)
                    }
                    None => OtherName::UnknownSubcommand(container),
                }
            }
        };
        Self { name: Name::Other(Box::new(other)), args }
    }

    /// Adds an argument.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["EXPIRE"])?.arg("order:1").arg(600);
    /// assert_eq!(command.arguments()[1].as_bytes(), b"600");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn arg(self, arg: impl Into<Arg<'a>>) -> Self {
        Self { name: self.name, args: self.args.and(arg.into()) }
    }

    /// Adds arguments in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// assert_eq!(Command::from_argv(["DEL"])?.args(["a", "b"]), Command::from_argv(["DEL", "a", "b"])?);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item: Into<Arg<'a>>>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds pairs, such as fields and values, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["HSET", "order:1"])?.pairs([("qty", 2), ("cost", 40)]);
    /// assert_eq!(command, Command::from_argv(["HSET", "order:1", "qty", "2", "cost", "40"])?);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn pairs<I, K, V>(mut self, pairs: I) -> Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Arg<'a>>,
        V: Into<Arg<'a>>,
    {
        let pairs = pairs.into_iter();
        self.args.reserve(pairs.size_hint().0.saturating_mul(2));
        for (key, value) in pairs {
            self.args.push(key.into());
            self.args.push(value.into());
        }
        self
    }

    /// A command with arguments that are on the heap already.
    #[inline]
    pub(crate) fn with_args(spec: &'static CommandSpec, args: Vec<Arg<'a>>) -> Self {
        Self { name: Name::Known(spec), args: ArgList::Many(args) }
    }

    /// Adds an argument in place.
    pub(crate) fn push(&mut self, arg: Arg<'a>) {
        self.args.push(arg);
    }

    /// Makes room for so many more arguments.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.args.reserve(more);
    }

    /// The arguments after the name; after the subcommand, where there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["CONFIG", "GET", "maxclients"])?;
    /// assert_eq!(command.arguments().len(), 1);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn arguments(&self) -> &[Arg<'a>] {
        &self.args
    }

    /// The command's row in the table, or `None` for a command that embroker does not know.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// assert_eq!(Command::from_argv(["Config", "GET", "*"])?.spec().map(|spec| spec.name), Some("config|get"));
    /// assert!(Command::from_argv(["HELP", "ME"])?.spec().is_none());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn spec(&self) -> Option<&'static CommandSpec> {
        match &self.name {
            Name::Known(spec) => Some(spec),
            Name::Other(other) => other.spec(),
        }
    }

    /// The subcommand as it was written, where that differs from the table's lower case.
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["PUBSUB", "NumPat"])?;
    /// assert_eq!(command.subcommand_as_written(), Some(&b"NumPat"[..]));
    /// assert_eq!(command.spec().map(|spec| spec.name), Some("pubsub|numpat"));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn subcommand_as_written(&self) -> Option<&[u8]> {
        match &self.name {
            Name::Known(_) => None,
            Name::Other(other) => match &**other {
                OtherName::Spelled(_, subcommand) => Some(subcommand.as_bytes()),
                OtherName::Unknown(_) | OtherName::UnknownSubcommand(_) => None,
            },
        }
    }

    /// The command's row, after the checks that Redis makes before it runs anything: is it known, and has it
    /// the right number of words?
    ///
    /// # Errors
    ///
    /// Redis's `ERR unknown command …`, `ERR unknown subcommand …` or `ERR wrong number of arguments …`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// assert_eq!(Command::from_argv(["GET", "a"])?.resolve()?.name, "get");
    /// let error = Command::from_argv(["GET"])?.resolve().unwrap_err();
    /// assert_eq!(error.to_string(), "ERR wrong number of arguments for 'get' command");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn resolve(&self) -> Result<&'static CommandSpec, ServerError> {
        self.resolve_with_arguments().map(|(spec, _)| spec)
    }

    /// As [`resolve`](Self::resolve), and the [arguments](Self::arguments), which both are found by one look.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["HGET", "user:1", "name"])?;
    /// let (spec, args) = command.resolve_with_arguments()?;
    /// assert_eq!((spec.name, args.len()), ("hget", 2));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn resolve_with_arguments(&self) -> Result<(&'static CommandSpec, &[Arg<'a>]), ServerError> {
        let args = self.arguments();
        match &self.name {
            Name::Known(spec) if spec.accepts(args.len()) => Ok((spec, args)),
            _ => Ok((self.resolve_other()?, args)),
        }
    }

    #[cold]
    fn resolve_other(&self) -> Result<&'static CommandSpec, ServerError> {
        let spec = match &self.name {
            Name::Known(spec) => spec,
            Name::Other(other) => match &**other {
                OtherName::Spelled(spec, _) => spec,
                OtherName::Unknown(name) => return Err(ServerError::unknown_command(name.as_bytes(), &self.args)),
                OtherName::UnknownSubcommand(container) => {
                    return Err(ServerError::unknown_subcommand(self.args[0].as_bytes(), container.name));
                }
            },
        };
        if spec.accepts(self.args.len()) { Ok(spec) } else { Err(ServerError::wrong_arity(spec.name)) }
    }

    /// Refuses the commands that belong to one client's connection, which `execute` and `pipeline` have none of.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], with the call to use instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// assert!(Command::from_argv(["GET", "a"])?.check_not_session().is_ok());
    /// let error = Command::from_argv(["SUBSCRIBE", "news"])?.check_not_session().unwrap_err();
    /// assert!(error.to_string().contains("use Broker::subscriber instead"));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn check_not_session(&self) -> Result<()> {
        match &self.name {
            Name::Known(spec) if !spec.is_session() => Ok(()),
            _ => self.check_row_not_session(),
        }
    }

    #[cold]
    fn check_row_not_session(&self) -> Result<()> {
        let spec = match &self.name {
            Name::Known(spec) => spec,
            Name::Other(other) => match &**other {
                OtherName::Spelled(spec, _) | OtherName::UnknownSubcommand(spec) => spec,
                OtherName::Unknown(_) => return Ok(()),
            },
        };
        if spec.is_session() { Err(Error::needs_session(spec)) } else { Ok(()) }
    }

    /// Whether this is `SELECT`, which a transaction may hold although it is about the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// assert!(Command::from_argv(["SELECT", "3"])?.is_select());
    /// assert!(!Command::from_argv(["SWAPDB", "0", "3"])?.is_select());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn is_select(&self) -> bool {
        self.spec().is_some_and(|spec| spec.id == ConnectionCommand::Select.into())
    }

    /// The words of the command as Redis takes them: name, subcommand, arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    ///
    /// let command = Command::from_argv(["CONFIG", "GET", "maxclients"])?;
    /// assert!(command.words().eq([&b"config"[..], b"GET", b"maxclients"]));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        let of_table = |spec: &'static CommandSpec| match spec.name.split_once('|') {
            Some((name, sub)) => (name.as_bytes(), Some(sub.as_bytes())),
            None => (spec.name.as_bytes(), None),
        };
        let (name, sub): (&[u8], Option<&[u8]>) = match &self.name {
            Name::Known(spec) => of_table(spec),
            Name::Other(other) => match &**other {
                OtherName::Spelled(spec, subcommand) => (of_table(spec).0, Some(subcommand.as_bytes())),
                OtherName::Unknown(name) => (name.as_bytes(), None),
                OtherName::UnknownSubcommand(container) => of_table(container),
            },
        };
        std::iter::once(name).chain(sub).chain(self.args.iter().map(Arg::as_bytes))
    }

    /// The same command without borrows.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, Error};
    ///
    /// fn visit(page: &str) -> Result<Command<'static>, Error> {
    ///     Ok(Command::from_argv(["INCR", page])?.into_owned())
    /// }
    /// assert_eq!(visit("/shop")?.arguments()[0].as_bytes(), b"/shop");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn into_owned(self) -> Command<'static> {
        Command {
            name: match self.name {
                Name::Known(spec) => Name::Known(spec),
                Name::Other(other) => Name::Other(Box::new(other.into_owned())),
            },
            args: self.args.into_owned(),
        }
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.words().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "\"{}\"", word.escape_ascii())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(argv: &[&str]) -> String {
        Command::from_argv(argv.iter().copied()).unwrap().resolve().unwrap_err().to_string()
    }

    #[test]
    fn unknown_names_and_wrong_arity_are_answered_in_redis_words() {
        assert_eq!(error(&["hget", "k"]), "ERR wrong number of arguments for 'hget' command");
        assert_eq!(error(&["FOO\r\nbar", "x\ry"]), "ERR unknown command 'FOO  bar', with args beginning with: 'x y' ");
        assert_eq!(error(&["pubsub"]), "ERR wrong number of arguments for 'pubsub' command");
        assert_eq!(error(&["pubsub", "foo"]), "ERR unknown subcommand 'foo'. Try PUBSUB HELP.");
        assert_eq!(error(&["PubSub", "NumPat", "x"]), "ERR wrong number of arguments for 'pubsub|numpat' command");
    }

    #[test]
    fn a_subcommand_keeps_its_letters_and_is_the_same_command() {
        let written = Command::from_argv(["PubSub", "NumPat"]).unwrap();
        let typed = Command::new(crate::commands::PubSubCommand::PubSubNumPat.spec());
        assert_eq!(written, typed);
        assert_eq!(format!("{written:?} {typed:?}"), r#""pubsub" "NumPat" "pubsub" "numpat""#);
        assert_eq!(written.resolve().unwrap().name, "pubsub|numpat");
        assert!(written.clone().arg("x").resolve().is_err() && written != written.clone().arg("x"));
        let owned = written.into_owned();
        assert_eq!(owned.subcommand_as_written(), Some(&b"NumPat"[..]));
        assert_eq!(Command::from_argv(["PUBSUB", "numpat"]).unwrap().subcommand_as_written(), None);
    }

    #[test]
    fn an_empty_argv_is_refused() {
        assert!(matches!(Command::from_argv([""; 0]), Err(Error::Config(_))));
    }

    #[test]
    fn a_session_command_names_what_to_use_instead() {
        for (name, instead) in [
            ("SUBSCRIBE", "Broker::subscriber"),
            ("SUNSUBSCRIBE", "Broker::subscriber"),
            ("MULTI", "Pipeline::atomic"),
            ("EXEC", "Pipeline::atomic"),
            ("WATCH", "Broker::watch"),
            ("UNWATCH", "Broker::watch"),
            ("SELECT", "Broker::select"),
            ("AUTH", "the user and the password of a redis:// URL"),
            ("MONITOR", "a client of embroker-server"),
        ] {
            let error = Command::from_argv([name]).unwrap().check_not_session().unwrap_err();
            assert_eq!(error.to_string(), format!("{name} belongs to one client's connection: use {instead} instead"));
        }
    }
}
