//! What is scarce: requests of which a site gives so many a day, and reads that cost money. A ledger is
//! kept with the source, and written before what it pays for is asked.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use chrono_tz::America::Los_Angeles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The span over which a budget reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A day in UTC.
    Day,
    /// A day in California, where Google counts.
    PacificDay,
    /// A calendar month in UTC.
    Month,
}

impl Span {
    /// Returns the day on which the span that holds `now` began.
    fn begun(self, now: DateTime<Utc>) -> NaiveDate {
        match self {
            Self::Day => now.date_naive(),
            Self::PacificDay => now.with_timezone(&Los_Angeles).date_naive(),
            Self::Month => now.date_naive().with_day(1).unwrap_or(now.date_naive()),
        }
    }

    /// Returns when the span that holds `now` is over.
    pub fn over(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let begun = self.begun(now);
        let next = match self {
            Self::Day | Self::PacificDay => begun.succ_opt(),
            Self::Month => begun.checked_add_months(chrono::Months::new(1)),
        };
        let midnight = next.unwrap_or(begun).and_hms_opt(0, 0, 0).unwrap_or_default();
        match self {
            Self::Day | Self::Month => midnight.and_utc(),
            // Midnight exists there on every day.
            Self::PacificDay => midnight
                .and_local_timezone(Los_Angeles)
                .earliest()
                .map_or_else(|| now + Duration::days(1), |at| at.with_timezone(&Utc)),
        }
    }
}

/// What a budget is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Requests, or what a site counts them as.
    Calls,
    /// Millionths of a US dollar.
    MicroDollars,
}

/// So much and no more in one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What it is for, unique in its source: `search`, `reads`.
    pub name: &'static str,
    pub most: u64,
    pub unit: Unit,
    pub span: Span,
}

/// What a request may use up of a budget. The page that it brings says how much it was
/// ([`crate::source::Page::used`]); until then all of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    pub budget: Budget,
    pub most: u64,
}

/// What was used up, by budget. Kept with the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(pub BTreeMap<String, Account>);

/// What was used up of one budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The day on which the span began that is counted.
    pub begun: NaiveDate,
    pub used: u64,
    /// Posts that were read for it.
    #[serde(default)]
    pub posts: u64,
    /// As configured when it was last used.
    pub most: u64,
    pub unit: Unit,
    /// When it begins anew.
    pub over: DateTime<Utc>,
}

/// A budget does not allow what was to be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; nothing is asked before {}", until.format("%Y-%m-%d %H:%M UTC"))]
pub struct Spent {
    pub what: String,
    pub until: DateTime<Utc>,
}

impl Ledger {
    /// Sets aside what a request may use up.
    ///
    /// # Errors
    ///
    /// Fails, and sets nothing aside, where the budget does not hold so much any more.
    pub fn reserve(&mut self, cost: &Cost, now: DateTime<Utc>) -> Result<(), Spent> {
        let Cost { budget, most } = cost;
        let account = self.account(budget, now);
        let used = account.used.saturating_add(*most);
        if used > budget.most {
            let so_far = amount(account.used, budget.unit);
            let all = amount(budget.most, budget.unit);
            let what = match budget.unit {
                Unit::Calls => format!("the {} quota is used up ({so_far} of {all})", budget.name),
                Unit::MicroDollars => {
                    format!("the spending cap is reached ({so_far} of {all} spent)")
                }
            };
            return Err(Spent { what, until: budget.span.over(now) });
        }
        account.used = used;
        Ok(())
    }

    /// Returns what is left of a budget.
    pub fn left(&self, budget: &Budget, now: DateTime<Utc>) -> u64 {
        let begun = budget.span.begun(now);
        let account = self.0.get(budget.name).filter(|account| account.begun >= begun);
        budget.most.saturating_sub(account.map_or(0, |account| account.used))
    }

    /// Notes what a request used up in the end of what was set aside for it, and how many posts it
    /// brought.
    pub fn settle(&mut self, cost: &Cost, used: u64, posts: u64) {
        if let Some(account) = self.0.get_mut(cost.budget.name) {
            account.used = account.used.saturating_sub(cost.most).saturating_add(used);
            account.posts = account.posts.saturating_add(posts);
        }
    }

    fn account(&mut self, budget: &Budget, now: DateTime<Utc>) -> &mut Account {
        let begun = budget.span.begun(now);
        let fresh = || Account {
            begun,
            used: 0,
            posts: 0,
            most: budget.most,
            unit: budget.unit,
            over: budget.span.over(now),
        };
        let account = self.0.entry(budget.name.to_owned()).or_insert_with(fresh);
        // A clock that was set back does not give it all once more.
        if account.begun < begun {
            *account = fresh();
        }
        account.most = budget.most;
        account.unit = budget.unit;
        account
    }
}

impl Account {
    /// Returns how much of it was used, of how much, for people.
    pub fn told(&self) -> String {
        format!("{} of {}", amount(self.used, self.unit), amount(self.most, self.unit))
    }
}

/// Writes an amount as people say it.
fn amount(amount: u64, unit: Unit) -> String {
    match unit {
        Unit::Calls => amount.to_string(),
        Unit::MicroDollars => {
            let cents = amount.div_ceil(10_000);
            format!("{}.{:02} USD", cents / 100, cents % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cost(span: Span, most: u64) -> Cost {
        Cost {
            budget: Budget { name: "reads", most: 1_000_000, unit: Unit::MicroDollars, span },
            most,
        }
    }

    #[test]
    fn a_span_ends_where_the_site_counts() {
        let now = at("2026-11-22T07:30:00Z");
        assert_eq!(Span::Day.over(now), at("2026-11-23T00:00:00Z"));
        assert_eq!(Span::PacificDay.over(now), at("2026-11-22T08:00:00Z"));
        assert_eq!(Span::PacificDay.over(at("2026-07-01T08:00:00Z")), at("2026-07-02T07:00:00Z"));
        assert_eq!(Span::Month.over(now), at("2026-12-01T00:00:00Z"));
        assert_eq!(Span::Month.over(at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_set_aside_counts_until_it_is_settled() {
        let mut ledger = Ledger::default();
        let now = at("2026-11-22T07:30:00Z");
        let read = cost(Span::Month, 600_000);
        ledger.reserve(&read, now).unwrap();
        let spent = ledger.reserve(&read, now).unwrap_err();
        assert_eq!(
            spent.to_string(),
            "the spending cap is reached (0.60 USD of 1.00 USD spent); nothing is asked before 2026-12-01 00:00 UTC"
        );
        assert_eq!(ledger.left(&read.budget, now), 400_000);
        ledger.settle(&read, 5_000, 1);
        ledger.reserve(&read, now).unwrap();
        assert_eq!(ledger.0["reads"].used, 605_000);
        assert_eq!(ledger.0["reads"].told(), "0.61 USD of 1.00 USD");
    }

    #[test]
    fn a_new_month_begins_anew_and_a_clock_set_back_does_not() {
        let mut ledger = Ledger::default();
        let all = cost(Span::Month, 1_000_000);
        ledger.reserve(&all, at("2026-11-30T23:59:00Z")).unwrap();
        assert!(ledger.reserve(&all, at("2026-10-01T00:00:00Z")).is_err());
        assert_eq!(ledger.left(&all.budget, at("2026-10-01T00:00:00Z")), 0);
        assert_eq!(ledger.left(&all.budget, at("2026-12-01T00:00:00Z")), 1_000_000);
        ledger.reserve(&all, at("2026-12-01T00:00:00Z")).unwrap();
        assert!(ledger.reserve(&all, at("2026-12-02T00:00:00Z")).is_err());
    }
}
