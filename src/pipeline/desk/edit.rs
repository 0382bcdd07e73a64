//! What becomes of mentions whose post says something else than it did.

use super::Desk;
use crate::dedup::story;
use crate::enrich::Label;
use crate::matching::Candidate;
use crate::mention::{Mark, Mention};
use crate::post::{Concerns, Post};
use crate::store::StoreError;
use crate::store::kept::MOST_TEXT_BYTES;
use crate::ticket::{Action, Status};

/// Why a ticket is worked on again.
const ANEW: &str = "the post was edited and complains of more than before";

impl Desk<'_> {
    /// Tells the ticket of a mention that its post says something else now than it did as `old`. What was
    /// answered or settled comes back where that is a new complaint: many sites let a customer write once,
    /// so that whoever is not content edits what stands there.
    pub(super) fn note_edit(&mut self, mention: &Mention, old: &Mention) -> Result<(), StoreError> {
        if completes(old, &mention.post) {
            return Ok(());
        }
        let Some(id) = mention.ticket else { return Ok(()) };
        let Some(ticket) = self.ticket(id)? else { return Ok(()) };
        let edited = Action::Edited(mention.priority());
        let Ok(mut ticket) = ticket.apply(edited, "vahti", self.at) else { return Ok(()) };
        let facts = ticket.facts();
        // What was called noise stays so, unless what was called so was only the words that are gone.
        let is_noise = facts.is_withdrawn() && mention.mark == old.mark;
        let is_done = matches!(facts.status, Status::Answered | Status::Resolved | Status::Closed)
            && !is_noise;
        if is_done && complains_anew(mention, old) {
            let reopen = Action::Reopen(Some(ANEW.to_owned()));
            // A move that is refused changes nothing, and this one never is.
            ticket = ticket.clone().apply(reopen, "vahti", self.at).unwrap_or(ticket);
        }
        self.tickets.insert(id, ticket);
        Ok(())
    }

    /// Keeps the new words of a post that named a brand and no longer does: it now names `candidates`.
    pub(super) fn reword(
        &mut self,
        post: &Post,
        candidates: &[Candidate],
    ) -> Result<(), StoreError> {
        for (old, place) in self.known(post)? {
            if candidates.iter().any(|candidate| candidate.brand == place) {
                continue;
            }
            let Some(brand) = self.rules.brands.get(place) else { continue };
            if old.source == *self.origin.source && differs(&old, post) {
                let candidate = Candidate { brand: place, hits: Vec::new() };
                let key = old.key;
                let mention = self.judge(key, brand, post, &candidate, &[], Some(old.clone()))?;
                self.note_edit(&mention, &old)?;
                self.keep(mention);
            }
        }
        Ok(())
    }
}

/// Tells whether an edit made a complaint of what was none, or made it say more. What names the brand no
/// longer may be about somebody else.
fn complains_anew(mention: &Mention, old: &Mention) -> bool {
    let is_ours = mention.post.concerns != Concerns::Named || !mention.hits.is_empty();
    // A mark `negative` outlives the words that it was given to, and praise is no complaint.
    let is_complaint = mention.label() == Label::Negative
        && mention.insight.sentiment.label != Label::Positive
        && !mention.own;
    let was_complaint = old.label() == Label::Negative;
    is_ours && is_complaint && (!was_complaint || story::says_more(&old.post, &mention.post))
}

/// Tells whether a mark says of the words that stood there how they speak, so that it says nothing of
/// others: one that opens nothing must not keep a complaint from being heard.
pub(super) fn is_of_words(mark: Mark) -> bool {
    matches!(mark, Mark::Neutral | Mark::Positive)
}

/// Tells whether a post says something else than it did.
pub(super) fn differs(old: &Mention, post: &Post) -> bool {
    let said = |post: &Post| (post.title.clone(), post.text.clone(), post.rating);
    said(&old.post) != said(post)
}

/// Tells whether a post is, in full, what was cut when it was kept: nobody edited it.
pub(super) fn completes(old: &Mention, post: &Post) -> bool {
    let end = post.text.floor_char_boundary(MOST_TEXT_BYTES);
    let is_beginning = end < post.text.len() && post.text.get(..end) == Some(&old.post.text);
    is_beginning && (&old.post.title, old.post.rating) == (&post.title, post.rating)
}
