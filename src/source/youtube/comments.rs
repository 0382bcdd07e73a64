//! Comments, below videos that were found and on the own channel, and replies to them.

use super::memory::{Brought, Memory, Thread, Walk};
use super::post::{comment, number, time, word};
use super::{Asked, FIRST_LOOK, MOST_PAGES, OLDEST, PAUSE, YouTube};
use crate::fetch::Request;
use crate::post::{Concerns, Post};
use crate::source::Page;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What is asked for with every list of comments.
const AS_PLAIN: [(&str, &str); 2] = [("maxResults", "100"), ("textFormat", "plainText")];

impl YouTube {
    /// Asks for the comments of the own channel.
    pub(super) fn own(&self, walk: &Walk) -> Request {
        let channel = self.channel.as_deref().unwrap_or_default();
        self.threads(("allThreadsRelatedToChannelId", channel), walk).about("own")
    }

    /// Asks for the comments below a video.
    pub(super) fn list(&self, video: &str, walk: &Walk) -> Request {
        self.threads(("videoId", video), walk).about(format!("comments {video}"))
    }

    fn threads(&self, of: (&str, &str), walk: &Walk) -> Request {
        let mut query = vec![of, ("order", "time")];
        query.extend(AS_PLAIN);
        query.extend(walk.next.as_deref().map(|next| ("pageToken", next)));
        self.ask_for("/commentThreads", "snippet,replies", &query)
    }

    /// Asks for all replies to a comment.
    pub(super) fn replies(&self, thread: &Thread) -> Request {
        let mut query = vec![("parentId", thread.id.as_str())];
        query.extend(AS_PLAIN);
        query.extend(thread.next.as_deref().map(|next| ("pageToken", next)));
        self.ask_for("/comments", "snippet", &query).about(format!("replies {}", thread.id))
    }

    /// Reads a page of threads, of a video or of the own channel.
    pub(super) fn comments_read(
        &self,
        asked: &Asked<'_>,
        (items, next): (&[Value], Option<String>),
        memory: &mut Memory,
        now: DateTime<Utc>,
    ) -> Page {
        let video = if let Asked::Comments(id) = asked { Some(*id) } else { None };
        let oldest = now - OLDEST;
        let mut page = Page::default();
        for item in items {
            let posts = thread(item, video, true);
            let given = posts.len().saturating_sub(1);
            if posts.is_empty() {
                page.skipped += 1;
                continue;
            }
            let is_old = posts.iter().all(|post| !is_news(post, oldest));
            let wanted = more(item, video, given).filter(|thread| memory.wants(thread, is_old));
            page.next.extend(wanted.map(|thread| self.replies(&thread)));
            page.posts.extend(posts.into_iter().filter(|post| is_news(post, oldest)));
        }
        if video.is_none() {
            self.addressed(&mut page.posts);
        }
        let walk = match video {
            Some(id) => memory.video(id).map(|video| &mut video.walk),
            None => Some(&mut memory.own),
        };
        let Some(walk) = walk else { return page };
        let times = || items.iter().filter_map(|item| time(top(item)?, "publishedAt"));
        let brought = Brought {
            newest: times().max().map(|at| at.timestamp()),
            oldest: times().min().map(|at| at.timestamp()),
            next,
        };
        let floor = walk.since.unwrap_or_else(|| (now - FIRST_LOOK).timestamp());
        *walk = std::mem::take(walk).read(brought, Some(floor), MOST_PAGES);
        // The own channel is looked at every time.
        walk.due = video.map(|_| (now + PAUSE).timestamp());
        if walk.next.is_some() {
            let walk = walk.clone();
            page.next.push(video.map_or_else(|| self.own(&walk), |id| self.list(id, &walk)));
        }
        page
    }

    /// Reads replies to a comment.
    pub(super) fn replies_read(
        &self,
        id: &str,
        (items, next): (&[Value], Option<String>),
        memory: &mut Memory,
    ) -> Page {
        let mut page = Page::default();
        let pending = memory.pending.iter_mut().find(|thread| thread.id == id);
        let video = pending.as_ref().map(|thread| thread.video.clone());
        for item in items {
            match comment(item, video.as_deref(), true) {
                Some(mut reply) => {
                    reply.parent = Some(id.to_owned());
                    page.posts.push(reply);
                }
                None => page.skipped += 1,
            }
        }
        let Some(thread) = pending else { return page };
        if thread.is_own {
            self.addressed(&mut page.posts);
        }
        thread.pages = thread.pages.saturating_add(1);
        let is_on = |next: &String| {
            super::memory::is_token(next) && Some(next) != thread.next.as_ref() && !items.is_empty()
        };
        let next = next.filter(is_on).filter(|_| thread.pages < MOST_PAGES);
        thread.next = next;
        let (thread, replies) = (thread.clone(), thread.replies);
        if thread.next.is_some() {
            page.next.push(self.replies(&thread));
        } else {
            memory.known(id, replies);
        }
        page
    }

    /// Whoever comments on the own channel speaks to the brand; what the channel says itself is no
    /// mention of it.
    fn addressed(&self, posts: &mut Vec<Post>) {
        let own = self.channel.as_deref().unwrap_or_default();
        posts.retain(|post| {
            let address = post.author.url.as_deref().unwrap_or_default();
            address.rsplit('/').next() != Some(own)
        });
        for post in posts {
            post.concerns = Concerns::Desk;
        }
    }
}

/// Reads a thread: the comment that begins it, and the replies that came with it.
pub(super) fn thread(item: &Value, video: Option<&str>, is_plain: bool) -> Vec<Post> {
    let Some(snippet) = item.get("snippet") else { return Vec::new() };
    let video = word(snippet, "videoId").or(video);
    let Some(first) = snippet.get("topLevelComment") else { return Vec::new() };
    let Some(mut first) = comment(first, video, is_plain) else { return Vec::new() };
    first.engagement.replies = number(snippet, "totalReplyCount");
    let replies = item.get("replies").and_then(|replies| replies.get("comments")?.as_array());
    let replies = replies.into_iter().flatten().filter_map(|reply| comment(reply, video, is_plain));
    let id = first.id.clone();
    let replies = replies.map(|reply| Post { parent: id.clone(), ..reply });
    let replies: Vec<Post> = replies.collect();
    std::iter::once(first).chain(replies).collect()
}

/// Returns the thread, where it has more replies than these.
fn more(item: &Value, video: Option<&str>, given: usize) -> Option<Thread> {
    let snippet = item.get("snippet")?;
    let replies = number(snippet, "totalReplyCount")?;
    let id = word(item, "id").filter(|id| super::is_id(id))?;
    let place = word(snippet, "videoId").or(video).filter(|id| super::is_id(id))?;
    (replies > u64::try_from(given).ok()?).then(|| Thread {
        id: id.to_owned(),
        video: place.to_owned(),
        replies,
        is_own: video.is_none(),
        next: None,
        pages: 0,
    })
}

/// Returns what is told of the comment that begins a thread.
fn top(item: &Value) -> Option<&Value> {
    item.get("snippet")?.get("topLevelComment")?.get("snippet")
}

/// Tells whether a comment was written or changed since.
fn is_news(post: &Post, oldest: DateTime<Utc>) -> bool {
    post.edited.or(post.published).is_none_or(|at| at >= oldest)
}
