//! Posts that somebody brings to a source: one batch, one commit, and no answer before it is stored.

use super::clock;
use super::intake::{Event, Outcome, Polled};
use super::judge::Office;
use super::setup::Planned;
use crate::ask::Refusal;
use crate::ask::taken::TakenView;
use crate::pipeline::Arrival;
use crate::pipeline::opinions::Opinions;
use crate::source::intake::lines::{self, Brought};
use crate::source::{Batch, Kind};
use crate::store::StoreError;
use crate::text::nearest;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Takes posts, as NDJSON, for the source called `name`, and returns what became of them once all is
/// stored.
pub(super) async fn take(
    name: &str,
    body: Vec<u8>,
    office: &Office<'_>,
    tell_at_once: bool,
) -> Result<TakenView, Refusal> {
    let planned = taker(name, office.setup)?;
    let site = name.to_owned();
    let stopping = || Refusal::Store(StoreError::Disk("vahti is stopping".into()));
    let read = tokio::task::spawn_blocking(move || lines::read(&body, &site)).await;
    let Brought { posts, refused } =
        read.map_err(|_| Refusal::Faulty("these posts broke the reader; please report it".into()))?;
    let view = TakenView { source: name.to_owned(), ..TakenView::default() }.refusing(refused);
    if posts.is_empty() {
        return Ok(view);
    }
    let arrival = Arrival {
        source: planned.name.clone(),
        kind: planned.kind,
        only: planned.only.clone(),
        batch: Batch { posts, skipped: view.skipped, ..Batch::default() },
        receipt: None,
        at: clock::now(),
        tickets: planned.tickets,
        looks_again: true,
        tell_at_once,
        opinions: Opinions::default(),
    };
    let arrival = office.judge(arrival).await.ok_or_else(stopping)?;
    let (reply, stored) = oneshot::channel();
    let event = Event::Polled(Outcome::Arrived(Box::new(arrival)), Some(reply));
    office.events.send(event).await.map_err(|_| stopping())?;
    let Polled { posts, mentions, tickets, .. } = stored.await.map_err(|_| stopping())?;
    Ok(TakenView { posts, mentions, tickets: tickets.len(), opened: tickets, ..view })
}

/// Finds the source that takes posts.
fn taker(name: &str, setup: &super::setup::Setup) -> Result<Arc<Planned>, Refusal> {
    let takes = |planned: &&Arc<Planned>| planned.kind == Kind::Intake;
    let found = setup.sources.iter().find(|planned| planned.name.0 == name);
    if let Some(found) = found.filter(takes) {
        return Ok(Arc::clone(found));
    }
    if let Some(found) = found {
        return Err(Refusal::Refused(format!(
            "`{name}` takes no posts: it is of kind `{}`; only sources of kind `intake` do",
            found.kind
        )));
    }
    let known = setup.sources.iter().filter(takes).map(|planned| planned.name.0.as_str());
    let known: Vec<&str> = known.collect();
    let hint = match (nearest(name, known.iter().copied()), known.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => {
            "no source is of kind `intake`: write one with a table [source.intake]".into()
        }
        (None, known) => format!("of kind `intake`: {}", known.join(", ")),
    };
    Err(Refusal::NotFound(format!("source `{name}`; {hint}")))
}
