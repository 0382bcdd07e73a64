//! The same post seen again: by what the source showed last time, by the site's own id, by the
//! canonical address.

use crate::mention::PostKey;
use crate::post::Post;
use crate::source::Kind;
use std::collections::HashSet;

pub mod incident;
pub mod story;
pub mod url;

/// What is left of a batch when the posts seen unchanged are taken out.
#[derive(Debug, Default)]
pub struct Fresh {
    pub posts: Vec<Post>,
    /// The marks of everything the batch showed, sorted: what [`unseen`] wants next time.
    pub marks: Vec<u64>,
}

/// Drops the posts that the source showed last time, as they were then.
pub fn unseen(posts: Vec<Post>, marks: &[u64]) -> Fresh {
    let mut shown: Vec<u64> = Vec::with_capacity(posts.len());
    let mut within = HashSet::new();
    let posts = posts
        .into_iter()
        .filter(|post| {
            let mark = mark(post);
            shown.push(mark);
            marks.binary_search(&mark).is_err() && within.insert(mark)
        })
        .collect();
    shown.sort_unstable();
    shown.dedup();
    Fresh { posts, marks: shown }
}

/// Returns the identities of a post, the strongest first: the site's own id, the canonical address,
/// and, where it has neither, its words. Two posts that share one are the same post.
pub fn identities(post: &Post, kind: Kind) -> Vec<PostKey> {
    let id = post.id.as_deref().map(|id| site_id(kind, &post.site, id));
    let address = post.url.as_deref().filter(|_| post.has_own_url).and_then(address);
    let mut identities: Vec<PostKey> = id.into_iter().chain(address).collect();
    if identities.is_empty() {
        identities.push(words(post));
    }
    identities
}

/// Returns the identity of the post that its site knows by `id`.
pub fn site_id(kind: Kind, site: &str, id: &str) -> PostKey {
    PostKey::of(&["id", kind.word(), site, id])
}

/// Returns the identity of the post with this address, if it is one.
pub fn address(url: &str) -> Option<PostKey> {
    url::canonical(url).map(|address| PostKey::of(&["address", &address]))
}

/// The identity of a post of which nothing but its words is known. Its date is no part of it: sites
/// change dates.
fn words(post: &Post) -> PostKey {
    let [title, url] = [&post.title, &post.url].map(|part| part.as_deref().unwrap_or_default());
    let text = if post.has_own_title { "" } else { &post.text };
    PostKey::of(&["words", &post.site, url, title, text])
}

/// Returns a mark of the post as it is: an edited one has another.
pub fn mark(post: &Post) -> u64 {
    let title = post.title.as_deref().unwrap_or_default();
    let [id, url] = [&post.id, &post.url].map(|part| part.as_deref().unwrap_or_default());
    let stars = post.rating.map(|stars| stars.to_string()).unwrap_or_default();
    let PostKey(key) = PostKey::of(&[id, &post.site, url, title, &post.text, &stars]);
    key.first_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: Option<&str>, url: Option<&str>, text: &str) -> Post {
        Post {
            id: id.map(Into::into),
            site: "https://a.example/feed".into(),
            url: url.map(Into::into),
            has_own_url: true,
            text: text.into(),
            ..Post::default()
        }
    }

    fn same(a: &Post, b: &Post) -> bool {
        let known = identities(a, Kind::Feed);
        identities(b, Kind::Feed).iter().any(|identity| known.contains(identity))
    }

    #[test]
    fn either_the_id_or_the_address_makes_the_same_post() {
        let first = post(Some("1"), Some("https://www.a.example/x?utm_source=y"), "text");
        assert!(same(&first, &post(Some("2"), Some("http://a.example/x"), "other")));
        assert!(same(&first, &post(Some("1"), Some("https://a.example/z"), "other")));
        assert!(!same(&first, &post(Some("2"), Some("https://a.example/z"), "text")));
    }

    #[test]
    fn an_address_that_several_posts_share_does_not_join_them() {
        let mut first = post(Some("1"), Some("https://a.example/"), "text");
        first.has_own_url = false;
        let mut second = post(Some("2"), Some("https://a.example/"), "text");
        second.has_own_url = false;
        assert!(!same(&first, &second));
    }

    #[test]
    fn a_post_without_id_and_address_is_known_by_its_words_whatever_its_date() {
        let mut first = post(None, None, "text");
        first.published = chrono::DateTime::from_timestamp(0, 0);
        assert!(same(&first, &post(None, None, "text")));
        assert!(!same(&first, &post(None, None, "texts")));
    }

    #[test]
    fn a_title_of_its_own_tells_a_post_whose_text_changes() {
        let mut first = post(None, None, "5 minutes ago");
        first.title = Some("Acme is down".into());
        first.has_own_title = true;
        let mut second = Post { text: "6 minutes ago".into(), ..first.clone() };
        assert!(same(&first, &second));
        second.has_own_title = false;
        assert!(!same(&first, &second));
    }

    #[test]
    fn what_was_seen_unchanged_is_dropped_and_an_edit_is_not() {
        let first = unseen(vec![post(Some("1"), None, "a"), post(Some("2"), None, "b")], &[]);
        assert_eq!(first.posts.len(), 2);
        let again =
            unseen(vec![post(Some("1"), None, "a"), post(Some("2"), None, "c")], &first.marks);
        assert_eq!(again.posts, [post(Some("2"), None, "c")]);
    }

    #[test]
    fn a_post_twice_in_one_batch_is_one() {
        assert_eq!(unseen(vec![post(Some("1"), None, "a"); 2], &[]).posts.len(), 1);
    }
}
