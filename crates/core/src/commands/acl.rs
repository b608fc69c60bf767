//! ACL: who may do what. There is one user, `default`, who may do everything. Answered by who holds the connection.

use crate::table::{Keys, rows};

rows! {
    /// ACL and its subcommands. All belong to one client's connection.
    AclCommand = Acl {
        Acl "acl" -2 [CONTAINER SESSION] Keys::None, "6.0.0";
        Cat "acl|cat" -2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        DelUser "acl|deluser" -3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        DryRun "acl|dryrun" -4 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "7.0.0";
        GenPass "acl|genpass" -2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        GetUser "acl|getuser" 3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Help "acl|help" 2 [LOADING STALE SESSION] Keys::None, "6.0.0";
        List "acl|list" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Load "acl|load" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Log "acl|log" -2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Save "acl|save" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        SetUser "acl|setuser" -3 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        Users "acl|users" 2 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
        WhoAmI "acl|whoami" 2 [NOSCRIPT LOADING STALE SESSION] Keys::None, "6.0.0";
    }
}
