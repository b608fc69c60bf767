//! The fixed error texts of Redis 7.0.15, each measured on the real server. One place, one spelling.
//!
//! # Examples
//!
//! ```
//! use embroker_core::error::texts;
//!
//! assert_eq!(texts::SYNTAX.to_string(), "ERR syntax error");
//! assert_eq!(texts::WRONG_TYPE.code(), "WRONGTYPE");
//! ```

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
    FREQ_NOT_TRACKED = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    IDLE_NOT_TRACKED = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    DEBUG_NOT_ALLOWED = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.";
    DEBUG_PROTOCOL_TYPE = "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";
    PACKED_THRESHOLD = "ERR argument must be a memory value bigger than 1 and smaller than 4gb";
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
    PROTECTED_MODE = "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.";
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
    NOT_IN_TRANSACTION = "ERR Command not allowed inside a transaction";
    REPLICA_KEYSPACE = "ERR Replica can't interact with the keyspace";
    MONITOR_IN_MULTI = "ERR MONITOR isn't allowed for DENY BLOCKING client";
    PAUSE_MODE = "ERR CLIENT PAUSE mode must be WRITE or ALL";
    PAUSE_FAILED = "ERR no thread could be started that ends the pause";
    UNBLOCK_REASON = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
    CACHING_WITHOUT_TRACKING = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
    TRACKING_REDIRECT_TWICE = "ERR A client can only redirect to a single other client";
    TRACKING_REDIRECT = "ERR The client ID you want redirect to does not exist";
    TRACKING_PREFIX = "ERR PREFIX option requires BCAST mode to be enabled";
    TRACKING_BCAST = "ERR OPTIN and OPTOUT are not compatible with BCAST";
    TRACKING_OPTS = "ERR You can't specify both OPTIN mode and OPTOUT mode";
    TRACKING_ABSENT = "ERR embroker does not track the keys that clients read: CLIENT TRACKING can only be OFF";
    ACL_GENPASS_BITS = "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096";
    ACL_RANDOM = "ERR the system gave no random bytes";
    ACL_NO_FILE = "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.";
    ACL_USER_NAME = "ERR Usernames can't contain spaces or null characters";
    ACL_DEFAULT_STAYS = "ERR The 'default' user cannot be removed";
    ACL_ONE_USER = "ERR embroker has one user, 'default', who may do everything: ACL SETUSER cannot add or change users";
    SLOWLOG_COUNT = "ERR count should be greater than or equal to -1";
    SHUTDOWN_FAILED = "ERR Errors trying to SHUTDOWN. Check logs.";
    SHUTDOWN_NOT_IN_PROGRESS = "ERR No shutdown in progress.";
    SHUTDOWN_NO_SERVER = "ERR no server holds this connection: there is nothing that SHUTDOWN could end";
}
