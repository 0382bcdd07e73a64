//! How much time of the processor some work takes: on a busy machine the time of day says little.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Measures `work`, which stays on this thread.
pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let before = run();
    work();
    run().saturating_sub(before)
}

/// For how long this thread has run.
fn run() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
