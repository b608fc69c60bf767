//! Users, of whom there is one.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("acl", &["ACL"]),
    row("acl|cat", &["ACL CAT scripting", "ACL CAT"])
        .outcome_only("in the order of a hash table, without the commands that are absent"),
    row("acl|deluser", &["ACL DELUSER nobody", "ACL DELUSER default"]),
    row("acl|dryrun", &["ACL DRYRUN default GET k", "ACL DRYRUN nobody GET k"]),
    row("acl|genpass", &["ACL GENPASS", "ACL GENPASS 5"]).outcome_only("random"),
    row("acl|getuser", &["ACL GETUSER default", "ACL GETUSER nobody"]),
    row("acl|help", &["ACL HELP"]),
    row("acl|list", &["ACL LIST"]),
    row("acl|load", &["ACL LOAD"]),
    row("acl|log", &["ACL LOG RESET", "ACL LOG RESET; ACL LOG", "ACL LOG RESET; ACL LOG 5"]),
    row("acl|save", &["ACL SAVE"]),
    row("acl|setuser", &["ACL SETUSER default on", "ACL SETUSER default +@all"])
        .without_odd_words("there is one user here: see the conversations about ACL"),
    row("acl|users", &["ACL USERS"]),
    row("acl|whoami", &["ACL WHOAMI"]),
];
