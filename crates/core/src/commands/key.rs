//! Keys of any type: existence, expiry, renaming, iteration.

use crate::table::{Keys, rows};

rows! {
    /// Commands on keys of any type.
    KeyCommand = Key {
        Copy "copy" -3 [WRITE DENYOOM] Keys::TWO, "6.2.0";
        DbSize "dbsize" 1 [READONLY FAST] Keys::Whole, "1.0.0";
        Del "del" -2 [WRITE] Keys::ALL, "1.0.0";
        Exists "exists" -2 [READONLY FAST] Keys::ALL, "1.0.0";
        Expire "expire" -3 [WRITE FAST] Keys::ONE, "1.0.0";
        ExpireAt "expireat" -3 [WRITE FAST] Keys::ONE, "1.2.0";
        ExpireTime "expiretime" 2 [READONLY FAST] Keys::ONE, "7.0.0";
        FlushAll "flushall" -1 [WRITE] Keys::Whole, "1.0.0";
        FlushDb "flushdb" -1 [WRITE] Keys::Whole, "1.0.0";
        Keys "keys" 2 [READONLY] Keys::Whole, "1.0.0";
        Persist "persist" 2 [WRITE FAST] Keys::ONE, "2.2.0";
        PExpire "pexpire" -3 [WRITE FAST] Keys::ONE, "2.6.0";
        PExpireAt "pexpireat" -3 [WRITE FAST] Keys::ONE, "2.6.0";
        PExpireTime "pexpiretime" 2 [READONLY FAST] Keys::ONE, "7.0.0";
        PTtl "pttl" 2 [READONLY FAST] Keys::ONE, "2.6.0";
        RandomKey "randomkey" 1 [READONLY] Keys::Whole, "1.0.0";
        Rename "rename" 3 [WRITE] Keys::TWO, "1.0.0";
        RenameNx "renamenx" 3 [WRITE FAST] Keys::TWO, "1.0.0";
        Scan "scan" -2 [READONLY] Keys::Whole, "2.8.0";
        Touch "touch" -2 [READONLY FAST] Keys::ALL, "3.2.1";
        Ttl "ttl" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        Type "type" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        Unlink "unlink" -2 [WRITE FAST] Keys::ALL, "4.0.0";
    }
}
