//! The JSON of `status`: how sources, alerts, store and outbox fare.

use super::{OperatorView, RecipientView};
use crate::alert::spike::{self, Of};
use crate::ask::{Refusal, Setting};
use crate::brand::Brand;
use crate::fetch::Location;
use crate::fetch::budget::{Account, Unit};
use crate::pipeline::tell;
use crate::store::{SourceState, Store};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How everything fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    pub version: String,
    pub config: String,
    /// When the daemon began; null where none runs.
    pub running_since: Option<DateTime<Utc>>,
    pub sources: Vec<SourceView>,
    pub alerts: Vec<AlertView>,
    /// Those that are under way.
    pub spikes: Vec<SpikeView>,
    pub store: StoreView,
    pub outbox: OutboxView,
    pub operator: OperatorView,
}

/// How one source fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceView {
    pub name: String,
    pub kind: String,
    /// `new`, `ok`, `failing` or `gone`; `waiting` where it is never asked and takes what is brought.
    pub state: String,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_success: Option<DateTime<Utc>>,
    pub next_poll: Option<DateTime<Utc>>,
    pub failures: u32,
    pub last_error: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
    /// What of the last successful poll did not succeed.
    pub trouble: Option<String>,
    /// The new address, where it moved for good; it is asked there once that is certain.
    pub moved_to: Option<String>,
    /// Until when a hub brings its news.
    pub subscribed_until: Option<DateTime<Utc>>,
    /// Whether it broke its own rhythm; null while no rhythm is known.
    pub silent: Option<bool>,
    pub posts: u32,
    /// Malformed entries in the last reply.
    pub skipped: u32,
    pub mentions: u64,
    /// What was used up of what is scarce there.
    pub budgets: Vec<BudgetView>,
}

/// What was used up of a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetView {
    pub name: String,
    /// In calls, or in US dollars.
    pub used: f64,
    pub most: f64,
    pub unit: String,
    /// Posts that were read for it.
    pub posts: u64,
    /// When it begins anew.
    pub over: DateTime<Utc>,
    /// The same for people.
    pub told: String,
}

impl BudgetView {
    fn of((name, account): (String, Account)) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "no budget has so many digits")]
        let amount = |amount: u64| match account.unit {
            Unit::Calls => amount as f64,
            Unit::MicroDollars => amount as f64 / 1e6,
        };
        let unit = match account.unit {
            Unit::Calls => "calls",
            Unit::MicroDollars => "USD",
        };
        let told = format!("{name}: {}", account.told());
        Self {
            name,
            used: amount(account.used),
            most: amount(account.most),
            unit: unit.to_owned(),
            posts: account.posts,
            over: account.over,
            told,
        }
    }
}

/// When an alert speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertView {
    pub name: String,
    pub last: Option<DateTime<Utc>>,
    /// Null for one that speaks as it happens, unless it keeps something back until then.
    pub next: Option<DateTime<Utc>>,
    /// How many mentions it keeps back: in quiet hours, on a day off, within its cooldown.
    pub held: usize,
    /// Its recipients who want to be told no more.
    pub unsubscribed: Vec<RecipientView>,
    /// Whether nobody is left whom it tells.
    pub unheard: bool,
}

impl AlertView {
    fn all(
        setting: &Setting<'_>,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, Refusal> {
        let mut alerts = Vec::new();
        for alert in &setting.rules.alerts {
            let last = store.alert(&alert.name)?.and_then(|state| state.spoke.or(state.last));
            let (next, held) = tell::speaks_next(alert, setting.rules, store, now)?;
            let mut unsubscribed = super::alert::recipients(alert, store)?;
            let unheard = unsubscribed.iter().all(|one| one.unsubscribed.is_some());
            unsubscribed.retain(|one| one.unsubscribed.is_some());
            let name = alert.name.clone();
            alerts.push(Self { name, last, next, held, unsubscribed, unheard });
        }
        Ok(alerts)
    }
}

/// A brand that is spoken of, or complained of, far more than usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpikeView {
    pub brand: String,
    /// Of what there is so much: `all` mentions or the `negative` ones.
    pub of: Of,
    pub since: DateTime<Utc>,
    /// How many there were when it was found, in how many hours, and how many are usual in so many.
    pub count: u32,
    pub hours: u32,
    pub usual: f64,
    /// How many there are in all so far.
    pub total: u32,
}

impl SpikeView {
    fn all(brands: &[Brand], store: &dyn Store) -> Result<Vec<Self>, Refusal> {
        let spikes = brands.iter().map(|brand| Self::of(brand, store));
        spikes.filter_map(Result::transpose).collect()
    }

    fn of(brand: &Brand, store: &dyn Store) -> Result<Option<Self>, Refusal> {
        let course = store.course(&brand.name)?.unwrap_or_default();
        Ok(course.spike.map(|spike| Self {
            brand: brand.name.0.clone(),
            of: spike.of,
            since: spike::begin(spike.began),
            count: spike.count,
            hours: spike.hours,
            usual: (spike.usual * 10.0).round() / 10.0,
            total: spike.total,
        }))
    }
}

/// How much is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreView {
    pub path: String,
    pub mentions: u64,
    pub tickets: u64,
    pub size_bytes: u64,
    /// Posts that matched nothing and are kept for a while, and what they take.
    pub kept_posts: u64,
    pub kept_bytes: u64,
    /// Damaged stores that were set aside.
    pub set_aside: Vec<String>,
}

/// What waits to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxView {
    pub queued: u64,
    pub dead: u64,
    pub last_answer: Option<String>,
}

impl StatusView {
    /// Gathers how everything fares.
    pub fn of(
        setting: &Setting<'_>,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let counts = store.counts()?;
        let mut sources = Vec::with_capacity(setting.sources.len());
        for facts in setting.sources {
            let SourceState { moved, subscription, health, ledger, .. } =
                store.source(&facts.name)?;
            let state = match &health {
                _ if !facts.is_polled => "waiting",
                health if health.gone => "gone",
                health if health.failures > 0 => "failing",
                health if health.last_success.is_some() => "ok",
                _ => "new",
            };
            let is_known = health.rhythm.is_known();
            let is_silent = is_known.then(|| health.silent_since().is_some());
            sources.push(SourceView {
                name: facts.name.to_string(),
                kind: facts.kind.to_string(),
                state: state.to_owned(),
                last_poll: health.last_poll,
                last_success: health.last_success,
                next_poll: facts.next_poll.filter(|_| !health.gone),
                failures: health.failures,
                last_error: health.last_error,
                failing_since: health.failing_since,
                trouble: health.trouble,
                moved_to: moved.map(|moved| Location::Web(moved.to).to_string()),
                subscribed_until: subscription.and_then(|subscription| subscription.until()),
                silent: is_silent,
                posts: health.posts,
                skipped: health.skipped,
                mentions: health.mentions,
                budgets: ledger.0.into_iter().map(BudgetView::of).collect(),
            });
        }
        let last_answer = store.outbox()?.into_iter().rev().find_map(|notice| notice.last_answer);
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: setting.config_path.display().to_string(),
            running_since: setting.running_since,
            sources,
            alerts: AlertView::all(setting, store, now)?,
            spikes: SpikeView::all(&setting.rules.brands, store)?,
            store: StoreView {
                path: setting.store_path.display().to_string(),
                mentions: counts.mentions,
                tickets: counts.tickets,
                size_bytes: counts.size_bytes,
                kept_posts: counts.kept,
                kept_bytes: counts.kept_bytes,
                set_aside: counts.set_aside.iter().map(|path| path.display().to_string()).collect(),
            },
            outbox: OutboxView { queued: counts.queued, dead: counts.dead, last_answer },
            operator: OperatorView::of(store)?,
        })
    }
}
