//! What becomes of mentions whose post is no more.

use super::Desk;
use crate::dedup;
use crate::post::Post;
use crate::store::StoreError;
use crate::ticket::Action;

/// Said of a post that is no more where a reason stood.
const GONE: &str = "it was deleted where it stood";

impl Desk<'_> {
    /// Takes out the words of a post that its site has no more, and who wrote it; that there was a
    /// mention, and what became of its ticket, stays.
    pub(super) fn forget(&mut self, post: &Post) -> Result<(), StoreError> {
        self.unkept.extend(dedup::identities(post, self.origin.kind).first());
        for (mut mention, _) in self.known(post)? {
            if mention.post.is_gone {
                continue;
            }
            let old = mention.post;
            mention.post = Post {
                id: old.id,
                site: old.site,
                url: old.url,
                has_own_url: old.has_own_url,
                published: old.published,
                language: old.language,
                parent: old.parent,
                thread: old.thread,
                concerns: old.concerns,
                is_private: old.is_private,
                is_gone: true,
                ..Post::default()
            };
            mention.hits.clear();
            mention.versions.clear();
            mention.insight.why = vec![GONE.to_owned()];
            mention.muted = mention.muted.map(|_| GONE.to_owned());
            if let Some(complaint) = &mut mention.insight.complaint {
                complaint.cues.clear();
            }
            if let Some(id) = mention.ticket
                && let Some(ticket) = self.ticket(id)?
                && let Ok(ticket) = ticket.apply(Action::Gone, "vahti", self.at)
            {
                self.tickets.insert(id, ticket);
            }
            self.keep(mention);
        }
        Ok(())
    }
}
