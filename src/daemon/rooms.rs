//! Alerts told beside mail: a notice for a channel that is no desk.

use super::clock;
use super::desks::Brought;
use super::setup::Setup;
use crate::delivery::Notice;
use crate::delivery::chat::{self, Untold};
use crate::delivery::email::Failed;
use chrono::TimeDelta;

/// Tells a notice to the channel that it is for.
pub(super) async fn tell(notice: &Notice, setup: &Setup) -> Brought {
    let room = setup.config.rooms.iter().find(|room| room.name == notice.to);
    let Some(room) = room else {
        let answer = format!("there is no channel `{}` in the configuration", notice.to);
        return Brought::failed(Failed::Temporary { answer });
    };
    match chat::tell(room, &setup.fetcher, notice, clock::now()).await {
        Ok(answer) => Brought { outcome: Ok(answer), not_before: None, there: None },
        Err(Untold { failed, wait }) => {
            let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
            let not_before = wait.and_then(|wait| clock::now().checked_add_signed(wait));
            Brought { outcome: Err(failed), not_before, there: None }
        }
    }
}
