//! What became of posts and comments that are stored: asked for by their ids, 50 at once.
//!
//! Messages and recommendations are not asked for. A post that tags the Page looks like a comment by
//! its id, and is hidden from us when asked for by it: so a comment is only taken for gone while the
//! post that it stood below is still there.
//!
//! Where a permission was withdrawn, what visitors wrote is refused as if it were gone, or left out. So
//! nothing is taken for gone before the same poll was shown something else that a visitor wrote.

use super::graph::{Fault, Meaning, is_id};
use super::items::{self, FACEBOOK, is_by};
use super::memory::Memory;
use super::refusal::passing;
use super::{Facebook, OF_A_COMMENT, OF_A_POST};
use crate::fetch::Request;
use crate::post::Post;
use crate::source::{Page, Verdict, Visit};
use serde_json::Value;

/// Ids that can be asked for at once.
pub(super) const MOST: usize = 50;

/// Notes that a post is not shown, though all else says that it could be.
pub(super) fn is_missing(id: &str, visit: &Visit) -> Page {
    let mut memory = Memory::of(visit);
    let posts = gone(memory.missing(id));
    Page { posts, cursor: Some(memory.cursor()), ..Page::default() }
}

fn gone(ids: Vec<String>) -> Vec<Post> {
    ids.into_iter().map(|id| Post::gone(FACEBOOK, id)).collect()
}

/// Tells whether this is the id of a post or comment: two numbers.
fn is_asked(id: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_id(id) && id.split_once('_').is_some_and(|(of, id)| is_number(of) && is_number(id))
}

impl Facebook {
    /// Asks for those of `ids` that can be asked for, posts and comments apart.
    pub(super) fn rechecks(&self, ids: &[String]) -> Vec<Request> {
        let asked = ids.iter().map(String::as_str).filter(|id| is_asked(id));
        let (posts, comments): (Vec<&str>, Vec<&str>) = asked.partition(|id| self.is_wall(id));
        let sets = [posts, comments].into_iter().filter(|set| !set.is_empty());
        sets.flat_map(|set| set.chunks(MOST).map(|set| self.by_ids(set)).collect::<Vec<_>>())
            .collect()
    }

    /// Tells whether this is the id of a post on the Page's own wall.
    fn is_wall(&self, id: &str) -> bool {
        id.split_once('_').is_some_and(|(of, _)| of == self.page)
    }

    fn by_ids(&self, ids: &[&str]) -> Request {
        let fields = match ids.first() {
            Some(id) if self.is_wall(id) => OF_A_POST,
            _ => OF_A_COMMENT,
        };
        let ids = ids.join(",");
        let query = [("ids", ids.as_str()), ("fields", fields)];
        self.graph.ask("", &query, None).about(format!("recheck {ids}"))
    }

    /// Reads what there is of `ids`. What is not told of is gone, if others are shown.
    pub(super) fn read_recheck(&self, value: &Value, ids: &str, visit: &Visit) -> Page {
        let mut memory = Memory::of(visit);
        let mut page = Page::default();
        let is_shown = ids.split(',').any(|id| {
            value
                .get(id)
                .is_some_and(|item| items::id(item).is_some() && !is_by(item, &[&self.page]))
        });
        if is_shown {
            page.posts.extend(gone(memory.shown()));
        } else if ids.contains(',') {
            page.trouble = Some("nothing is shown any more of what visitors wrote".into());
            return page;
        }
        for id in ids.split(',') {
            let Some(item) = value.get(id) else {
                self.missing(id, &mut memory, &mut page);
                continue;
            };
            let read = if self.is_wall(id) {
                items::post(item)
            } else {
                items::comment(item, None, &self.page)
            };
            match read {
                Some(post) => page.posts.push(post),
                None => page.skipped += 1,
            }
        }
        page.cursor = Some(memory.cursor());
        page
    }

    /// Notes that an id is not told of.
    fn missing(&self, id: &str, memory: &mut Memory, page: &mut Page) {
        if self.is_wall(id) {
            page.posts.extend(gone(memory.missing(id)));
        } else if let Some((post, _)) = id.split_once('_') {
            let path = format!("{}_{post}", self.page);
            let request = self.graph.ask(&path, &[("fields", "id")], None);
            page.next.push(request.about(format!("check {id}")));
        }
    }

    /// Returns what it means that `ids` are refused: one that is no more spoils all, so that they are
    /// asked for again, half and half, until it is found.
    pub(super) fn recheck_refused(&self, fault: &Fault, ids: &str, visit: &Visit) -> Verdict {
        let ids: Vec<&str> = ids.split(',').collect();
        let mut page = Page::default();
        match (fault.meaning(), ids.as_slice()) {
            (Meaning::Permission, _) => return passing(&fault.told(), "recheck", "", visit),
            (Meaning::Gone | Meaning::Unknown, [id]) => {
                let mut memory = Memory::of(visit);
                self.missing(id, &mut memory, &mut page);
                page.cursor = Some(memory.cursor());
            }
            (Meaning::Gone | Meaning::Unknown | Meaning::Parameter, [_, _, ..]) => {
                let (named, others): (Vec<&str>, Vec<&str>) =
                    ids.iter().partition(|id| fault.words.contains(**id));
                let halves = if named.is_empty() || others.is_empty() {
                    let (first, second) = ids.split_at(ids.len() / 2);
                    [first.to_vec(), second.to_vec()]
                } else {
                    [named, others]
                };
                page.next.extend(halves.iter().map(|half| self.by_ids(half)));
            }
            _ => return Verdict::Skip,
        }
        Verdict::Instead(Box::new(page))
    }
}
