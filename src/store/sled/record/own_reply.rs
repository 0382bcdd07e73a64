//! Answers by accounts of our own: few, and they may gain fields, so that they are kept as JSON.

use super::{Unreadable, VERSION, versioned};
use crate::ticket::own_reply::OwnReply;

/// Writes an answer by an account of our own.
pub(in crate::store::sled) fn own_reply(reply: &OwnReply) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, reply)
        .map_err(|error| Unreadable(format!("an answer cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads an answer by an account of our own.
pub(in crate::store::sled) fn read_own_reply(bytes: &[u8]) -> Result<OwnReply, Unreadable> {
    serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("an answer does not read back: {error}")))
}
