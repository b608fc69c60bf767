//! LATENCY: how long things take. Answered by who holds the connection.

use crate::table::{Keys, rows};

rows! {
    /// LATENCY and its subcommands. All belong to one client's connection.
    LatencyCommand = Latency {
        Latency "latency" -2 [CONTAINER SESSION] Keys::None, "2.8.13";
        Doctor "latency|doctor" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.8.13";
        Graph "latency|graph" 3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.8.13";
        Help "latency|help" 2 [LOADING STALE SESSION] Keys::None, "2.8.13";
        Histogram "latency|histogram" -2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "7.0.0";
        History "latency|history" 3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.8.13";
        Latest "latency|latest" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.8.13";
        Reset "latency|reset" -2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "2.8.13";
    }
}
