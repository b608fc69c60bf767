//! The facts of the commands on places.

use super::{Facts, Group};
use crate::table::key_spec::{OW_UPDATE, RO_ACCESS, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Geo, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("geoadd", "3.2.0", "O(log N) for each place, N the members", "Adds places by longitude and latitude")
        .keys(&[RW_UPDATE.at(1)]),
    fact("geodist", "3.2.0", "O(log N), N the members", "Tells how far two places are apart").keys(&[RO_ACCESS.at(1)]),
    fact("geohash", "3.2.0", "O(log N) for each place, N the members", "Gives the geohash strings of places")
        .keys(&[RO_ACCESS.at(1)]),
    fact("geopos", "3.2.0", "O(N), N the places asked for", "Gives the longitude and latitude of places")
        .keys(&[RO_ACCESS.at(1)]),
    fact(
        "georadius",
        "3.2.0",
        "O(N + log M), N the places around the circle, M those in it",
        "Finds, and may store, the places around a point",
    )
    .keys(&[RO_ACCESS.at(1), OW_UPDATE.after("STORE", 6), OW_UPDATE.after("STOREDIST", 6)])
    .replaced("6.2.0", "GEOSEARCH … BYRADIUS, GEOSEARCHSTORE … BYRADIUS"),
    fact(
        "georadius_ro",
        "3.2.10",
        "O(N + log M), N the places around the circle, M those in it",
        "Finds the places around a point",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "GEOSEARCH … BYRADIUS"),
    fact(
        "georadiusbymember",
        "3.2.0",
        "O(N + log M), N the places around the circle, M those in it",
        "Finds, and may store, the places around another",
    )
    .keys(&[RO_ACCESS.at(1), OW_UPDATE.after("STORE", 5), OW_UPDATE.after("STOREDIST", 5)])
    .replaced("6.2.0", "GEOSEARCH … FROMMEMBER … BYRADIUS, GEOSEARCHSTORE … FROMMEMBER … BYRADIUS"),
    fact(
        "georadiusbymember_ro",
        "3.2.10",
        "O(N + log M), N the places around the circle, M those in it",
        "Finds the places around another",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "GEOSEARCH … FROMMEMBER … BYRADIUS"),
    fact(
        "geosearch",
        "6.2.0",
        "O(N + log M), N the places around the area, M those in it",
        "Finds the places within a circle or box",
    )
    .keys(&[RO_ACCESS.at(1)]),
    fact(
        "geosearchstore",
        "6.2.0",
        "O(N + log M), N the places around the area, M those in it",
        "Stores the places within a circle or box",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2)]),
];
