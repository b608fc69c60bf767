//! CLIENT: what a connection tells of itself and of the others. Answered by who holds the connection.

use crate::table::{Keys, rows};

rows! {
    /// CLIENT and its subcommands. All belong to one client's connection.
    ClientCommand = Client {
        Client "client" -2 [CONTAINER SESSION] Keys::None, "2.4.0";
        Caching "client|caching" 3 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        GetName "client|getname" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "2.6.9";
        GetRedir "client|getredir" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Help "client|help" 2 [LOADING STALE SESSION] Keys::None, "5.0.0";
        Id "client|id" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "5.0.0";
        Info "client|info" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.2.0";
        Kill "client|kill" -3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.4.0";
        List "client|list" -2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.4.0";
        NoEvict "client|no-evict" 3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "7.0.0";
        Pause "client|pause" -3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.9.50";
        Reply "client|reply" 3 [NOSCRIPT LOADING STALE SESSION] Keys::None, "3.2.0";
        SetName "client|setname" 3 [NOSCRIPT LOADING STALE SESSION] Keys::None, "2.6.9";
        Tracking "client|tracking" -3 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        TrackingInfo "client|trackinginfo" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.2.0";
        Unblock "client|unblock" -3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "5.0.0";
        Unpause "client|unpause" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.2.0";
    }
}
