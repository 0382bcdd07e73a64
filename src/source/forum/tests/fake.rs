//! A forum of our own making that people write in.

use std::fmt::Write;

/// Topics of one page of the list.
const ROWS: usize = 4;
/// Posts of one page of a topic.
const POSTS: usize = 3;
pub(super) const HOME: &str = "https://a.example/forum/board";

/// How the software answers for a page behind the last one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    NotFound,
    Last,
}

#[derive(Debug, Clone)]
pub(super) struct Fake {
    /// By number, whether still there.
    topics: Vec<Option<Topic>>,
    next_post: usize,
    clock: i64,
    pub beyond: Beyond,
    pub newest_first: bool,
}

#[derive(Debug, Clone)]
struct Topic {
    posts: Vec<(usize, i64)>,
    touched: i64,
}

impl Fake {
    pub(super) fn new(beyond: Beyond, newest_first: bool) -> Self {
        Self { topics: Vec::new(), next_post: 0, clock: 1_000_000, beyond, newest_first }
    }

    /// Opens a topic with so many posts.
    pub(super) fn open(&mut self, posts: usize) {
        self.topics.push(Some(Topic { posts: Vec::new(), touched: 0 }));
        self.reply(self.topics.len() - 1, posts);
    }

    fn nth(&mut self, topic: usize) -> Option<&mut Topic> {
        let count = self.topics.len().max(1);
        self.topics.get_mut(topic % count)?.as_mut()
    }

    pub(super) fn length(&mut self, topic: usize) -> usize {
        self.nth(topic).map_or(0, |topic| topic.posts.len())
    }

    pub(super) fn reply(&mut self, topic: usize, posts: usize) {
        for _ in 0..posts {
            self.clock += 60;
            self.next_post += 1;
            let (post, now) = (self.next_post, self.clock);
            if let Some(topic) = self.nth(topic) {
                topic.posts.push((post, now));
                topic.touched = now;
            }
        }
    }

    /// Takes a post away, as a moderator does; never the last one of a topic.
    pub(super) fn delete_post(&mut self, topic: usize, post: usize) {
        if let Some(topic) = self.nth(topic).filter(|topic| topic.posts.len() > 1) {
            let at = post % topic.posts.len();
            topic.posts.remove(at);
        }
    }

    pub(super) fn delete_topic(&mut self, topic: usize) {
        let count = self.topics.len().max(1);
        let at = topic % count;
        // One stays: a board without any topic is no board.
        if let Some(topic) = self.topics.get_mut(at).filter(|_| at > 0) {
            *topic = None;
        }
    }

    /// Returns the ids of all posts that are there.
    pub(super) fn posts(&self) -> Vec<String> {
        let topics = self.topics.iter().flatten();
        topics.flat_map(|topic| topic.posts.iter().map(|(id, _)| id.to_string())).collect()
    }

    pub(super) fn get(&self, url: &str) -> Result<String, u16> {
        let rest = url.strip_prefix("https://a.example/forum/").ok_or(404_u16)?;
        let (path, page) = rest.split_once("?page=").unwrap_or((rest, "1"));
        let page: usize = page.parse().map_err(|_| 404_u16)?;
        match path.strip_prefix("t/") {
            Some(topic) => self.topic(topic.parse().map_err(|_| 404_u16)?, page),
            None => self.list(path, page),
        }
    }

    fn list(&self, path: &str, page: usize) -> Result<String, u16> {
        let mut rows: Vec<(usize, &Topic)> = self
            .topics
            .iter()
            .enumerate()
            .filter_map(|(nth, t)| Some((nth, t.as_ref()?)))
            .collect();
        rows.sort_by_key(|(_, topic)| std::cmp::Reverse(topic.touched));
        let mut html = String::new();
        for (nth, topic) in page_of(&rows, ROWS, page, self.beyond)? {
            let last = topic.posts.last().map_or(0, |(id, _)| *id);
            html.push_str(&row(&format!("t/{nth}"), topic.posts.len(), &format!("#p{last}")));
        }
        links(&mut html, path, page, rows.len().div_ceil(ROWS));
        Ok(list(&html))
    }

    fn topic(&self, nth: usize, page: usize) -> Result<String, u16> {
        let topic = self.topics.get(nth).and_then(Option::as_ref).ok_or(404_u16)?;
        let mut posts = topic.posts.clone();
        if self.newest_first {
            posts.reverse();
        }
        let mut html = String::new();
        for (id, at) in page_of(&posts, POSTS, page, self.beyond)? {
            html.push_str(&post(*id, *at));
        }
        links(&mut html, &format!("{nth}"), page, posts.len().div_ceil(POSTS));
        Ok(page_with(&html))
    }
}

/// A page of a board in the form of phpBB.
pub(super) fn page_with(content: &str) -> String {
    format!("<!doctype html><body id='phpbb'><h2 class='topic-title'>A topic</h2>{content}</body>")
}

pub(super) fn list(rows: &str) -> String {
    page_with(&format!("<ul class='topics'>{rows}</ul>"))
}

/// A row of a list; `last` is where its last post is.
pub(super) fn row(link: &str, replies: usize, last: &str) -> String {
    format!(
        "<li class='row'><a class='topictitle' href='{link}'>A topic</a><dd class='posts'>{replies}</dd>
         <dd class='lastpost'><a title='last' href='{link}{last}'>x</a></dd></li>"
    )
}

/// A row that shows nothing but when somebody posted last, in words.
pub(super) fn vague_row(link: &str, last: &str) -> String {
    format!(
        "<li class='row'><a class='topictitle' href='{link}'>A topic</a><dd class='lastpost'>{last}</dd></li>"
    )
}

pub(super) fn post(id: usize, at: i64) -> String {
    let at = chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
    format!(
        "<div class='post' id='p{id}'><div class='postprofile'><a class='username'>maija</a></div>
         <div class='postbody'><p class='author'><time datetime='{at}'></time></p>
         <div class='content'>text of {id}</div></div></div>"
    )
}

fn page_of<T>(all: &[T], size: usize, page: usize, beyond: Beyond) -> Result<&[T], u16> {
    match all.chunks(size).nth(page - 1) {
        Some(chunk) => Ok(chunk),
        None if page == 1 => Ok(&[]),
        None if beyond == Beyond::Last => Ok(all.chunks(size).next_back().unwrap_or_default()),
        None => Err(404),
    }
}

fn links(html: &mut String, path: &str, page: usize, count: usize) {
    if page < count {
        write!(
            html,
            "<ul><li class='arrow next'><a href='{path}?page={}'>next</a></li>
             <li><a href='{path}?page={count}'>last</a></li></ul>",
            page + 1
        )
        .unwrap();
    }
}
