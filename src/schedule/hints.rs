//! What a document or a server says of how often it wants to be asked.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Wishes of a site. They only ever lengthen the time between two polls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// The longest time between two polls that the document asks for.
    pub interval: Option<Duration>,
    /// Hours in UTC that are to be left out: bit 0 is the hour after midnight.
    pub skip_hours: u32,
    /// Days in UTC that are to be left out: bit 0 is Monday.
    pub skip_days: u8,
}
