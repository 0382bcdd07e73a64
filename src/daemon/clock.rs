//! The time. Nobody else reads it: elsewhere it is an argument.

use chrono::{DateTime, SubsecRound, Utc};

/// Returns the time, in the microseconds that the store keeps.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
