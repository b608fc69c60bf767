//! What a command does and where it may run: Redis's flags, and some that it does not tell.

use super::bit_set::{bit_set, same};

bit_set! {
    /// What a command does, as a small set. All but the last four are what `COMMAND INFO` of Redis 7.0 names.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::Flags;
    ///
    /// let flags = Flags::READONLY | Flags::FAST;
    /// assert!(flags.contains(Flags::FAST) && !flags.contains(Flags::WRITE));
    /// assert_eq!(format!("{flags:?}"), r#"{"readonly", "fast"}"#);
    /// ```
    Flags(u32) {
        /// May change keys.
        WRITE "write";
        /// Reads keys and changes nothing.
        READONLY "readonly";
        /// May take more memory, and is refused when there is none left.
        DENYOOM "denyoom";
        /// Is for who runs the server.
        ADMIN "admin";
        /// Is about messages.
        PUBSUB "pubsub";
        /// Is refused in a script.
        NOSCRIPT "noscript";
        /// May wait for another client.
        BLOCKING "blocking";
        /// Runs while the data is being loaded.
        LOADING "loading";
        /// Runs on a replica that has lost its master.
        STALE "stale";
        /// Is not shown by MONITOR.
        SKIP_MONITOR "skip_monitor";
        /// Is not kept in the log of slow commands.
        SKIP_SLOWLOG "skip_slowlog";
        /// Runs on a slot that a cluster is just importing.
        ASKING "asking";
        /// Takes constant or logarithmic time.
        FAST "fast";
        /// Is answered before the client has given its password.
        NO_AUTH "no_auth";
        /// Has keys, but may be called with none.
        NO_MANDATORY_KEYS "no_mandatory_keys";
        /// Is refused while the data is being replaced by a master's.
        NO_ASYNC_LOADING "no_async_loading";
        /// Is refused in a transaction.
        NO_MULTI "no_multi";
        /// Has keys at places that no range tells. Rows leave it out, see [`CommandSpec::redis_flags`].
        ///
        /// [`CommandSpec::redis_flags`]: super::CommandSpec::redis_flags
        MOVABLE_KEYS "movablekeys";
        /// Runs while a script keeps the server busy.
        ALLOW_BUSY "allow_busy";
        /// Needs a connection of its own: refused by [`Broker::execute`](crate::Broker::execute). Not one of Redis's.
        SESSION "session";
        /// Has subcommands. Not one of Redis's.
        CONTAINER "container";
        /// Reaches into other databases than its caller's: MOVE, SWAPDB, FLUSHALL. Not one of Redis's.
        DATABASES "databases";
        /// Is passed on to replicas although it writes no key. Redis has this flag too, and 7.0.15 tells it of no
        /// command.
        MAY_REPLICATE "may_replicate";
    }
}

impl Flags {
    /// What `COMMAND INFO` does not tell.
    pub(super) const UNTOLD: Self = Self::SESSION.with(Self::CONTAINER).with(Self::DATABASES).with(Self::MAY_REPLICATE);
}
