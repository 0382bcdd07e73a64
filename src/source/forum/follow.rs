//! What is asked for next: the topics that changed, page by page, from where each was left.
//!
//! Some posts are left out by design. Of a topic that is seen for the first time, the first page and
//! the last nine are read (or fifty pages, where nothing tells how many there are); of a topic of
//! Discourse with more than 180 new posts, the last 180; where the newest posts come first, ten
//! pages. Of a list no more than three pages are followed in one walk: topics that changed further
//! down are found when they are posted to again. A topic that was read before is followed without a
//! gap, over several polls if need be.

use crate::fetch::{Location, Request};
use crate::post::Post;
use crate::source::forum::memory::{Found, Memory, Moment, Owed, Topic};
use crate::source::forum::paging::{Ahead, MOST_AT_ONCE};
use crate::source::forum::reading::{Reading, Row};
use crate::source::forum::{About, Forum};
use crate::source::{Page, Unreadable};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

/// Pages of the list that the first walk follows: what is older is no news.
const MOST_LISTS_AT_FIRST: u32 = 3;
/// Pages of the list that every other walk follows, as long as they show something new.
const MOST_LISTS: u32 = 10;
/// How long a page of the list is asked for again and again that the server refuses.
const LONGEST_WALK: TimeDelta = TimeDelta::days(1);
/// Topics that are under way at once. Each answer asks for the next page, or for the next topic.
const AT_ONCE: usize = 10;
/// A topic that was asked for in vain so often may be asked for in vain again.
const DOUBTFUL: u8 = 2;
/// Pages of one topic that one walk follows, where nobody says how many there are.
const MOST_WALKED: u32 = 50;
/// The same of a topic that was read before, of which no page is to be left out.
const MOST_RESUMED: u32 = 500;
/// Pages that a walk follows where the newest posts come first.
const MOST_BACK: u32 = 10;
/// A topic of which the list shows no change at all is looked at among so many first ones,
const FIRST_ROWS: usize = 10;
/// and so often.
const BLIND_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The name under which posts at the configured address itself are remembered.
pub(super) const OWN: &str = "own";

/// A poll under way.
pub(super) struct Walk<'a> {
    pub forum: &'a Forum,
    pub memory: Memory,
    pub now: DateTime<Utc>,
    pub next: Vec<Request>,
}

impl Walk<'_> {
    fn moment(&self) -> Moment {
        self.now.timestamp_millis()
    }

    /// Ends one step of the poll.
    pub(super) fn page(mut self, posts: Vec<Post>, skipped: usize) -> Page {
        self.fill_up();
        Page {
            posts,
            skipped,
            cursor: Some(self.memory.save()),
            next: self.next,
            ..Page::default()
        }
    }

    /// Asks for further topics while few are under way. What fails again and again may end the poll:
    /// it is asked for alone, when nothing else is left.
    fn fill_up(&mut self) {
        let (poll, way) = (self.memory.poll, self.memory.way);
        let under_way = self.memory.owed.iter().filter(|owed| owed.asked == poll).count();
        let waiting = self.memory.owed.iter().filter(|owed| owed.asked != poll);
        let (doubtful, sound): (Vec<_>, Vec<_>) = waiting.partition(|owed| owed.tries >= DOUBTFUL);
        let mut chosen = sound;
        chosen.truncate(AT_ONCE.saturating_sub(under_way));
        if chosen.is_empty() && under_way == 0 {
            chosen.extend(doubtful.into_iter().min_by_key(|owed| owed.tries));
        }
        let chosen: Vec<Owed> = chosen.into_iter().cloned().collect();
        for owed in chosen {
            self.memory.ask(&owed.key);
            self.next.extend(self.forum.ask_topic(&owed, way));
        }
    }

    /// Notes the topics of one page of a list that changed. `is_first_by_feed` where a feed is read
    /// for the first time: its marks are new, but what they mark was seen on the page just before.
    pub(super) fn list(&mut self, reading: &Reading, nth: u32, is_first_by_feed: bool) {
        let now = self.moment();
        let since = *self.memory.since.get_or_insert(now);
        self.memory.rows.note(!reading.rows.is_empty(), reading.is_guess);
        let (mut is_last_fresh, mut fresh) = (false, 0);
        for (place, row) in reading.rows.iter().enumerate() {
            if is_first_by_feed && let Some(topic) = self.memory.topics.get_mut(&row.key) {
                topic.mark = row.mark.clone().unwrap_or_default();
                topic.seen = now;
                continue;
            }
            is_last_fresh = self.row(row, place, now) >= since;
            fresh += usize::from(is_last_fresh);
        }
        // A topic in which as many posts went as came shows no change, and may stand last.
        let is_fresh = is_last_fresh || 2 * fresh > reading.rows.len();
        let most = if self.memory.has_walked { MOST_LISTS } else { MOST_LISTS_AT_FIRST };
        let next = reading.next.as_ref().filter(|_| is_fresh && nth < most);
        let Some(next) = next else {
            self.memory.since = None;
            self.memory.has_walked = true;
            return;
        };
        if self.is_walk_long() {
            // Should it be this page at which the server breaks, the topics come first.
            self.fill_up();
        }
        let about = About::List(nth + 1);
        self.next.push(self.forum.request(next, &about, self.memory.way));
    }

    /// Tells whether the walk over the list breaks again and again.
    fn is_walk_long(&self) -> bool {
        let latest = self.moment() - LONGEST_WALK.num_milliseconds();
        self.memory.since.is_some_and(|since| since < latest)
    }

    /// Takes note that a page of the list cannot be had, though the server answered. Tells whether
    /// the walk ends over it: that page is not asked for for ever.
    pub(super) fn end_list(&mut self) -> bool {
        let is_long = self.is_walk_long();
        self.memory.since.take_if(|_| is_long);
        is_long
    }

    /// Tells whether a row shows something that no list showed before.
    pub(super) fn is_news(&self, row: &Row) -> bool {
        let mark = row.mark.as_deref().unwrap_or_default();
        let known = self.memory.topics.get(&row.key).map(|known| known.mark.as_str());
        known.or_else(|| self.memory.owed(&row.key).map(|owed| owed.mark.as_str())) != Some(mark)
    }

    /// Notes a row, and returns when what it shows was first shown.
    fn row(&mut self, row: &Row, place: usize, now: Moment) -> Moment {
        let mark = row.mark.clone().unwrap_or_default();
        if let Some(owed) = self.memory.owed_mut(&row.key) {
            owed.seen = now;
            if owed.mark != mark {
                owed.mark = mark;
                owed.changed = now;
                if !owed.newest.is_empty() {
                    owed.restart();
                }
            }
            return owed.changed;
        }
        let known = self.memory.topics.get_mut(&row.key);
        if let Some(known) = known {
            known.seen = now;
            if !has_changed(known, row, place, self.now) {
                return known.changed;
            }
        }
        let known = self.memory.topics.get(&row.key);
        let owed = Owed::of(&row.key, row.address.as_str(), known, now);
        self.memory.owed.push(Owed { mark, title: row.title.clone(), ..owed });
        now
    }

    /// Reads one page of posts of the topic called `key`, which was asked for at `asked`, and was at
    /// `at` in the end.
    pub(super) fn topic(
        &mut self,
        key: &str,
        asked: &Url,
        at: &Url,
        mut reading: Reading,
    ) -> Result<Vec<Post>, Unreadable> {
        self.memory.hear(key);
        let Some(mut owed) = self.memory.owed(key).cloned() else {
            // Nobody waits for it any more: what it says counts all the same.
            return Ok(std::mem::take(&mut reading.posts));
        };
        entitle(&mut reading, &mut owed);
        let is_first = owed.page == owed.first;
        let is_read_again = owed.walked > 0 && !owed.anchor.is_empty();
        if reading.posts.is_empty() && reading.rest.is_empty() && owed.rest.is_empty() {
            if owed.walked > 0 {
                self.memory.settle(key);
            } else if !self.begin_again(key) {
                return Err(if self.memory.posts > Found::Never {
                    changed("posts")
                } else {
                    Unreadable(format!("no posts were found in the topic at {}", shown(asked)))
                });
            }
            return Ok(Vec::new());
        }
        if reading.is_guess && self.memory.posts == Found::Surely {
            return Err(changed("posts"));
        }
        self.memory.posts.note(!reading.posts.is_empty(), reading.is_guess);
        if !is_read_again {
            owed.note_answer();
            self.memory.count_answer();
        }
        let anchor = reading.anchor();
        let has_moved = !owed.anchor.is_empty() && !anchor.starts_with(&owed.anchor);
        if owed.walked == 0 && is_first && reading.is_newest_first() {
            owed.newest = reading.newest();
        }
        if !is_first && has_moved {
            let posts = reading.fresh_posts(&mut owed.given);
            owed.restart();
            self.go_on(owed);
            return Ok(posts);
        }
        let page = if is_first { owed.first.clone() } else { at.to_string() };
        if owed.left.is_some() && !is_first {
            owed.left = Some(page.clone());
        }
        owed.at = reading.moves.then_some((page, anchor));
        if let Some(resume) = &reading.resume {
            owed.resume = Some(resume.to_string());
        }
        let next = Self::following(&mut owed, &reading, asked);
        owed.walked = owed.walked.saturating_add(1);
        let posts = reading.fresh_posts(&mut owed.given);
        if let Some(next) = next {
            owed.page = next;
            owed.anchor.clear();
            self.go_on(owed);
        } else {
            if let Some(known) = self.memory.owed_mut(key) {
                *known = owed;
            }
            self.memory.settle(key);
        }
        Ok(posts)
    }

    /// Asks for the page that is next.
    fn go_on(&mut self, owed: Owed) {
        self.next.extend(self.forum.ask_topic(&owed, self.memory.way));
        let key = owed.key.clone();
        if let Some(known) = self.memory.owed_mut(&key) {
            *known = owed;
        }
        self.memory.ask(&key);
    }

    /// Returns the page of a topic that comes after the one just read.
    fn following(owed: &mut Owed, reading: &Reading, asked: &Url) -> Option<String> {
        if !reading.rest.is_empty() {
            owed.rest = reading.rest.iter().map(Url::to_string).collect();
        }
        if !owed.rest.is_empty() {
            return Some(owed.rest.remove(0));
        }
        let next = reading.next.as_ref().filter(|next| *next != asked)?;
        if !owed.newest.is_empty() {
            let is_at_end = !owed.until.is_empty() && reading.shows_any(&owed.until);
            return (!is_at_end && owed.walked + 1 < MOST_BACK).then(|| next.to_string());
        }
        let most = if owed.left.is_some() { MOST_RESUMED } else { MOST_WALKED };
        if owed.walked + 1 >= most {
            return None;
        }
        let is_first = owed.walked == 0 && owed.page == owed.first;
        let ahead = reading.last.as_ref().filter(|_| is_first);
        let ahead = ahead.and_then(|last| Ahead::between(asked, next, last));
        let further = match &owed.left {
            // This page, and as many as are read at once: what lies between is too long ago.
            None => ahead
                .filter(|ahead| ahead.pages >= MOST_AT_ONCE)
                .and_then(|ahead| ahead.towards_the_end(MOST_AT_ONCE - 1)),
            // Posts have moved since: somewhat before where it was left.
            Some(left) => {
                Url::parse(left).ok().and_then(|left| ahead?.back_from(&left, MOST_AT_ONCE - 1))
            }
        };
        let Some(further) = further else { return Some(next.to_string()) };
        // An interrupted walk does not come back to where it left the middle out.
        owed.at = None;
        Some(further.into())
    }

    /// Takes note that a page of a topic is gone. Tells whether there was anything to be done.
    pub(super) fn is_gone(&mut self, key: &str) -> bool {
        self.memory.hear(key);
        if self.begin_again(key) || self.pass_over(key) {
            return true;
        }
        let Some(owed) = self.memory.owed(key) else { return false };
        if owed.page != owed.first {
            // A page that was there a moment ago: the one before it is the last one now.
            self.memory.settle(key);
            return true;
        }
        if key == OWN {
            return false;
        }
        // The topic itself is gone. Should a list go on showing it, then unchanged.
        self.memory.topics.remove(key);
        if let Some(owed) = self.memory.owed_mut(key) {
            owed.at = None;
            owed.newest.clear();
        }
        self.memory.settle(key);
        true
    }

    /// Goes on with the next of the pages that are known by address. Tells whether there is one.
    fn pass_over(&mut self, key: &str) -> bool {
        let Some(mut owed) = self.memory.owed(key).cloned() else { return false };
        if owed.rest.is_empty() {
            return false;
        }
        owed.page = owed.rest.remove(0);
        owed.anchor.clear();
        self.go_on(owed);
        true
    }

    /// Takes note that the server refused a page of a topic. Tells whether it is given up: it has
    /// been tried for long.
    pub(super) fn give_up(&mut self, key: &str) -> bool {
        let owed = self.memory.owed(key);
        if !owed.is_some_and(|owed| owed.is_owed_for_long(self.memory.poll)) {
            return false;
        }
        self.memory.hear(key);
        if !self.pass_over(key) {
            self.memory.settle(key);
        }
        true
    }

    /// Reads a topic from its first page where the one at which it was resumed cannot be read.
    pub(super) fn begin_again(&mut self, key: &str) -> bool {
        let Some(mut owed) = self.memory.owed(key).cloned() else { return false };
        let is_resumed = owed.page != owed.first && (owed.walked == 0 || !owed.anchor.is_empty());
        if is_resumed {
            owed.restart();
            self.go_on(owed);
        }
        is_resumed
    }
}

impl Forum {
    fn ask_topic(&self, owed: &Owed, way: super::api::Way) -> Option<Request> {
        let url = Url::parse(&owed.page).ok()?;
        Some(self.request(&url, &About::Topic(owed.key.clone()), way))
    }
}

/// Gives the posts the title of their topic: not every page says again what it is called.
fn entitle(reading: &mut Reading, owed: &mut Owed) {
    owed.title = reading.title.take().or(owed.title.take());
    for post in &mut reading.posts {
        post.title = post.title.take().or_else(|| owed.title.clone());
    }
}

/// Tells whether a known topic has posts that were not read.
fn has_changed(known: &Topic, row: &Row, place: usize, now: DateTime<Utc>) -> bool {
    if let Some(mark) = &row.mark {
        return *mark != known.mark;
    }
    let read = DateTime::from_timestamp_millis(known.read).unwrap_or_default();
    match row.last {
        // `2 hours ago` may be one and a half: the longer ago, the less exact.
        Some(last) => last + (now - last) / 3 + TimeDelta::minutes(2) >= read,
        None => place < FIRST_ROWS && now - read >= BLIND_PAUSE,
    }
}

/// What is said where there is nothing of what there always was.
pub(super) fn changed(what: &str) -> Unreadable {
    Unreadable(format!("no {what} where there were always some: the page's structure changed"))
}

/// An address as it may be shown.
fn shown(url: &Url) -> String {
    Location::Web(url.clone()).to_string()
}
