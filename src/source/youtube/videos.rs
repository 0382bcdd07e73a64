//! Searches for videos, and the videos that they find.

use super::memory::{Brought, Memory, is_id};
use super::post::{self, number, time, word};
use super::{FIRST_LOOK, MOST_PAGES, OVERLAP, PER_SEARCH, SEARCHES, YouTube, cost, is_at_once};
use crate::fetch::Request;
use crate::source::Page;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// Videos and channels that one request tells of.
const PER_PAGE: usize = 50;

impl YouTube {
    /// Asks for the page of a search that is next.
    pub(super) fn search(&self, query: &str, memory: &Memory, now: DateTime<Utc>) -> Request {
        let walk = memory.searches.get(query).cloned().unwrap_or_default();
        let since = walk.since.and_then(|since| DateTime::from_timestamp(since, 0));
        // It is the same over all pages of a walk, or their tokens would not fit.
        let since = since.and_then(|since| since.min(now).checked_sub_signed(OVERLAP));
        let since = since.unwrap_or_else(|| day_of(now) - FIRST_LOOK);
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let per_page = PER_PAGE.to_string();
        let mut parameters = vec![
            ("q", query),
            ("type", "video"),
            ("order", "date"),
            ("publishedAfter", &since),
            ("maxResults", &per_page),
            ("safeSearch", "none"),
        ];
        parameters.extend(self.language.as_deref().map(|code| ("relevanceLanguage", code)));
        parameters.extend(self.region.as_deref().map(|code| ("regionCode", code)));
        parameters.extend(walk.next.as_deref().map(|next| ("pageToken", next)));
        let request = self.api("/search", "snippet", &parameters);
        request.about(format!("search {query}")).costs(cost("search", SEARCHES))
    }

    /// Asks for all that is told of these videos.
    pub(super) fn videos(&self, ids: &[&str]) -> Request {
        let ids: Vec<&str> = ids.iter().copied().take(PER_PAGE).collect();
        let ids = ids.join(",");
        self.ask_for("/videos", "snippet,statistics", &[("id", &ids)])
            .about(format!("videos {ids}"))
    }

    fn channels(&self, ids: &[&str]) -> Request {
        let query = [("id", ids.join(",")), ("maxResults", PER_PAGE.to_string())];
        let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.ask_for("/channels", "statistics", &query).about("channels")
    }

    /// Reads a page of a search: which videos there are. More is asked of them at once.
    pub(super) fn search_read(
        &self,
        query: &str,
        (items, next): (&[Value], Option<String>),
        memory: &mut Memory,
        now: DateTime<Utc>,
    ) -> Page {
        let items = items.get(..PER_PAGE).unwrap_or(items);
        let videos = || items.iter().filter_map(post::found);
        let ids: Vec<String> = videos().map(str::to_owned).collect();
        let times = || items.iter().filter_map(|item| time(item.get("snippet")?, "publishedAt"));
        let brought = Brought {
            newest: times().max().map(|at| at.timestamp()),
            oldest: times().min().map(|at| at.timestamp()),
            next,
        };
        memory.find(&ids);
        let mut walk = memory.searches.remove(query).unwrap_or_default();
        walk = walk.read(brought, None, MOST_PAGES);
        // What a search uses up of the day is waited off, that of all searches together.
        let all = i32::try_from(self.queries.len()).unwrap_or(i32::MAX);
        let begin = walk.due.unwrap_or_default().max(now.timestamp());
        walk.due = Some(begin.saturating_add((PER_SEARCH * all).num_seconds()));
        let goes_on = walk.next.is_some() && is_at_once(&walk);
        memory.searches.retain(|known, _| self.queries.contains(known));
        memory.searches.insert(query.to_owned(), walk);
        let mut page = Page { skipped: items.len() - ids.len(), ..Page::default() };
        let mut channels: Vec<&str> = items
            .iter()
            .filter_map(|item| word(item.get("snippet")?, "channelId"))
            .filter(|id| is_id(id) && !memory.followers.contains_key(*id))
            .collect();
        channels.sort_unstable();
        channels.dedup();
        if !channels.is_empty() {
            page.next.push(self.channels(&channels));
        }
        if !ids.is_empty() {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            page.next.push(self.videos(&ids));
        }
        if goes_on {
            page.next.push(self.search(query, memory, now));
        }
        page
    }

    /// Reads videos that were asked for by these ids.
    pub(super) fn videos_read(
        &self,
        ids: &[&str],
        items: &[Value],
        memory: &mut Memory,
        now: DateTime<Utc>,
    ) -> Page {
        let mut page = Page::default();
        for item in items {
            let channel = item.get("snippet").and_then(|snippet| word(snippet, "channelId"));
            let followers = channel.and_then(|id| memory.followers.get(id).copied());
            let Some(video) = post::video(item, followers) else {
                page.skipped += 1;
                continue;
            };
            let is_own = self.channel.is_some() && channel == self.channel.as_deref();
            // Where comments are off, their number is not told.
            let has_comments = item
                .get("statistics")
                .is_none_or(|statistics| statistics.get("commentCount").is_some());
            if let Some(id) = video.id.as_deref()
                && !is_own
                && has_comments
                && memory.watch(id, now)
                && self.comments
            {
                let walk = memory.video(id).map(|video| video.walk.clone()).unwrap_or_default();
                page.next.push(self.list(id, &walk));
            }
            page.posts.push(video);
        }
        memory.settle(ids);
        page
    }
}

/// Reads how many follow each channel, where it tells.
pub(super) fn channels_read(items: &[Value], memory: &mut Memory) -> Page {
    for item in items.iter().take(PER_PAGE) {
        let statistics = item.get("statistics").unwrap_or(&Value::Null);
        let is_hidden = statistics.get("hiddenSubscriberCount").and_then(Value::as_bool);
        if let (Some(id), Some(count)) = (word(item, "id"), number(statistics, "subscriberCount"))
            && is_hidden != Some(true)
            && is_id(id)
        {
            memory.followers.insert(id.to_owned(), count);
        }
    }
    Page::default()
}

/// Returns when the day began.
fn day_of(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_hms_opt(0, 0, 0).unwrap_or_default().and_utc()
}
