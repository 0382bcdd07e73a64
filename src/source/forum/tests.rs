//! The forum source against forums made for the purpose, asked as the daemon asks.

use super::*;
use crate::source::Cursor;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

mod bounds;
mod fake;
mod flow;
mod json;
mod outage;
mod way;

/// Requests of one poll, as the daemon bounds them.
const MOST_REQUESTS: usize = 50;

fn noon() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn forum(url: &str) -> Forum {
    Forum {
        name: SourceName("board".into()),
        location: Location::Web(url.parse().unwrap()),
        address: None,
        allow_private: None,
        engine: None,
        selectors: Selectors::default(),
        zone: Tz::UTC,
    }
}

/// A poller without a network: what it has between two polls, and what the last one did.
struct Poller {
    forum: Forum,
    cursor: Cursor,
    now: DateTime<Utc>,
    /// Ids of the posts of the last poll.
    posts: Vec<String>,
    /// What the last poll asked for.
    asked: Vec<String>,
    troubles: Vec<String>,
}

impl Poller {
    fn of(url: &str) -> Self {
        let (posts, asked, troubles) = (Vec::new(), Vec::new(), Vec::new());
        Self { forum: forum(url), cursor: Cursor::default(), now: noon(), posts, asked, troubles }
    }

    /// Polls as the daemon does, a quarter of an hour later. `answer` is the site: a body, or a
    /// status; 0 stands for a connection that broke.
    fn poll(&mut self, mut answer: impl FnMut(&str) -> Result<String, u16>) {
        self.now += TimeDelta::minutes(15);
        (self.posts, self.asked, self.troubles) = (Vec::new(), Vec::new(), Vec::new());
        let mut visit = Visit { cursor: self.cursor.clone(), now: self.now };
        let mut queue = VecDeque::from([self.forum.open(&visit)]);
        while self.asked.len() < MOST_REQUESTS
            && let Some(request) = queue.pop_front()
        {
            let Location::Web(url) = request.location.clone() else { panic!("{request:?}") };
            self.asked.push(url.to_string());
            let page = match answer(url.as_str()) {
                Ok(body) => {
                    let mut reply = Reply::of(Location::Web(url), body.into_bytes());
                    reply.about.clone_from(&request.about);
                    self.forum.read(&reply, &visit).map_err(|Unreadable(what)| (what, true))
                }
                Err(status) => {
                    let page = self.forum.instead(&request, status, &visit);
                    page.filter(|_| status > 0)
                        .ok_or_else(|| (status.to_string(), (400..500).contains(&status)))
                }
            };
            match page {
                Ok(page) => {
                    self.posts
                        .extend(page.posts.iter().map(|post| post.id.clone().unwrap_or_default()));
                    queue.extend(page.next);
                    if let Some(cursor) = page.cursor {
                        visit.cursor = cursor;
                    }
                }
                Err((trouble, goes_on)) => {
                    self.troubles.push(trouble);
                    if !goes_on || self.asked.len() == 1 {
                        break;
                    }
                }
            }
        }
        self.cursor = visit.cursor;
    }

    fn memory(&self) -> Memory {
        Memory::load(&self.cursor, self.forum.home().as_ref(), self.now)
    }
}
