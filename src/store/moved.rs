//! A document that moved for good.

use serde::{Deserialize, Serialize};
use url::Url;

/// A move for good that a server tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The address that was configured then: for another one the move means nothing.
    pub from: Url,
    pub to: Url,
    /// Polls in a row that led there and could be read.
    pub times: u32,
}

impl Moved {
    /// So many polls in a row must lead to the same new address before it is asked at once. A server
    /// may say `for good` by mistake, for an hour.
    const SURE: u32 = 3;

    /// Tells whether the new address is to be asked at once.
    pub fn is_sure(&self) -> bool {
        self.times >= Self::SURE
    }
}
