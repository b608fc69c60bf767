//! SLOWLOG: the commands that took long. Answered by who holds the connection.

use crate::table::{Keys, rows};

rows! {
    /// SLOWLOG and its subcommands. All belong to one client's connection.
    SlowlogCommand = Slowlog {
        Slowlog "slowlog" -2 [CONTAINER SESSION] Keys::None, "2.2.12";
        Get "slowlog|get" -2 [ADMIN LOADING STALE SESSION] Keys::None, "2.2.12";
        Help "slowlog|help" 2 [LOADING STALE SESSION] Keys::None, "6.2.0";
        Len "slowlog|len" 2 [ADMIN LOADING STALE SESSION] Keys::None, "2.2.12";
        Reset "slowlog|reset" 2 [ADMIN LOADING STALE SESSION] Keys::None, "2.2.12";
    }
}
