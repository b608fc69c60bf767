//! Strings and counters.

use crate::table::{Keys, rows};

rows! {
    /// Commands on strings.
    StringCommand = String {
        Append "append" 3 [WRITE DENYOOM FAST] Keys::ONE, "2.0.0";
        Decr "decr" 2 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        DecrBy "decrby" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        Get "get" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        GetDel "getdel" 2 [WRITE FAST] Keys::ONE, "6.2.0";
        GetEx "getex" -2 [WRITE FAST] Keys::ONE, "6.2.0";
        GetRange "getrange" 4 [READONLY] Keys::ONE, "2.4.0";
        GetSet "getset" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        Incr "incr" 2 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        IncrBy "incrby" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        IncrByFloat "incrbyfloat" 3 [WRITE DENYOOM FAST] Keys::ONE, "2.6.0";
        MGet "mget" -2 [READONLY FAST] Keys::ALL, "1.0.0";
        MSet "mset" -3 [WRITE DENYOOM] Keys::range(0, -1, 2), "1.0.1";
        MSetNx "msetnx" -3 [WRITE DENYOOM] Keys::range(0, -1, 2), "1.0.1";
        PSetEx "psetex" 4 [WRITE DENYOOM] Keys::ONE, "2.6.0";
        Set "set" -3 [WRITE DENYOOM] Keys::ONE, "1.0.0";
        SetEx "setex" 4 [WRITE DENYOOM] Keys::ONE, "2.0.0";
        SetNx "setnx" 3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        SetRange "setrange" 4 [WRITE DENYOOM] Keys::ONE, "2.2.0";
        StrLen "strlen" 2 [READONLY FAST] Keys::ONE, "2.2.0";
        SubStr "substr" 4 [READONLY] Keys::ONE, "1.0.0";
    }
}
