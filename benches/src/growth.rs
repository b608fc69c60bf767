//! How figures grow with subscribers, keys and payloads: a chart each.

use anyhow::Result;
use embroker::MemBroker;
use embroker::prelude::*;

use crate::bench::Bench;
use crate::machine::free_memory;
use crate::measure::{Effort, single};
use crate::pubsub::{PAYLOAD, broadcast_to, ours_to};
use crate::report::{Chart, Samples, Series, Summary, Unit};
use crate::typed::{Call, Keys};

/// How much memory ten million keys may take, ours and the peer's.
const TEN_MILLION_TAKE: u64 = 9 << 30;

/// Measures the growth.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    bench.chart("growth", "subscribers", subscribers);
    bench.chart("growth", "payload", payloads);
    bench.chart("growth", "keys", keys);
    Ok(())
}

/// One more point of ours and of the peer's.
fn add(chart: &mut [Series; 2], across: f64, samples: &Samples, per: f64) {
    for (series, figures) in chart.iter_mut().zip([&samples.ours, &samples.peer]) {
        series.points.extend(Summary::of(figures).map(|summary| (across, summary.median / per)));
    }
}

fn series(names: [&str; 2]) -> [Series; 2] {
    names.map(|name| Series { name: name.to_owned(), points: Vec::new() })
}

fn subscribers(effort: Effort) -> Result<Chart> {
    let runtime = single()?;
    let mut lines = series(["embroker", "tokio broadcast"]);
    for count in [1, 10, 100, 1_000, 10_000] {
        let ours = ours_to(&runtime, count, PAYLOAD, 1)?;
        let samples = effort.pair(Unit::Nanoseconds, ours, broadcast_to(count, PAYLOAD, 1))?;
        add(&mut lines, count as f64, &samples, count as f64);
    }
    Ok(Chart {
        name: "subscribers".into(),
        title: "publish + receive, ns for each delivery".into(),
        across: "subscribers".into(),
        series: lines.into(),
    })
}

fn payloads(effort: Effort) -> Result<Chart> {
    let runtime = single()?;
    let mut lines = series(["embroker", "tokio broadcast of Arc<[u8]>"]);
    for size in [16, 256, 1_024, 16_384, 131_072, 1_048_576] {
        let payload = vec![b'x'; size];
        let ours = ours_to(&runtime, 10, &payload, 1)?;
        let samples = effort.pair(Unit::Nanoseconds, ours, broadcast_to(10, &payload, 1))?;
        add(&mut lines, size as f64, &samples, 1.0);
    }
    Ok(Chart {
        name: "payload".into(),
        title: "publish + receive with 10 subscribers, ns for each message".into(),
        across: "bytes of payload".into(),
        series: lines.into(),
    })
}

fn keys(effort: Effort) -> Result<Chart> {
    let runtime = single()?;
    let most = match (effort.quick, free_memory() > TEN_MILLION_TAKE) {
        (true, _) => 100_000,
        (false, false) => 1_000_000,
        (false, true) => 10_000_000,
    };
    let mut all = Vec::new();
    for (call, peer) in [(Call::Get, "DashMap get"), (Call::HIncrBy, "DashMap += 1")] {
        let mut lines = series([call.name(), peer]);
        for count in [1_000_u32, 10_000, 100_000, 1_000_000, 10_000_000] {
            // Ten million hashes do not fit where ten million strings do.
            if count > most || (call == Call::HIncrBy && count > 1_000_000) {
                continue;
            }
            let keys = Keys::new(&runtime, call, count)?;
            let peer = keys.peer();
            let samples = effort.pair(Unit::Nanoseconds, |count| Ok(keys.call(&runtime, count, &keys.order)), peer)?;
            add(&mut lines, f64::from(count), &samples, 1.0);
        }
        all.extend(lines);
    }
    // A broker with nothing in it answers without looking far: the floor of a call.
    let empty = MemBroker::new();
    let floor = effort.alone(Unit::Nanoseconds, |count| {
        Ok(crate::measure::timed_async(&runtime, count, &[0], |_| empty.get("nobody")))
    })?;
    if let Some(floor) = Summary::of(&floor.ours) {
        let points = vec![(1_000.0, floor.median), (f64::from(most), floor.median)];
        all.push(Series { name: "GET on an empty broker".into(), points });
    }
    Ok(Chart {
        name: "keys".into(),
        title: "typed calls, ns for each".into(),
        across: "keys, drawn at random".into(),
        series: all,
    })
}
