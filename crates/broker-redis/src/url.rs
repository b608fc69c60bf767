//! Where a Redis is and who asks: the two kinds of URL, read into a [`Location`].
//!
//! No error repeats the URL, because it may hold a password.

use std::fmt;
use std::path::PathBuf;

use embroker_core::{Error, Result};
use url::{Host, Url};

const DEFAULT_PORT: u16 = 6379;
const TCP_FORM: &str = "redis://[user:password@]host[:port][/database]";
const UNIX_FORM: &str = "redis+unix:///path/to.sock[?db=N&user=NAME&pass=PASSWORD]";

/// A server, a database of it, and the credentials for it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) address: Address,
    pub(crate) database: i64,
    pub(crate) credentials: Option<Credentials>,
}

/// A server's socket. Shown as `host:port` or as the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Location {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        if !url.contains("://") || url.starts_with("rediss://") {
            return Err(Error::no_broker_url(url));
        }
        let parsed = Url::parse(url).map_err(|error| {
            config(format!(
                "a Redis URL can't be read ({error}): write {TCP_FORM} or {UNIX_FORM}, with %40 for @, %2F for /"
            ))
        })?;
        if parsed.fragment().is_some() {
            return Err(config("a Redis URL has no part after #: write %23 where a # is meant"));
        }
        match parsed.scheme() {
            "redis" => tcp(&parsed),
            "redis+unix" => unix(&parsed),
            scheme => Err(config(format!("{scheme}:// is no Redis URL: write {TCP_FORM} or {UNIX_FORM}"))),
        }
    }
}

fn tcp(url: &Url) -> Result<Location> {
    if url.query().is_some() {
        return Err(config(format!("a redis:// URL has no part after ?: write {TCP_FORM}")));
    }
    let host = match url.host() {
        // An IPv6 address without its brackets, as a resolver takes it.
        Some(Host::Ipv6(ip)) => ip.to_string(),
        Some(host) => text(&host.to_string(), "host")?,
        None => String::new(),
    };
    if host.is_empty() {
        return Err(config(format!("a redis:// URL needs a host: write {TCP_FORM}")));
    }
    let database = match url.path().strip_prefix('/') {
        None | Some("") => 0,
        Some(number) => database(number)?,
    };
    let user = Some(url.username()).filter(|user| !user.is_empty());
    Ok(Location {
        address: Address::Tcp { host, port: url.port().unwrap_or(DEFAULT_PORT) },
        database,
        credentials: credentials(user, url.password())?,
    })
}

fn unix(url: &Url) -> Result<Location> {
    if url.has_host() {
        return Err(config(format!("a redis+unix:// URL has no host, so three slashes: write {UNIX_FORM}")));
    }
    let path = path(bytes(url.path(), "path")?)?;
    if path.as_os_str().len() < 2 {
        return Err(config(format!("a redis+unix:// URL needs the path of a socket: write {UNIX_FORM}")));
    }
    let (mut db, mut user, mut password) = (0, None, None);
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("db", number)) => db = database(number)?,
            Some(("user", name)) => user = Some(name),
            Some(("pass", word)) => password = Some(word),
            _ => {
                return Err(config(format!(
                    "a redis+unix:// URL knows db, user and pass after its ?: write {UNIX_FORM}"
                )));
            }
        }
    }
    Ok(Location { address: Address::Unix(path), database: db, credentials: credentials(user, password)? })
}

/// A password alone is the default user's, as for AUTH; a user alone has an empty one.
fn credentials(user: Option<&str>, password: Option<&str>) -> Result<Option<Credentials>> {
    if user.is_none() && password.is_none() {
        return Ok(None);
    }
    Ok(Some(Credentials {
        user: text(user.unwrap_or("default"), "user")?,
        password: text(password.unwrap_or_default(), "password")?,
    }))
}

fn database(number: &str) -> Result<i64> {
    let digits = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    match number.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(config(format!("the database of a Redis URL is a number from 0: write {TCP_FORM} or {UNIX_FORM}"))),
    }
}

/// Undoes percent-encoding.
fn bytes(encoded: &str, part: &str) -> Result<Vec<u8>> {
    let malformed =
        || config(format!("the {part} of a Redis URL has a % without two hexadecimal digits: write %25 for %"));
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or_else(malformed);
            (digit()? * 16 + digit()?) as u8
        } else {
            byte
        };
        decoded.push(byte);
    }
    Ok(decoded)
}

fn text(encoded: &str, part: &str) -> Result<String> {
    String::from_utf8(bytes(encoded, part)?).map_err(|_| config(format!("the {part} of a Redis URL is not UTF-8")))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "on other systems a path has to be UTF-8")]
fn path(bytes: Vec<u8>) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;

    Ok(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path(_: Vec<u8>) -> Result<PathBuf> {
    Err(config(format!("this system has no unix sockets: write {TCP_FORM}")))
}

fn config(text: impl Into<String>) -> Error {
    Error::Config(text.into())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location")
            .field("address", &self.address)
            .field("database", &self.database)
            .field("credentials", &self.credentials)
            .finish()
    }
}

impl fmt::Debug for Credentials {
    /// Never shows the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (String, i64, Option<(String, String)>) {
        let location = Location::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let credentials = location.credentials.map(|credentials| (credentials.user, credentials.password));
        (location.address.to_string(), location.database, credentials)
    }

    #[test]
    fn every_form_of_url_is_read() {
        let secret = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        for (url, address, database, credentials) in [
            ("redis://localhost", "localhost:6379", 0, None),
            ("redis://localhost/", "localhost:6379", 0, None),
            ("redis://127.0.0.1:7000/3", "127.0.0.1:7000", 3, None),
            ("redis://[::1]:7000/03", "[::1]:7000", 3, None),
            ("redis://:secret@h", "h:6379", 0, secret("default", "secret")),
            ("redis://ann:s%40%2f%3A%23%25@h:1/15", "h:1", 15, secret("ann", "s@/:#%")),
            ("redis://ann@h", "h:6379", 0, secret("ann", "")),
            ("redis://ann:p+q@h", "h:6379", 0, secret("ann", "p+q")),
            ("redis+unix:///run/r.sock", "/run/r.sock", 0, None),
            ("redis+unix:///a%20b/%C3%A9.sock?db=2", "/a b/é.sock", 2, None),
            ("redis+unix:///r?pass=p%26q+r&user=ann&db=1", "/r", 1, secret("ann", "p&q+r")),
            ("redis+unix:///r?pass=s", "/r", 0, secret("default", "s")),
        ] {
            assert_eq!(parsed(url), (address.to_owned(), database, credentials), "{url}");
        }
    }

    #[test]
    fn a_bad_url_says_what_to_write_and_never_the_password() {
        for (url, hint) in [
            ("redis://", "needs a host"),
            ("redis:///3", "needs a host"),
            ("redis://:hunter2@h:99999", "can't be read"),
            ("redis://:hunter2#x@h", "%"),
            ("redis://:hunter2%4@h", "%25"),
            ("redis://:hunter2%ff@h", "not UTF-8"),
            ("redis://:hunter2@h/x", "number from 0"),
            ("redis://:hunter2@h/-1", "number from 0"),
            ("redis://:hunter2@h/+1", "number from 0"),
            ("redis://:hunter2@h/1/2", "number from 0"),
            ("redis://:hunter2@h/99999999999999999999", "number from 0"),
            ("redis://h?pass=hunter2", "no part after ?"),
            ("rediss://:hunter2@h", "TLS"),
            ("http://:hunter2@h", "no Redis URL"),
            ("redis+unix://run/r.sock?pass=hunter2", "three slashes"),
            ("redis+unix:///?pass=hunter2", "path of a socket"),
            ("redis+unix:///r?hunter2", "db, user and pass"),
            ("redis+unix:///r?db=&pass=hunter2", "number from 0"),
            ("hunter2", "has no ://"),
            ("REDISS://:hunter2@h", "rediss:// is no Redis URL"),
            ("://hunter2", "can't be read"),
            ("localhost:6379", "write redis://localhost:6379"),
        ] {
            let error = Location::parse(url).unwrap_err();
            assert!(matches!(error, Error::Config(_)), "{url}: {error:?}");
            let text = format!("{error} {error:?}");
            assert!(text.contains(hint), "{url}: {text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let shown = format!("{:?}", Location::parse("redis://ann:hunter2@h").unwrap());
        assert!(shown.contains("ann") && !shown.contains("hunter2"), "{shown}");
    }
}
