//! Sources of which an alert must say that they could not be heard, so that quiet is never mistaken for good
//! news.

use super::Rules;
use crate::alert::Alert;
use crate::brand::{Brand, BrandName};
use crate::digest::{Blind, BlindSpot};
use crate::post::SourceName;
use crate::schedule::{self, Schedule};
use crate::source::Kind;
use crate::store::{Health, Store, StoreError};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

/// Polls that must have failed in a row before a source is called a blind spot.
const FAILURES_BEFORE_BLIND: u32 = 3;

/// A source that is asked nothing for so long is a blind spot at once: its budget is used up, or it
/// refused us.
const LONG_WAIT: Duration = Duration::hours(1);

/// A part of a source that failed for so long is a blind spot too.
const LASTING: Duration = Duration::days(1);

/// A poll may be so late: others are asked first, and one may take its time.
const LATE: Duration = Duration::minutes(30);

/// So late may be one whose time nobody set: a hub may bring its news, and it is asked less often then.
const LATE_BY_ITSELF: Duration = Duration::hours(2);

/// A source that alerts may depend on.
#[derive(Debug, Clone)]
pub struct Heard {
    pub name: SourceName,
    pub kind: Kind,
    /// Whose mentions it brings; empty: every brand's.
    pub only: Vec<BrandName>,
    /// When it is to be polled, where the operator says so.
    pub schedule: Option<Schedule>,
    /// Whether it is asked at all, and not only brought something.
    pub is_polled: bool,
}

impl Heard {
    /// Tells whether an alert may have something to tell of what it brings.
    fn serves(&self, alert: &Alert, brands: &[Brand]) -> bool {
        // A list of feeds brings nothing itself; what its feeds bring is of a feed.
        let kind = if self.kind == Kind::Opml { Kind::Feed } else { self.kind };
        let mut names = brands.iter().map(|brand| &brand.name);
        names.any(|name| {
            let is_of = self.only.is_empty() || self.only.contains(name);
            is_of && alert.filter.may_pass(name, &self.name, kind)
        })
    }
}

/// A source of which nothing can be heard, though it brought something before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The brands that it tells of; none: all.
    pub only: Vec<BrandName>,
    pub since: DateTime<Utc>,
}

impl Outage {
    /// Tells whether it is a source of this brand.
    pub fn is_of(&self, brand: &BrandName) -> bool {
        self.only.is_empty() || self.only.contains(brand)
    }
}

/// Returns of which sources nothing can be heard now. Other
/// than for a blind spot one poll that failed is enough: until the next one nobody knows what is said.
pub fn outages(
    sources: &[Heard],
    zone: Tz,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Outage>, StoreError> {
    let mut outages = Vec::new();
    // A list of feeds brings nothing itself.
    for source in sources.iter().filter(|source| source.kind != Kind::Opml) {
        let health = store.source(&source.name)?.health;
        if health.mentions == 0 || health.gone {
            continue;
        }
        let failing = health.failing_since.filter(|_| health.failures > 0);
        let spot = spot(source, health, zone, now).filter(|spot| spot.blind != Blind::Partly);
        let since = failing.into_iter().chain(spot.map(|spot| spot.since.unwrap_or(now))).min();
        outages.extend(since.map(|since| Outage { only: source.only.clone(), since }));
    }
    Ok(outages)
}

/// Returns the sources of which an alert tells that were not heard as they should be.
pub fn blind_spots(
    alert: &Alert,
    sources: &[Heard],
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<BlindSpot>, StoreError> {
    let (mut spots, zone) = (Vec::new(), rules.zone);
    for source in sources.iter().filter(|source| source.serves(alert, &rules.brands)) {
        let health = store.source(&source.name)?.health;
        spots.extend(spot(source, health, zone, now));
    }
    Ok(spots)
}

fn spot(source: &Heard, health: Health, zone: Tz, now: DateTime<Utc>) -> Option<BlindSpot> {
    let is_long = health.not_before.is_some_and(|until| until - now >= LONG_WAIT);
    let waits = is_long || health.is_spent;
    let is_lasting = health.trouble_since.is_some_and(|since| now - since >= LASTING);
    let has_failed = health.failures >= if waits { 1 } else { FAILURES_BEFORE_BLIND };
    let kind = |otherwise| match (health.is_spent, is_long) {
        (true, _) => Blind::Spent,
        (false, true) => Blind::Refused,
        (false, false) => otherwise,
    };
    let (blind, what, since) = if health.gone {
        (Blind::Gone, health.last_error, health.failing_since)
    } else if has_failed {
        (kind(Blind::Failing), health.last_error, health.failing_since)
    } else if let Some(since) = late(source, &health, zone, now) {
        (Blind::Late, health.last_error, Some(since))
    } else if health.trouble.is_some() && (waits || is_lasting) {
        (kind(Blind::Partly), health.trouble, health.trouble_since)
    } else {
        (Blind::Silent, None, Some(health.silent_since()?))
    };
    Some(BlindSpot { source: source.name.clone(), blind, what: what.unwrap_or_default(), since })
}

/// Returns when a source should have been polled, where that is long ago.
fn late(source: &Heard, health: &Health, zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let due = due(source, health, zone)?;
    let patience = if source.schedule.is_some() { LATE } else { LATE_BY_ITSELF };
    (now - due >= patience).then_some(due)
}

/// Returns when a source is due after its last poll.
fn due(source: &Heard, health: &Health, zone: Tz) -> Option<DateTime<Utc>> {
    let last = health.last_poll.filter(|_| source.is_polled)?;
    let due = match &source.schedule {
        Some(schedule) => schedule.next(last, zone)?,
        None => schedule::due(last, &health.rhythm, &health.hints, health.fresh_for),
    };
    Some(due.max(health.not_before.unwrap_or(due)))
}

/// Tells whether a source that an alert tells of should have been polled before `began`, when the daemon
/// did, and has not been since: what it would say is not known yet.
pub fn is_awaited(
    alert: &Alert,
    sources: &[Heard],
    rules: &Rules,
    store: &dyn Store,
    began: DateTime<Utc>,
) -> Result<bool, StoreError> {
    for source in sources.iter().filter(|source| source.serves(alert, &rules.brands)) {
        let health = store.source(&source.name)?.health;
        if !health.gone && due(source, &health, rules.zone).is_some_and(|due| due < began) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_248_000, 0).unwrap()
    }

    fn of(schedule: Option<&str>, health: Health) -> Option<(Blind, Option<DateTime<Utc>>)> {
        let schedule = schedule.map(|written| written.parse().unwrap());
        let name = SourceName("news".into());
        let source = Heard { name, kind: Kind::Feed, only: Vec::new(), schedule, is_polled: true };
        spot(&source, health, Tz::UTC, now()).map(|spot| (spot.blind, spot.since))
    }

    fn polled(minutes_ago: i64) -> Health {
        let last = now() - TimeDelta::minutes(minutes_ago);
        Health { last_poll: Some(last), last_success: Some(last), ..Health::default() }
    }

    #[test]
    fn a_source_is_late_when_its_next_poll_is_overdue() {
        assert_eq!(of(Some("15m"), polled(40)), None);
        let due = now() - TimeDelta::minutes(35);
        assert_eq!(of(Some("15m"), polled(50)), Some((Blind::Late, Some(due))));
        assert_eq!(
            of(Some("@daily"), polled(23 * 60)),
            Some((Blind::Late, Some(now() - TimeDelta::hours(8))))
        );
        assert_eq!(of(Some("@weekly"), polled(300)), None);
        assert_eq!(of(None, polled(120)), None);
        assert_eq!(of(None, polled(600)).map(|(blind, _)| blind), Some(Blind::Late));
        assert_eq!(of(Some("15m"), Health::default()), None, "it was never polled");
        let waits = Health { not_before: Some(now() + TimeDelta::minutes(5)), ..polled(50) };
        assert_eq!(of(Some("15m"), waits), None, "it is to be left alone");
    }

    #[test]
    fn what_is_wrong_is_called_by_its_name() {
        let failing = |failures| Health {
            failures,
            last_error: Some("it answered 503".into()),
            failing_since: Some(now()),
            ..polled(1)
        };
        assert_eq!(of(Some("15m"), failing(2)), None);
        assert_eq!(of(Some("15m"), failing(3)), Some((Blind::Failing, Some(now()))));
        let refused = Health { not_before: Some(now() + TimeDelta::hours(3)), ..failing(1) };
        assert_eq!(of(Some("15m"), refused), Some((Blind::Refused, Some(now()))));
        let spent = Health { is_spent: true, ..failing(1) };
        assert_eq!(of(Some("15m"), spent), Some((Blind::Spent, Some(now()))));
        let gone = Health { gone: true, ..failing(1) };
        assert_eq!(of(Some("15m"), gone), Some((Blind::Gone, Some(now()))));
        let since = now() - TimeDelta::days(2);
        let trouble = Some("page 2 answered 500".into());
        let partly = Health { trouble, trouble_since: Some(since), ..polled(1) };
        assert_eq!(of(Some("15m"), partly), Some((Blind::Partly, Some(since))));
    }

    #[test]
    fn a_source_that_was_never_so_quiet_is_told() {
        let mut health = polled(1);
        let begin = now() - TimeDelta::days(40);
        for hour in 0..30 * 24 {
            let at = begin + TimeDelta::hours(hour);
            health.rhythm.learn(&[at], at);
        }
        for hour in 30 * 24..40 * 24 {
            health.rhythm.learn(&[], begin + TimeDelta::hours(hour));
        }
        let (blind, since) = of(Some("15m"), health).unwrap();
        assert_eq!(blind, Blind::Silent);
        assert!(since.unwrap() < now() - TimeDelta::days(9), "{since:?}");
    }
}
