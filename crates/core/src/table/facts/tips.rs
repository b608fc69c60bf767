//! Redis's hints on commands, for clients and proxies that spread calls over many servers.

pub(super) const NONDETERMINISTIC_OUTPUT: &str = "nondeterministic_output";
pub(super) const NONDETERMINISTIC_OUTPUT_ORDER: &str = "nondeterministic_output_order";
pub(super) const REQUEST_ALL_NODES: &str = "request_policy:all_nodes";
pub(super) const REQUEST_ALL_SHARDS: &str = "request_policy:all_shards";
pub(super) const REQUEST_MULTI_SHARD: &str = "request_policy:multi_shard";
pub(super) const REQUEST_SPECIAL: &str = "request_policy:special";
pub(super) const RESPONSE_AGG_LOGICAL_AND: &str = "response_policy:agg_logical_and";
pub(super) const RESPONSE_AGG_MIN: &str = "response_policy:agg_min";
pub(super) const RESPONSE_AGG_SUM: &str = "response_policy:agg_sum";
pub(super) const RESPONSE_ALL_SUCCEEDED: &str = "response_policy:all_succeeded";
pub(super) const RESPONSE_ONE_SUCCEEDED: &str = "response_policy:one_succeeded";
pub(super) const RESPONSE_SPECIAL: &str = "response_policy:special";
