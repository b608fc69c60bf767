//! CONFIG: the parameters of the broker.

use std::collections::HashMap;

use bytes::Bytes;

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands on the broker's parameters.
    ConfigCommand = Config {
        Config "config" -2 [CONTAINER] Keys::None, "2.0.0";
        ConfigGet "config|get" -3 [ADMIN NOSCRIPT LOADING STALE] Keys::None, "2.0.0";
        ConfigHelp "config|help" 2 [LOADING STALE] Keys::None, "5.0.0";
        ConfigResetStat "config|resetstat" 2 [ADMIN NOSCRIPT LOADING STALE] Keys::None, "2.0.0";
        ConfigRewrite "config|rewrite" 2 [ADMIN NOSCRIPT LOADING STALE] Keys::None, "2.8.0";
        ConfigSet "config|set" -4 [ADMIN NOSCRIPT LOADING STALE] Keys::None, "2.0.0";
    }
}

calls! {
    /// Typed calls on the broker's parameters. [`Parameter`](crate::instance::config::Parameter) names them all.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.config_set("maxclients", 20).await?;
    /// assert_eq!(broker.config_get("maxclients").await?["maxclients"], "20");
    /// # Ok(())
    /// # }
    /// ```
    pub trait ConfigCommands {
        /// `CONFIG GET pattern` (since 2.0.0): the parameters whose names match, with their values as text. Several
        /// names may have one value: the older `hash-max-ziplist-entries` is still there.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// let limits = broker.config_get("hash-max-*-entries").await?;
        /// assert_eq!(limits["hash-max-listpack-entries"], "512");
        /// assert_eq!(limits.len(), 2);
        /// # Ok(())
        /// # }
        /// ```
        fn config_get<'a>(pattern: impl Into<Arg<'a>>) -> HashMap<String, Bytes> =
            Command::new(ConfigCommand::ConfigGet.spec()).arg(pattern);

        /// `CONFIG SET parameter value` (since 2.0.0): sets a parameter while the broker runs. Memory is in bytes, or
        /// with a unit such as `100mb`.
        ///
        /// # Errors
        ///
        /// `ERR Unknown option …` for a name that is no parameter, and `ERR CONFIG SET failed …` with the reason for a
        /// value that it does not take, and for what can be set before the start only.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.config_set("slowlog-max-len", 10).await?;
        /// assert_eq!(broker.config_get("slowlog-max-len").await?["slowlog-max-len"], "10");
        /// assert!(broker.config_set("databases", 20).await.is_err());
        /// # Ok(())
        /// # }
        /// ```
        fn config_set<'a>(parameter: impl Into<Arg<'a>>, value: impl Into<Arg<'a>>) -> () =
            Command::new(ConfigCommand::ConfigSet.spec()).arg(parameter).arg(value);

        /// `CONFIG RESETSTAT` (since 2.0.0): what INFO counts is counted from 0 again.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.config_resetstat().await?;
        /// # Ok(())
        /// # }
        /// ```
        fn config_resetstat<'a>() -> () = Command::new(ConfigCommand::ConfigResetStat.spec());
    }
}
