//! Redis's remarks on key specifications, as `COMMAND INFO` sends them.

pub(super) const BITFIELD_BOTH: &str = "This command allows both access and modification of the key";
pub(super) const GETEX_TTL: &str = "RW and UPDATE because it changes the TTL";
pub(super) const PFCOUNT_CACHES: &str =
    "RW because it may change the internal representation of the key, and propagate to replicas";
pub(super) const SCRIPT_READS: &str = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS";
pub(super) const SCRIPT_WRITES: &str = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE";
pub(super) const SET_GET: &str = "RW and ACCESS due to the optional `GET` argument";
pub(super) const SORT_BY: &str = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive \
    from the content of the key we sort";
pub(super) const SORT_STORE: &str = "For the optional STORE keyword. It is marked 'unknown' because the keyword can \
    appear anywhere in the argument array";
pub(super) const XADD_TRIMS: &str = "UPDATE instead of INSERT because of the optional trimming feature";
