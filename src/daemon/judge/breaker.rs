//! When a service that fails is left alone, and which of its failures are told.

use chrono::NaiveDate;
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row after which it is left alone.
const MOST_FAILURES: u32 = 3;

/// For how long, and for how long at most: each further failure doubles it.
const REST: Duration = Duration::from_mins(5);
const LONGEST_REST: Duration = Duration::from_hours(1);

/// The least time between two failures that are told.
const QUIET: Duration = Duration::from_mins(1);

/// What is known of a service by its answers.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Failures in a row.
    failures: u32,
    /// Until when it is left alone.
    until: Option<Instant>,
    /// When a failure was told last.
    told: Option<Instant>,
    /// The day of which it was told last that its budget is spent.
    spent: Option<NaiveDate>,
}

/// What a failure leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing that has not been told.
    Silent,
    /// It is to be told.
    Failed,
    /// From now on the service is left alone for so long.
    Rests(Duration),
}

impl Breaker {
    /// Tells whether it is left alone now.
    pub(super) fn is_resting(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Notes an answer. Returns whether it had been left alone before.
    pub(super) fn answered(&mut self) -> bool {
        self.failures = 0;
        self.until.take().is_some()
    }

    /// Notes a failure; with `wait` the service itself asked to be left alone for so long.
    pub(super) fn failed(&mut self, now: Instant, wait: Option<Duration>) -> Change {
        // Of several questions that are under way, the first to fail says it all.
        if self.is_resting(now) {
            return Change::Silent;
        }
        self.failures = self.failures.saturating_add(1);
        let more = self.failures.checked_sub(MOST_FAILURES);
        let rest = more.map(|more| REST.saturating_mul(1 << more.min(16)).min(LONGEST_REST));
        // What the service asks for is bounded too.
        let wait = wait.map(|wait| wait.min(LONGEST_REST));
        if let Some(rest) = rest.max(wait) {
            self.until = Some(now + rest);
            self.told = Some(now);
            return Change::Rests(rest);
        }
        if self.told.is_some_and(|told| now.duration_since(told) < QUIET) {
            return Change::Silent;
        }
        self.told = Some(now);
        Change::Failed
    }

    /// Tells whether this is the first time that its budget was found spent on this day.
    pub(super) fn is_first_of(&mut self, day: NaiveDate) -> bool {
        self.spent.replace(day) != Some(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn three_failures_in_a_row_bring_rest_and_each_further_one_a_longer_one() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        assert_eq!(breaker.failed(now, None), Change::Failed);
        assert_eq!(breaker.failed(now, None), Change::Silent);
        assert!(!breaker.is_resting(now));
        for minutes in [5, 10, 20, 40, 60, 60] {
            assert_eq!(breaker.failed(now, None), Change::Rests(minutes * MINUTE));
            // One that was under way then.
            assert_eq!(breaker.failed(now, None), Change::Silent);
            assert!(breaker.is_resting(now + minutes * MINUTE - Duration::from_secs(1)));
            now += minutes * MINUTE;
            assert!(!breaker.is_resting(now));
        }
        assert!(breaker.answered());
        assert!(!breaker.answered());
        assert_eq!(breaker.failed(now + MINUTE, None), Change::Failed);
    }

    #[test]
    fn one_failure_between_answers_brings_no_rest_and_is_told_once_a_minute() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        let mut told = 0;
        for second in 0..120 {
            let change = breaker.failed(now + Duration::from_secs(second), None);
            assert!(!matches!(change, Change::Rests(_)));
            told += u32::from(change == Change::Failed);
            breaker.answered();
        }
        assert_eq!(told, 2);
    }

    #[test]
    fn one_that_asks_to_be_left_alone_is() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.failed(now, Some(2 * MINUTE)), Change::Rests(2 * MINUTE));
        assert!(breaker.is_resting(now + MINUTE) && !breaker.is_resting(now + 2 * MINUTE));
    }

    #[test]
    fn one_that_asks_to_be_left_alone_for_ever_is_asked_again_after_an_hour() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.failed(now, Some(Duration::MAX)), Change::Rests(60 * MINUTE));
        assert!(!breaker.is_resting(now + 60 * MINUTE));
    }

    #[test]
    fn a_spent_budget_is_told_once_a_day() {
        let mut breaker = Breaker::default();
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert!(breaker.is_first_of(day) && !breaker.is_first_of(day));
        assert!(breaker.is_first_of(day.succ_opt().unwrap()));
    }
}
