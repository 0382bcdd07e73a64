//! Reddit's Atom: posts and comments among communities and people, with a tail of links.

use crate::fetch::Location;
use crate::post::{Author, Post};
use std::time::Duration;
use url::Url;

/// Reddit lets those without a key ask ten times a minute in all, in practice less, and answers 429
/// soon; a feed holds a hundred entries at most. So that a few dozen feeds fit into that, none is
/// asked more often than this.
pub(super) const INTERVAL: Duration = Duration::from_mins(10);

/// Tells whether a feed is Reddit's.
pub(super) fn is_reddit(location: &Location) -> bool {
    matches!(location, Location::Web(url) if is_host(url))
}

fn is_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "reddit.com" || host.ends_with(".reddit.com")
}

/// What an entry of Reddit is, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    /// Something that somebody wrote.
    Words,
    /// A community, a person, an award.
    Other,
}

/// Returns what an entry is; `None` where it is not Reddit's.
pub(super) fn thing(id: &str, url: &Url) -> Option<Thing> {
    let (kind, rest) = id.split_once('_').filter(|_| is_host(url))?;
    let is_name = rest.bytes().all(|b| b.is_ascii_alphanumeric()) && !rest.is_empty();
    match kind {
        _ if !is_name => None,
        "t1" | "t3" => Some(Thing::Words),
        "t2" | "t4" | "t5" | "t6" => Some(Thing::Other),
        _ => None,
    }
}

/// Takes off the tail that names author, community and links, and makes the author's name a handle.
pub(super) fn tidy(post: &mut Post) {
    let text = post.text.trim_end();
    let tail = text.rfind("submitted by").filter(|at| {
        let tail = text.split_at_checked(*at).map_or("", |(_, tail)| tail);
        let tail = tail.trim_start_matches("submitted by").trim_start();
        tail.starts_with("/u/") && (tail.contains("[link]") || tail.contains("[comments]"))
    });
    if let Some((words, _)) = tail.and_then(|at| text.split_at_checked(at)) {
        post.text = words.trim_end().to_owned();
    }
    // The id is unique on all of Reddit, in whichever of its feeds it stands.
    post.site = "reddit.com".into();
    let name = post.author.name.as_deref().and_then(|name| name.strip_prefix("/u/"));
    if let Some(name) = name.map(str::to_owned) {
        post.author =
            Author { handle: Some(name.clone()), name: Some(name), ..post.author.clone() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_and_comments_are_told_from_communities() {
        let url = Url::parse("https://www.reddit.com/r/acme/").unwrap();
        assert_eq!(thing("t3_1w4dj6h", &url), Some(Thing::Words));
        assert_eq!(thing("t1_abc", &url), Some(Thing::Words));
        assert_eq!(thing("t5_qm7nq", &url), Some(Thing::Other));
        assert_eq!(thing("x_1", &url), None);
        assert_eq!(thing("t3_", &url), None);
        assert_eq!(thing("t3_1", &Url::parse("https://notreddit.com/").unwrap()), None);
    }

    #[test]
    fn the_tail_is_taken_off_and_words_are_not() {
        for (text, expected) in [
            ("Words.\n\nsubmitted by /u/maija to r/acme\n[link] [comments]", "Words."),
            ("submitted by /u/maija [link] [comments]", ""),
            ("I said submitted by /u/maija", "I said submitted by /u/maija"),
            ("submitted by whom?", "submitted by whom?"),
            ("", ""),
        ] {
            let name = Some("/u/maija".to_owned());
            let author = Author { name, ..Author::default() };
            let mut post = Post { text: text.into(), author, ..Post::default() };
            tidy(&mut post);
            assert_eq!(post.text, expected);
            assert_eq!(post.author.handle.as_deref(), Some("maija"));
        }
    }
}
