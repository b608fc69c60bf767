//! The parameters of one Redis process: what CONFIG GET shows and CONFIG SET changes.
//!
//! [`Parameter`] is the table, with the name, kind and default of each. Numbers, flags and choices are read with one
//! load. What is not worth a load at all, readers keep until [`Config::version`] says that something was set.

mod events;
mod kind;
mod limits;
mod numerals;
mod parameters;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard};

use bytes::Bytes;

use self::kind::{Kind, Setting};
use self::parameters::{Access, Entry};
use crate::Glob;
use crate::error::{Error, Refusal, Result, ServerError};

pub use self::events::KeyspaceEvents;
pub use self::limits::{OutputLimit, OutputLimits};
pub use self::numerals::memory;
pub use self::parameters::Parameter;

/// The values of all parameters.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::config::{Config, Parameter};
///
/// let config = Config::new();
/// assert_eq!(config.number(Parameter::MaxClients), 10_000);
///
/// config.set([("maxclients", "20"), ("maxmemory", "100mb")])?;
/// assert_eq!(config.number(Parameter::MaxClients), 20);
/// assert_eq!(config.get(["maxmem?ry"]), [("maxmemory".into(), "104857600".into())]);
///
/// let error = config.set([("maxclients", "30"), ("databases", "2")]).unwrap_err();
/// assert!(error.text().ends_with("can't set immutable config"));
/// assert_eq!(config.number(Parameter::MaxClients), 20);
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
pub struct Config {
    /// The values that are numbers; 0 where they are text. Written under the lock of `texts`.
    numbers: [AtomicI64; Parameter::COUNT],
    /// The values that are text, where they are not the default.
    texts: RwLock<Texts>,
    version: AtomicU64,
    /// How many clients there are files for.
    most_clients: AtomicU32,
}

/// How many files Redis keeps for itself.
const RESERVED_FILES: u32 = 32;

type Texts = BTreeMap<Parameter, Bytes>;

impl Config {
    /// Every parameter as it is where nobody set it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// assert_eq!(Config::new().number(Parameter::Databases), 16);
    /// ```
    pub fn new() -> Self {
        static NUMBERS: LazyLock<Vec<i64>> = LazyLock::new(|| {
            let number = |parameter: &Parameter| match parameter.read(parameter.row().default.as_bytes(), b"") {
                Ok(Setting::Number(number)) => number,
                _ => 0,
            };
            Parameter::ALL.iter().map(number).collect()
        });
        Self {
            numbers: std::array::from_fn(|at| AtomicI64::new(NUMBERS.get(at).copied().unwrap_or_default())),
            texts: RwLock::default(),
            version: AtomicU64::new(0),
            most_clients: AtomicU32::new(u32::MAX),
        }
    }

    /// A parameter that is a number, in the unit that CONFIG GET shows: bytes, seconds, milliseconds, microseconds or
    /// a count. A flag is 0 or 1, a percentage of `maxmemory-clients` is below 0, and what is text is 0. More than
    /// `i64::MAX` bytes are `i64::MAX`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// assert_eq!(Config::new().number(Parameter::MaxClients), 10_000);
    /// ```
    #[inline]
    pub fn number(&self, parameter: Parameter) -> i64 {
        match self.numbers[parameter as usize].load(Ordering::Relaxed) {
            number if number < 0 && matches!(parameter.row().kind, Kind::Memory(..)) => i64::MAX,
            number => number,
        }
    }

    /// A parameter that is `yes` or `no`. Of a choice, whether it is not the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// assert!(Config::new().flag(Parameter::ProtectedMode));
    /// ```
    #[inline]
    pub fn flag(&self, parameter: Parameter) -> bool {
        self.numbers[parameter as usize].load(Ordering::Relaxed) != 0
    }

    /// The word that a choice is set to: `noeviction` for [`Parameter::MaxMemoryPolicy`]. Empty for what is no choice.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// assert_eq!(Config::new().choice(Parameter::MaxMemoryPolicy), "noeviction");
    /// ```
    pub fn choice(&self, parameter: Parameter) -> &'static str {
        parameter.row().kind.choice(self.number(parameter))
    }

    /// Any parameter as CONFIG GET shows it.
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// let config = Config::new();
    /// assert_eq!(config.text(Parameter::RequirePass), "");
    /// assert_eq!(config.text(Parameter::LogLevel), "notice");
    /// ```
    pub fn text(&self, parameter: Parameter) -> Bytes {
        self.show(parameter, &self.texts())
    }

    /// `notify-keyspace-events`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, KeyspaceEvents};
    ///
    /// let config = Config::new();
    /// config.set([("notify-keyspace-events", "Ex")])?;
    /// assert!(config.events().contains(KeyspaceEvents::EXPIRED));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn events(&self) -> KeyspaceEvents {
        KeyspaceEvents::from_bits(self.number(Parameter::NotifyKeyspaceEvents))
    }

    /// `client-output-buffer-limit`. It takes a lock and reads text: keep it until [`Config::version`] changes.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Config;
    ///
    /// let config = Config::new();
    /// config.set([("client-output-buffer-limit", "pubsub 1mb 0 0")])?;
    /// assert_eq!(config.output_limits().pubsub.hard, 1 << 20);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn output_limits(&self) -> OutputLimits {
        let mut limits = OutputLimits::default();
        // It was read when it was set.
        let _ = limits.update(&self.text(Parameter::ClientOutputBufferLimit));
        limits
    }

    /// How often something was set. Whoever keeps what he read here reads it again when this number is another.
    ///
    /// ```
    /// use embroker_core::instance::config::Config;
    ///
    /// let config = Config::new();
    /// let read = config.version();
    /// config.set([("requirepass", "secret")])?;
    /// assert_ne!(config.version(), read);
    /// # Ok::<(), embroker_core::ServerError>(())
    /// ```
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// `CONFIG GET`: names and values of what matches any of the patterns, each once, ordered by name.
    ///
    /// Case does not matter. Older names are matched and answered too. A pattern without `*`, `?` or `[` is a name, and
    /// is answered as it is written.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Config;
    ///
    /// assert_eq!(Config::new().get(["MAXCLIENTS"]), [("MAXCLIENTS".into(), "10000".into())]);
    /// assert!(Config::new().get(["no-such-thing"]).is_empty());
    /// ```
    pub fn get<P: AsRef<[u8]>>(&self, patterns: impl IntoIterator<Item = P>) -> Vec<(Bytes, Bytes)> {
        let mut found = BTreeMap::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            // A NUL byte ends a pattern. A name with one is the name of nothing.
            let glob = numerals::c_text(pattern);
            if glob.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
                let glob = Glob::new(glob.to_ascii_lowercase());
                let shown = Entry::all().iter().filter(|entry| !entry.parameter.row().hidden);
                for entry in shown.filter(|entry| glob.matches(entry.name.as_bytes())) {
                    found.entry(entry.name).or_insert((Bytes::from_static(entry.name.as_bytes()), entry.parameter));
                }
            } else if let Some(entry) = Entry::find(pattern) {
                found.entry(entry.name).or_insert_with(|| (Bytes::copy_from_slice(pattern), entry.parameter));
            }
        }
        let texts = self.texts();
        found.into_values().map(|(name, parameter)| (name, self.show(parameter, &texts))).collect()
    }

    /// `CONFIG SET`: sets all of the parameters or, where one of them can't be set, none.
    ///
    /// # Errors
    ///
    /// `ERR Unknown option or number of arguments for CONFIG SET - 'foo'`, or
    /// `ERR CONFIG SET failed (possibly related to argument 'foo') - …` with a [`Refusal`].
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// let config = Config::new();
    /// let error = config.set([("timeout", "60"), ("maxclients", "many")]).unwrap_err();
    /// assert!(error.text().contains("maxclients"));
    /// assert_eq!(config.number(Parameter::Timeout), 0, "none of them is set");
    /// ```
    pub fn set<N, V>(&self, pairs: impl IntoIterator<Item = (N, V)>) -> Result<(), ServerError>
    where
        N: AsRef<[u8]>,
        V: AsRef<[u8]>,
    {
        // First all names are looked at, then all values, then what they would change here.
        let mut names = BTreeSet::new();
        let mut wanted = Vec::new();
        for (name, value) in pairs {
            let name = name.as_ref();
            let entry = Entry::find(name).ok_or_else(|| ServerError::unknown_config(name))?;
            let refused = match entry.parameter.row().access {
                Access::Immutable => Some(Refusal::Immutable),
                Access::Protected if self.choice(Parameter::EnableProtectedConfigs) != "yes" => {
                    Some(Refusal::Protected)
                }
                _ if !names.insert(entry.name) => Some(Refusal::Duplicate),
                _ => None,
            };
            if let Some(reason) = refused {
                return Err(ServerError::config_set(&String::from_utf8_lossy(name), &reason));
            }
            wanted.push((entry, value));
        }
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        let failed = |entry: Entry| move |reason| ServerError::config_set(entry.name, &reason);
        let mut settings = Vec::with_capacity(wanted.len());
        for (entry, value) in &wanted {
            let current = text_in(entry.parameter, &texts);
            settings.push((*entry, entry.parameter.read(value.as_ref(), &current).map_err(failed(*entry))?));
        }
        for (entry, setting) in &settings {
            if !self.is(entry.parameter, setting, &texts) {
                self.change(entry.parameter, setting).map_err(failed(*entry))?;
            }
        }
        for (entry, setting) in settings {
            self.put(entry.parameter, setting, &mut texts);
        }
        self.version.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Sets a parameter before the start, as a line of redis.conf does: those that CONFIG SET can't set too.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which names the parameter and what it takes. What an in-memory broker can't be at all, a
    /// replica or a node of a cluster, is refused too.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// let mut config = Config::new();
    /// config.preset("databases", "4")?;
    /// assert_eq!(config.number(Parameter::Databases), 4);
    ///
    /// let error = config.preset("databases", "0").unwrap_err();
    /// assert_eq!(error.to_string(), "databases can't be \"0\": argument must be between 1 and 2147483647 inclusive");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn preset(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<()> {
        let name = name.as_ref();
        let unknown = || Error::Config(format!("there is no parameter \"{}\" in Redis 7.0", name.escape_ascii()));
        self.fix(Entry::find(name).ok_or_else(unknown)?, value.as_ref())
    }

    /// Tells what the program that serves the broker has found or made: its port, its socket, its log file. It sets
    /// parameters that CONFIG SET can't set. The number of databases is not one of them: they are made at the start.
    ///
    /// # Errors
    ///
    /// As [`Config::preset`].
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// let config = Config::new();
    /// config.announce(Parameter::Port, "7000")?;
    /// assert_eq!(config.number(Parameter::Port), 7000);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn announce(&self, parameter: Parameter, value: impl AsRef<[u8]>) -> Result<()> {
        if parameter == Parameter::Databases {
            return Err(Error::Config("databases can be set before the start only".into()));
        }
        self.fix(Entry { name: parameter.name(), parameter }, value.as_ref())
    }

    /// Tells how many files the process that serves clients may have open, each client being one: `maxclients` is
    /// bounded by that, less 32 for all else. A higher one is lowered now, and refused by `CONFIG SET` from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::{Config, Parameter};
    ///
    /// let config = Config::new();
    /// config.limit_files(1024);
    /// assert_eq!(config.number(Parameter::MaxClients), 992);
    /// assert!(config.set([("maxclients", "993")]).unwrap_err().text().ends_with("try with 992"));
    /// ```
    pub fn limit_files(&self, files: u64) {
        let files = u32::try_from(files).unwrap_or(u32::MAX);
        let most = files.saturating_sub(RESERVED_FILES).max(1);
        self.most_clients.store(most, Ordering::Relaxed);
        if self.number(Parameter::MaxClients) > most.into() {
            let most = Setting::Number(most.into());
            self.put(Parameter::MaxClients, most, &mut self.texts.write().unwrap_or_else(PoisonError::into_inner));
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// Whether CONFIG SET can bring about what a new value asks for. Where sockets would have to be opened it can't,
    /// and answers as a Redis does that fails to open them.
    fn change(&self, parameter: Parameter, setting: &Setting) -> Result<(), Refusal> {
        let off = *setting == Setting::Number(0);
        match parameter {
            Parameter::Port => Err(Refusal::CannotListen),
            Parameter::Bind => Err(Refusal::CannotBind),
            Parameter::TlsPort | Parameter::TlsCluster | Parameter::TlsReplication if !off => Err(Refusal::NoTls),
            Parameter::MaxClients => self.check_files(setting),
            _ => Ok(()),
        }
    }

    fn check_files(&self, setting: &Setting) -> Result<(), Refusal> {
        let (Setting::Number(clients), most) = (setting, self.most_clients.load(Ordering::Relaxed)) else {
            return Ok(());
        };
        // A number so large that Redis's sum overflows asks for few files.
        let files = (*clients as u32).wrapping_add(RESERVED_FILES);
        if files > most.saturating_add(RESERVED_FILES) { Err(Refusal::TooFewFiles(most)) } else { Ok(()) }
    }

    fn fix(&self, Entry { name, parameter }: Entry, value: &[u8]) -> Result<()> {
        let refused =
            |why: &dyn fmt::Display| Error::Config(format!("{name} can't be \"{}\": {why}", value.escape_ascii()));
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        let setting = parameter.read(value, &text_in(parameter, &texts)).map_err(|reason| refused(&reason))?;
        let is_set = !self.is(parameter, &setting, &texts);
        match parameter {
            Parameter::ReplicaOf if is_set => return Err(refused(&"an in-memory broker is no replica")),
            Parameter::ClusterEnabled if is_set => return Err(refused(&"an in-memory broker is no node of a cluster")),
            _ => self.put(parameter, setting, &mut texts),
        }
        self.version.fetch_add(1, Ordering::Release);
        Ok(())
    }

    fn texts(&self) -> RwLockReadGuard<'_, Texts> {
        self.texts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, parameter: Parameter, texts: &Texts) -> Bytes {
        let number = self.numbers[parameter as usize].load(Ordering::Relaxed);
        parameter.row().kind.show(number).unwrap_or_else(|| text_in(parameter, texts))
    }

    fn is(&self, parameter: Parameter, setting: &Setting, texts: &Texts) -> bool {
        match setting {
            Setting::Number(number) => self.numbers[parameter as usize].load(Ordering::Relaxed) == *number,
            Setting::Text(text) => text_in(parameter, texts) == *text,
        }
    }

    fn put(&self, parameter: Parameter, setting: Setting, texts: &mut Texts) {
        match setting {
            Setting::Number(number) => self.numbers[parameter as usize].store(number, Ordering::Relaxed),
            Setting::Text(text) => drop(texts.insert(parameter, text)),
        }
    }
}

impl Parameter {
    /// Reads a value for this parameter, whose text is `current`.
    fn read(self, value: &[u8], current: &[u8]) -> Result<Setting, Refusal> {
        let setting = self.row().kind.read(self.name(), value, current)?;
        match self {
            Self::ActiveDefrag if setting != Setting::Number(0) => Err(Refusal::NoDefragmentation),
            _ => Ok(setting),
        }
    }
}

/// The text of a parameter that is no number.
fn text_in(parameter: Parameter, texts: &Texts) -> Bytes {
    let row = parameter.row();
    match (texts.get(&parameter), row.kind) {
        (Some(text), _) => text.clone(),
        (None, Kind::Directory) => {
            let directory = std::env::current_dir().unwrap_or_default();
            directory.into_os_string().into_encoded_bytes().into()
        }
        (None, _) => Bytes::from_static(row.default.as_bytes()),
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("version", &self.version()).finish_non_exhaustive()
    }
}
