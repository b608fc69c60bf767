//! What to write instead of something that is no broker's URL.
//!
//! What was given is repeated only where it can't be a password: `SECRET` in the place of a URL is a mistake that is made.

use std::net::Ipv6Addr;

use super::Error;

const FORMS: &str = "a broker URL reads mem://, redis://host:port or redis+unix:///path";

impl Error {
    /// The [`Config`](Self::Config) error of a URL that is no broker's, with what to write: for `connect`, and for
    /// backends. It never tells a password.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Error;
    ///
    /// let error = Error::no_broker_url("localhost:6379");
    /// assert!(error.to_string().ends_with("write redis://localhost:6379 for \"localhost:6379\""));
    /// ```
    pub fn no_broker_url(given: &str) -> Self {
        Self::Config(match given.split_once("://") {
            // With or without the feature `redis`: to enable it would not help.
            Some(("rediss", _)) => {
                "Redis over TLS is not supported yet: write redis://[user:password@]host[:port][/database]".into()
            }
            Some((scheme, _)) => format!("no broker speaks {scheme}://: use mem://, redis:// or redis+unix://"),
            None if given.is_empty() => format!("{FORMS}: this one is empty"),
            None if is_host_and_port(given) => format!("{FORMS}: write redis://{given} for \"{given}\""),
            None if is_socket(given) => format!("{FORMS}: write redis+unix://{given} for \"{given}\""),
            None => match scheme(given) {
                Some(scheme) => format!("{FORMS}: this one begins with \"{scheme}\""),
                None => format!("{FORMS}: this one has no ://"),
            },
        })
    }
}

fn is_host_and_port(given: &str) -> bool {
    let Some((host, port)) = given.rsplit_once(':') else { return false };
    // Another word could be a user, and the port a password.
    let is_known = ["localhost", "redis"].contains(&host) || host.contains('.');
    let is_name = is_known && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let ip = host.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    let is_host = is_name || ip.is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    is_host && !port.starts_with('+') && port.parse::<u16>().is_ok()
}

fn is_socket(given: &str) -> bool {
    let path = given.strip_prefix('/').and_then(|path| path.strip_suffix(".sock"));
    path.is_some_and(|path| path.contains('/') && !path.contains(['?', '@', '%', '#']))
}

/// A scheme and the colon and slashes after it, where it is spelled so or begins so.
fn scheme(given: &str) -> Option<&str> {
    let name = given.split([':', '/']).next().filter(|name| ["mem", "redis", "rediss", "redis+unix"].contains(name))?;
    let rest = &given[name.len()..];
    given.strip_suffix(rest.strip_prefix(':').unwrap_or(rest).trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_told_with_what_to_write() {
        for (given, told) in [
            ("", "this one is empty"),
            ("localhost:6379", r#"write redis://localhost:6379 for "localhost:6379""#),
            ("redis:6379", r#"write redis://redis:6379 for "redis:6379""#),
            ("[::1]:7000", r#"write redis://[::1]:7000 for "[::1]:7000""#),
            ("/run/r.sock", r#"write redis+unix:///run/r.sock for "/run/r.sock""#),
            ("redis", r#"this one begins with "redis""#),
            ("mem:/x", r#"this one begins with "mem:/""#),
            ("redis:", r#"this one begins with "redis:""#),
            ("redis:/:hunter2@h", r#"this one begins with "redis:/""#),
            ("rediss:hunter2", r#"this one begins with "rediss:""#),
        ] {
            assert_eq!(Error::no_broker_url(given), Error::Config(format!("{FORMS}: {told}")), "{given}");
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        for given in [
            "hunter2",
            "hunter2:",
            ":1",
            "ann:hunter2@h:1",
            "ann:1234",
            "hunter2:6379",
            "[hunter2]:1",
            "/hunter2",
            "/hunter2.sock",
            "/hunter2@h.sock",
            "h:99999",
        ] {
            assert_eq!(Error::no_broker_url(given), Error::Config(format!("{FORMS}: this one has no ://")), "{given}");
        }
    }
}
