//! Scripts and functions. There is no Lua here: what asks for a script is answered as by a Redis that holds none.

use crate::table::{Keys, rows};

rows! {
    /// Commands on scripts and functions.
    ScriptingCommand = Scripting {
        EvalSha "evalsha" -3 [NOSCRIPT STALE SKIP_MONITOR NO_MANDATORY_KEYS MAY_REPLICATE] Keys::Counted { count: 1 }, "2.6.0";
        EvalShaRo "evalsha_ro" -3 [READONLY NOSCRIPT STALE SKIP_MONITOR NO_MANDATORY_KEYS] Keys::Counted { count: 1 }, "7.0.0";
        FCall "fcall" -3 [NOSCRIPT STALE SKIP_MONITOR NO_MANDATORY_KEYS MAY_REPLICATE] Keys::Counted { count: 1 }, "7.0.0";
        FCallRo "fcall_ro" -3 [READONLY NOSCRIPT STALE SKIP_MONITOR NO_MANDATORY_KEYS] Keys::Counted { count: 1 }, "7.0.0";
        Function "function" -2 [CONTAINER] Keys::None, "7.0.0";
        FunctionDelete "function|delete" 3 [WRITE NOSCRIPT] Keys::None, "7.0.0";
        FunctionDump "function|dump" 2 [NOSCRIPT] Keys::None, "7.0.0";
        FunctionFlush "function|flush" -2 [WRITE NOSCRIPT] Keys::None, "7.0.0";
        FunctionHelp "function|help" 2 [LOADING STALE] Keys::None, "7.0.0";
        FunctionKill "function|kill" 2 [NOSCRIPT ALLOW_BUSY] Keys::None, "7.0.0";
        FunctionList "function|list" -2 [NOSCRIPT] Keys::None, "7.0.0";
        FunctionStats "function|stats" 2 [NOSCRIPT ALLOW_BUSY] Keys::None, "7.0.0";
        Script "script" -2 [CONTAINER] Keys::None, "2.6.0";
        ScriptExists "script|exists" -3 [NOSCRIPT] Keys::None, "2.6.0";
        ScriptFlush "script|flush" -2 [NOSCRIPT] Keys::None, "2.6.0";
        ScriptHelp "script|help" 2 [LOADING STALE] Keys::None, "5.0.0";
        ScriptKill "script|kill" 2 [NOSCRIPT ALLOW_BUSY] Keys::None, "2.6.0";
    }
}
