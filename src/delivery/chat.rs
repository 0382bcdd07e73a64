//! Channels where alerts are told beside mail: rooms where people chat, a signed webhook, a program. A file
//! for each makes its request of a notice; [`tell()`] sends it and says what the answer means.

mod answer;
pub mod discord;
pub mod exec;
mod fitted;
mod letter;
pub mod matrix;
pub mod ntfy;
#[cfg(test)]
mod sample;
pub mod slack;
pub mod teams;

pub use answer::Untold;

use super::Notice;
use super::desk::webhook::Webhook;
use crate::fetch::{Allowed, Call, Fetcher};
use chrono::{DateTime, Utc};
use discord::Discord;
use exec::Exec;
use matrix::Matrix;
use ntfy::Ntfy;
use slack::Slack;
use teams::Teams;
use url::Url;

/// A channel that is told alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    pub name: String,
    pub place: Place,
    /// Which private addresses it may ask; `None`: what `http` says.
    pub allow_private: Option<Allowed>,
}

/// What stands at the other end.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Slack(Slack),
    Teams(Teams),
    Discord(Discord),
    Matrix(Matrix),
    Ntfy(Ntfy),
    Webhook(Webhook),
    Exec(Exec),
}

impl Place {
    /// Returns the address that is asked; `None` for a program.
    pub fn url(&self) -> Option<&Url> {
        match self {
            Self::Slack(Slack { url })
            | Self::Teams(Teams { url })
            | Self::Discord(Discord { url })
            | Self::Matrix(Matrix { url, .. })
            | Self::Ntfy(Ntfy { url, .. })
            | Self::Webhook(Webhook { url, .. }) => Some(url),
            Self::Exec(_) => None,
        }
    }

    /// Returns what is sent; `None` where nothing goes over the network. `now` goes into a signature alone.
    pub fn request(&self, notice: &Notice, now: DateTime<Utc>) -> Option<Call> {
        match self {
            Self::Slack(slack) => Some(slack.request(notice)),
            Self::Teams(teams) => Some(teams.request(notice)),
            Self::Discord(discord) => Some(discord.request(notice)),
            Self::Matrix(matrix) => Some(matrix.request(notice)),
            Self::Ntfy(ntfy) => Some(ntfy.request(notice)),
            Self::Webhook(webhook) => {
                Some(webhook.call(&notice.message_id, &letter::event(notice), now))
            }
            Self::Exec(_) => None,
        }
    }
}

/// Tells a notice to a room, and returns what was answered.
///
/// # Errors
///
/// Says whether and when trying again can help. Of a request that broke off nobody knows whether it was
/// heard: it is sent again, which Matrix and whoever heeds `webhook-id` take for the same.
pub async fn tell(
    room: &Room,
    fetcher: &Fetcher,
    notice: &Notice,
    now: DateTime<Utc>,
) -> Result<String, Untold> {
    if let Place::Exec(exec) = &room.place {
        return exec.tell(notice).await;
    }
    let Some(call) = room.place.request(notice, now) else { return Ok(String::new()) };
    // Whoever says that it was taken has taken it, whatever else is said, or is not.
    let call = Call { allow_private: room.allow_private.clone(), by_status: true, ..call };
    let host = call.url.host_str().unwrap_or_default().to_owned();
    match fetcher.call(&call).await {
        Ok(said) => answer::taken(&said, &host, matches!(room.place, Place::Slack(_))),
        Err(error) => {
            let is_webhook = matches!(room.place, Place::Webhook(_));
            Err(answer::refused(&error, &host, is_webhook))
        }
    }
}
