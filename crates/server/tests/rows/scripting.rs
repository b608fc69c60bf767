//! Scripts and functions, as a server without any answers.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("evalsha", &["EVALSHA abc 0", "EVALSHA abc 1 k x"]),
    row("evalsha_ro", &["EVALSHA_RO abc 0", "EVALSHA_RO abc 1 k x"]),
    row("fcall", &["FCALL f 0", "FCALL f 1 k x"]),
    row("fcall_ro", &["FCALL_RO f 0", "FCALL_RO f 1 k x"]),
    row("function", &["FUNCTION"]),
    row("function|delete", &["FUNCTION DELETE lib"]),
    row("function|dump", &["FUNCTION DUMP"]),
    row("function|flush", &["FUNCTION FLUSH", "FUNCTION FLUSH ASYNC", "FUNCTION FLUSH sync"]),
    row("function|help", &["FUNCTION HELP"]),
    row("function|kill", &["FUNCTION KILL"]),
    row("function|list", &["FUNCTION LIST", "FUNCTION LIST WITHCODE", "FUNCTION LIST LIBRARYNAME a* WITHCODE"]),
    row("function|stats", &["FUNCTION STATS"]),
    row("script", &["SCRIPT"]),
    row("script|exists", &["SCRIPT EXISTS abc", "SCRIPT EXISTS abc def"]),
    row("script|flush", &["SCRIPT FLUSH", "SCRIPT FLUSH ASYNC", "SCRIPT FLUSH sync"]),
    row("script|help", &["SCRIPT HELP"]),
    row("script|kill", &["SCRIPT KILL"]),
];
