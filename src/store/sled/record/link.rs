//! Links between the handles of customers: few, and they may gain fields, so that they are kept as JSON.

use super::{Unreadable, VERSION, versioned};
use crate::ticket::people::Link;

/// Writes a link.
pub(in crate::store::sled) fn link(link: &Link) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, link)
        .map_err(|error| Unreadable(format!("a link of handles cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads a link.
pub(in crate::store::sled) fn read_link(bytes: &[u8]) -> Result<Link, Unreadable> {
    serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a link of handles does not read back: {error}")))
}
