//! Messages.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("psubscribe", &["PSUBSCRIBE p*", "PSUBSCRIBE a b a"]),
    row(
        "publish",
        &[
            "PUBLISH c x",
            "HELLO 3; SUBSCRIBE c; PUBLISH c x",
            "HELLO 3; PSUBSCRIBE *; MULTI; PUBLISH c x; EXEC; PUBLISH c y",
        ],
    ),
    row("pubsub", &["PUBSUB"]),
    row("pubsub|channels", &["HELLO 3; SUBSCRIBE a b; PUBSUB CHANNELS", "PUBSUB CHANNELS a*"]).in_any_order(),
    row("pubsub|help", &["PUBSUB HELP"]),
    row("pubsub|numpat", &["HELLO 3; PSUBSCRIBE a b a; PUBSUB NUMPAT"]),
    row("pubsub|numsub", &["HELLO 3; SUBSCRIBE a; PUBSUB NUMSUB a b a", "PUBSUB NUMSUB"]),
    row("pubsub|shardchannels", &["HELLO 3; SSUBSCRIBE a b; PUBSUB SHARDCHANNELS", "PUBSUB SHARDCHANNELS a*"])
        .in_any_order(),
    row("pubsub|shardnumsub", &["HELLO 3; SSUBSCRIBE a; PUBSUB SHARDNUMSUB a b a", "PUBSUB SHARDNUMSUB"]),
    row(
        "punsubscribe",
        &[
            "PUNSUBSCRIBE",
            "PSUBSCRIBE a; PUNSUBSCRIBE a b",
            "PSUBSCRIBE a; PUNSUBSCRIBE",
            "PSUBSCRIBE z a y; PUNSUBSCRIBE",
        ],
    ),
    row("spublish", &["SPUBLISH c x", "HELLO 3; SSUBSCRIBE c; SPUBLISH c x"]),
    row("ssubscribe", &["SSUBSCRIBE c", "SSUBSCRIBE a b a", "MULTI; SSUBSCRIBE a; EXEC; SSUBSCRIBE b"]),
    row("subscribe", &["SUBSCRIBE c", "SUBSCRIBE a b a", "MULTI; SUBSCRIBE a; EXEC; SUBSCRIBE b"]),
    row("sunsubscribe", &["SUNSUBSCRIBE", "SSUBSCRIBE a; SUNSUBSCRIBE a b", "SSUBSCRIBE a; SUNSUBSCRIBE"]),
    row("unsubscribe", &["UNSUBSCRIBE", "SUBSCRIBE a; UNSUBSCRIBE a b", "SUBSCRIBE a; PSUBSCRIBE b; UNSUBSCRIBE"]),
];
