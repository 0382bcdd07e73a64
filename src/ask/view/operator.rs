//! Whether vahti itself works, and whether the operator can be told.

use crate::pipeline::{canary, care};
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What `status` says of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatorView {
    /// Addresses to which a notice for the operator could not be delivered.
    pub unreached: Vec<UnreachedView>,
    /// The canary that was let out last.
    pub canary: Option<CanaryView>,
    /// When the store was looked through last, and how many faults were found.
    pub checked: Option<DateTime<Utc>>,
    pub faults: usize,
}

/// An address of the operator that cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreachedView {
    pub to: String,
    pub answer: String,
}

/// A mention that vahti gave itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryView {
    pub released: DateTime<Utc>,
    /// When it came through; null while it is out.
    pub came: Option<DateTime<Utc>>,
    /// When one came through last.
    pub last_came: Option<DateTime<Utc>>,
    /// What went wrong on its way.
    pub fault: Option<String>,
    /// Whether the operator was told that none comes through as it should.
    pub lost: bool,
}

impl OperatorView {
    pub(super) fn of(store: &dyn Store) -> Result<Self, StoreError> {
        let reported = store.reported()?;
        let unreached = care::unreached(store)?.into_iter();
        let canary = match reported.canary {
            None => None,
            Some(known) => {
                let came = known.came.or(canary::came(&known, store)?);
                Some(CanaryView {
                    released: known.released,
                    came,
                    last_came: came.or(known.last_came),
                    fault: known.fault,
                    lost: known.told.is_some(),
                })
            }
        };
        Ok(Self {
            unreached: unreached.map(|(to, answer)| UnreachedView { to, answer }).collect(),
            canary,
            checked: reported.checked.as_ref().map(|checked| checked.at),
            faults: reported.checked.map_or(0, |checked| checked.all),
        })
    }
}
