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
    INVALID_FIRST_DB = "ERR invalid first DB index";
    INVALID_SECOND_DB = "ERR invalid second DB index";
    EXPIRE_NX_CONFLICT = "ERR NX and XX, GT or LT options at the same time are not compatible";
    EXPIRE_GT_LT_CONFLICT = "ERR GT and LT options at the same time are not compatible";
    EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
    NO_AUTH = "NOAUTH Authentication required.";
    HELLO_NO_AUTH = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";
    WRONG_PASS = "WRONGPASS invalid username-password pair or user is disabled.";
    NO_PASSWORD_SET = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";
    NO_PROTO = "NOPROTO unsupported protocol version";
    PROTOCOL_VERSION = "ERR Protocol version is not an integer or out of range";
    CLIENT_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";
    NO_SUCH_CLIENT = "ERR No such client";
    INVALID_CLIENT_ID = "ERR Invalid client ID";
    CLIENT_ID_NOT_POSITIVE = "ERR client-id should be greater than 0";
    MAX_CLIENTS = "ERR max number of clients reached";
    MULTI_NESTED = "ERR MULTI calls can not be nested";
    WATCH_IN_MULTI = "ERR WATCH inside MULTI is not allowed";
    SSUBSCRIBE_IN_MULTI = "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client";
    EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
    DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
    NO_KEY_ARGUMENTS = "ERR The command has no key arguments";
    INVALID_COMMAND = "ERR Invalid command specified";
    INVALID_COMMAND_ARITY = "ERR Invalid number of arguments specified for command";
    INVALID_COMMAND_ARGUMENTS = "ERR Invalid arguments specified for command";
    PROTOCOL_MBULK_LENGTH = "ERR Protocol error: invalid multibulk length";
    PROTOCOL_UNAUTHENTICATED_MBULK = "ERR Protocol error: unauthenticated multibulk length";
    PROTOCOL_BIG_MBULK_COUNT = "ERR Protocol error: too big mbulk count string";
    PROTOCOL_BULK_LENGTH = "ERR Protocol error: invalid bulk length";
    PROTOCOL_UNAUTHENTICATED_BULK = "ERR Protocol error: unauthenticated bulk length";
    PROTOCOL_BIG_BULK_COUNT = "ERR Protocol error: too big bulk count string";
    PROTOCOL_BIG_INLINE = "ERR Protocol error: too big inline request";
    PROTOCOL_UNBALANCED_QUOTES = "ERR Protocol error: unbalanced quotes in request";
    NO_CONFIG_FILE = "ERR The server is running without a config file";
    OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
    NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL.";
    NOT_BUSY = "NOTBUSY No scripts in execution right now.";
    NO_FUNCTION = "ERR Function not found";
    NO_LIBRARY = "ERR Library not found";
    NO_LIBRARY_NAME = "ERR library name argument was not given";
    FUNCTION_FLUSH_OPTION = "ERR FUNCTION FLUSH only supports SYNC|ASYNC option";
    SCRIPT_FLUSH_OPTION = "ERR SCRIPT FLUSH only support SYNC|ASYNC option";
    NEGATIVE_KEYS = "ERR Number of keys can't be negative";
    TIMEOUT_NOT_AN_INTEGER = "ERR timeout is not an integer or out of range";
    TIMEOUT_NEGATIVE = "ERR timeout is negative";
    NEEDS_CONNECTION = "ERR this command needs a connection of its own";
}
