//! The fixed error texts of Redis 7.0.15, each measured on the real server. One place, one spelling.

use super::ServerError;

macro_rules! texts {
    ($($name:ident = $text:literal;)*) => { $(
        #[doc = concat!("`", $text, "`")]
        pub const $name: ServerError = ServerError::from_static($text);
    )* };
}

texts! {
    WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    SYNTAX = "ERR syntax error";
    NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    NOT_A_FLOAT = "ERR value is not a valid float";
    OUT_OF_RANGE = "ERR value is out of range";
    MUST_BE_POSITIVE = "ERR value is out of range, must be positive";
    VALUE_NAN_OR_INFINITY = "ERR value is NaN or Infinity";
    NAN_OR_INFINITY = "ERR increment would produce NaN or Infinity";
    INCR_OVERFLOW = "ERR increment or decrement would overflow";
    DECR_OVERFLOW = "ERR decrement would overflow";
    NO_SUCH_KEY = "ERR no such key";
    SAME_OBJECT = "ERR source and destination objects are the same";
    OFFSET_OUT_OF_RANGE = "ERR offset is out of range";
    STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    INVALID_CURSOR = "ERR invalid cursor";
    HASH_VALUE_NOT_INTEGER = "ERR hash value is not an integer";
    HASH_VALUE_NOT_FLOAT = "ERR hash value is not a float";
    BIT_OFFSET = "ERR bit offset is not an integer or out of range";
    BIT_VALUE = "ERR bit is not an integer or out of range";
    BITPOS_BIT = "ERR The bit argument must be 1 or 0.";
    BITOP_NOT_SOURCES = "ERR BITOP NOT must be called with a single source key.";
    BITFIELD_TYPE = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
    BITFIELD_OVERFLOW = "ERR Invalid OVERFLOW type specified";
    BITFIELD_RO_WRITE = "ERR BITFIELD_RO only supports the GET subcommand";
    NUMKEYS_NOT_POSITIVE = "ERR numkeys should be greater than 0";
    TOO_MANY_KEYS = "ERR Number of keys can't be greater than number of args";
    LIMIT_NEGATIVE = "ERR LIMIT can't be negative";
    DB_OUT_OF_RANGE = "ERR DB index is out of range";
    EXPIRE_NX_CONFLICT = "ERR NX and XX, GT or LT options at the same time are not compatible";
    EXPIRE_GT_LT_CONFLICT = "ERR GT and LT options at the same time are not compatible";
    EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
    PROTOCOL_MBULK_LENGTH = "ERR Protocol error: invalid multibulk length";
    PROTOCOL_UNAUTHENTICATED_MBULK = "ERR Protocol error: unauthenticated multibulk length";
    PROTOCOL_BIG_MBULK_COUNT = "ERR Protocol error: too big mbulk count string";
    PROTOCOL_BULK_LENGTH = "ERR Protocol error: invalid bulk length";
    PROTOCOL_UNAUTHENTICATED_BULK = "ERR Protocol error: unauthenticated bulk length";
    PROTOCOL_BIG_BULK_COUNT = "ERR Protocol error: too big bulk count string";
    PROTOCOL_BIG_INLINE = "ERR Protocol error: too big inline request";
    PROTOCOL_UNBALANCED_QUOTES = "ERR Protocol error: unbalanced quotes in request";
    OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
}
