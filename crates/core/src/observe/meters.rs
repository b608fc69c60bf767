//! What `metrics` is told.

#![cfg_attr(not(feature = "metrics"), expect(unused_variables))]

use crate::Gap;

/// A command ran.
#[cfg(any(feature = "metrics", feature = "tracing"))]
pub(super) fn command(backend: &'static str, name: &'static str, failed: bool) {
    #[cfg(feature = "metrics")]
    {
        metrics::counter!("embroker_commands_total", "backend" => backend, "command" => name).increment(1);
        if failed {
            metrics::counter!("embroker_command_errors_total", "backend" => backend, "command" => name).increment(1);
        }
    }
}

/// So many bytes waited in a queue before, so many do now; whether a message was added.
#[inline]
pub(super) fn queue(before: usize, now: usize, delivered: bool) {
    #[cfg(feature = "metrics")]
    {
        if delivered {
            metrics::counter!("embroker_deliveries_total").increment(1);
        }
        if now > before {
            metrics::gauge!("embroker_queue_bytes").increment((now - before) as f64);
        } else if now < before {
            metrics::gauge!("embroker_queue_bytes").decrement((before - now) as f64);
        }
    }
}

/// A subscriber was told of a gap.
pub(super) fn gap(gap: Gap) {
    #[cfg(feature = "metrics")]
    {
        let name = match gap {
            Gap::Lagged(_) => "lagged",
            Gap::Disconnected => "disconnected",
            Gap::Resubscribed => "resubscribed",
        };
        metrics::counter!("embroker_gaps_total", "gap" => name).increment(1);
        if let Gap::Lagged(messages) = gap {
            metrics::counter!("embroker_lagged_messages_total").increment(messages);
        }
    }
}
