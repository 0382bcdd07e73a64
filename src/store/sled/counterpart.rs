//! What is known of tickets at other desks, on disk: JSON, whose fields have names, as they gain some.

use super::record::Unreadable;
use super::{SledStore, key};
use crate::delivery::desk::Counterpart;
use crate::store::StoreError;

/// The version of these records, which stands before each.
const VERSION: u8 = 1;

/// Writes what is known of one.
pub(super) fn write(counterpart: &Counterpart) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, counterpart)
        .map_err(|error| Unreadable(format!("a ticket at another desk: {error}")))?;
    Ok(bytes)
}

/// Returns the key of one: those of a ticket of ours stand together.
pub(super) fn key(counterpart: &Counterpart) -> Vec<u8> {
    let mut key = key::number(counterpart.ticket).to_vec();
    key.extend_from_slice(counterpart.channel.as_bytes());
    key
}

impl SledStore {
    /// Reads what is known of one.
    pub(super) fn counterpart(
        &self,
        value: sled::Result<sled::IVec>,
    ) -> Result<Counterpart, StoreError> {
        let value = value.map_err(self.broken())?;
        let read = match value.split_first() {
            Some((&VERSION, json)) => serde_json::from_slice(json).map_err(|e| e.to_string()),
            _ => Err("it has an unknown version".to_owned()),
        };
        read.map_err(|error| self.damaged(format!("a ticket at another desk: {error}")))
    }
}
