//! Sets: members without order under one key.

use crate::table::{Keys, rows};

rows! {
    /// Commands on sets.
    SetCommand = Set {
        SAdd "sadd" -3 [WRITE DENYOOM FAST] Keys::ONE, "1.0.0";
        SCard "scard" 2 [READONLY FAST] Keys::ONE, "1.0.0";
        SDiff "sdiff" -2 [READONLY] Keys::ALL, "1.0.0";
        SDiffStore "sdiffstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
        SInter "sinter" -2 [READONLY] Keys::ALL, "1.0.0";
        SInterCard "sintercard" -3 [READONLY] Keys::Counted { count: 0 }, "7.0.0";
        SInterStore "sinterstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
        SIsMember "sismember" 3 [READONLY FAST] Keys::ONE, "1.0.0";
        SMembers "smembers" 2 [READONLY] Keys::ONE, "1.0.0";
        SMIsMember "smismember" -3 [READONLY FAST] Keys::ONE, "6.2.0";
        SMove "smove" 4 [WRITE FAST] Keys::TWO, "1.0.0";
        SPop "spop" -2 [WRITE FAST] Keys::ONE, "1.0.0";
        SRandMember "srandmember" -2 [READONLY] Keys::ONE, "1.0.0";
        SRem "srem" -3 [WRITE FAST] Keys::ONE, "1.0.0";
        SScan "sscan" -3 [READONLY] Keys::ONE, "2.8.0";
        SUnion "sunion" -2 [READONLY] Keys::ALL, "1.0.0";
        SUnionStore "sunionstore" -3 [WRITE DENYOOM] Keys::ALL, "1.0.0";
    }
}
