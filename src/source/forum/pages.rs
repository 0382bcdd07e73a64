//! Addresses of a forum: the pages of a topic, the number of a topic, the link of a post.

use crate::source::forum::page::{Ledger, Page};
use crate::source::forum::preset::Field;
use url::Url;

/// Parameters that hold a visit, whatever their value.
const VISITS: [&str; 2] = ["phpsessid", "jsessionid"];
/// Parameters that hold a visit when their value is 32 hexadecimal digits.
const HEX_VISITS: [&str; 3] = ["sid", "s", "session"];
/// Words in front of the number of a page.
const PAGE_WORDS: [&str; 10] =
    ["page", "start", "st", "p", "pg", "sayfa", "seite", "offset", "paged", "index"];

/// Returns the address of the following page.
pub(super) fn next(page: &Page<'_>, ledger: &mut Ledger<'_>) -> Option<Url> {
    let steps = ledger.selectors.get(Field::Next);
    steps.iter().enumerate().find_map(|(number, step)| {
        let mut links = page.whole.find(step).filter_map(|element| {
            let href = step.value(&element, &["href", "content"], |_| String::new())?;
            let mut url = page.address(&href)?;
            url.set_fragment(None);
            if url.query() == Some("") {
                url.set_query(None);
            }
            let mut here = without_session(page.url.clone());
            here.set_fragment(None);
            (url != here && url.host() == page.url.host()).then_some(url)
        });
        let url = links.next()?;
        ledger.note(Field::Next, number, 1);
        Some(url)
    })
}

/// Returns the last page: of the links that differ from the one to the next page in nothing but the
/// page's number, the one with the largest.
pub(super) fn last(page: &Page<'_>, next: &Url) -> Url {
    let pattern = Parts::of(next);
    let Some(number) = pattern.page() else { return next.clone() };
    let mut last = (pattern.numbers.get(number).copied().unwrap_or_default(), next.clone());
    for element in page.whole.elements() {
        let Some(href) = element.attr("href") else { continue };
        let Some(mut url) = page.address(href) else { continue };
        url.set_fragment(None);
        let parts = Parts::of(&url);
        if let Some(found) = parts.numbers.get(number)
            && *found > last.0
            && parts.texts == pattern.texts
            && parts.differs_only_at(number, &pattern)
        {
            last = (*found, url);
        }
    }
    last.1
}

/// An address taken apart into its numbers and what is between them.
struct Parts {
    texts: Vec<String>,
    numbers: Vec<u64>,
}

impl Parts {
    fn of(url: &Url) -> Self {
        let (mut texts, mut numbers) = (vec![String::new()], Vec::new());
        let mut digits = String::new();
        for c in url.as_str().chars().chain(['\0']) {
            if c.is_ascii_digit() && digits.len() < 18 {
                digits.push(c);
                continue;
            }
            if !digits.is_empty() {
                numbers.push(digits.parse().unwrap_or_default());
                texts.push(String::new());
                digits.clear();
            }
            if let Some(text) = texts.last_mut() {
                text.push(c);
            }
        }
        Self { texts, numbers }
    }

    /// Which of the numbers is that of the page: the last one behind a word for it, else the last.
    fn page(&self) -> Option<usize> {
        let is_word = |text: &String| {
            let text = text.trim_end_matches(['=', '-', '/', '_', '.']);
            let word: String = text
                .chars()
                .rev()
                .take_while(char::is_ascii_alphabetic)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            PAGE_WORDS.contains(&word.to_ascii_lowercase().as_str())
        };
        let before = self.texts.iter().take(self.numbers.len());
        let mut worded = before.enumerate().filter(|(_, text)| is_word(text)).map(|(at, _)| at);
        worded.next_back().or(self.numbers.len().checked_sub(1))
    }

    fn differs_only_at(&self, at: usize, other: &Self) -> bool {
        self.numbers.len() == other.numbers.len()
            && self
                .numbers
                .iter()
                .zip(&other.numbers)
                .enumerate()
                .all(|(n, (a, b))| n == at || a == b)
    }
}

/// Returns an address without the number of somebody's visit, which some software adds to links.
pub fn without_session(mut url: Url) -> Url {
    let is_visit = |name: &str, value: &str| {
        let is_hex = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
        let name = name.to_ascii_lowercase();
        VISITS.contains(&name.as_str()) || (is_hex && HEX_VISITS.contains(&name.as_str()))
    };
    let Some(query) = url.query() else { return url };
    // By hand: a query that is written in a way of its own is to stay as it is.
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            !is_visit(name, value)
        })
        .collect();
    if kept.len() < query.split('&').count() {
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
    url
}

/// Returns what tells a topic from others on its site: the first part of the path that is a number,
/// else that begins with one (and first of all so in Flarum's `/d/12-name/3`), else the address
/// without the number of the page.
pub(super) fn topic_id(url: &Url) -> String {
    let parts = || url.path_segments().into_iter().flatten();
    let number = |part: &str, whole: bool| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let behind = part.strip_prefix(digits.as_str())?;
        let fits = behind.is_empty() || (!whole && behind.starts_with('-'));
        (!digits.is_empty() && fits).then_some(digits)
    };
    let worded =
        parts().skip_while(|part| *part != "d").nth(1).and_then(|part| number(part, false));
    let whole = || parts().find_map(|part| number(part, true));
    let numbered = worded.or_else(whole).or_else(|| parts().find_map(|part| number(part, false)));
    numbered.unwrap_or_else(|| {
        let is_page = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            PAGE_WORDS.contains(&name.to_ascii_lowercase().as_str())
        };
        let query = url.query().unwrap_or_default();
        let query: Vec<&str> = query.split('&').filter(|pair| !is_page(pair)).collect();
        format!("{}?{}", url.path().trim_matches('/'), query.join("&"))
            .trim_end_matches('?')
            .to_owned()
    })
}

/// Tells whether an address names the post with this id: by its fragment, or by a number that the
/// address of its topic does not have.
pub(super) fn names(url: &Url, topic: &Url, id: &str) -> bool {
    // Some ids are addresses themselves.
    let is_word = id.bytes().all(|b| b.is_ascii_alphanumeric());
    let encoded = || url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let id: String = if is_word { id.to_owned() } else { encoded() };
    let mut page = url.clone();
    page.set_fragment(None);
    let last = page.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    url.fragment().is_some_and(|fragment| has_number(fragment, &id))
        || (page != *topic && has_number(page.as_str(), &id) && !has_number(topic.as_str(), &id))
        || (page != *topic && has_number(last, &id))
}

/// Tells whether an id stands in a text, and not only within a longer word or number.
pub(super) fn has_number(text: &str, id: &str) -> bool {
    let digits = id.bytes().all(|b| b.is_ascii_digit());
    let is_part = |c: char| if digits { c.is_ascii_digit() } else { c.is_alphanumeric() };
    !id.is_empty()
        && text.match_indices(id).any(|(at, found)| {
            let (before, rest) = text.split_at(at);
            let behind = rest.strip_prefix(found).unwrap_or_default();
            !before.ends_with(is_part) && !behind.starts_with(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_visit_is_no_part_of_an_address() {
        let check = |text: &str, expected: &str| {
            assert_eq!(without_session(url(text)).as_str(), expected);
        };
        let hex = "0123456789abcdef0123456789abcdef";
        check(&format!("http://a/v?f=4&sid={hex}&t=1#p2"), "http://a/v?f=4&t=1#p2");
        check(&format!("http://a/v?s={hex}"), "http://a/v");
        check("http://a/v?s=news&PHPSESSID=x", "http://a/v?s=news");
        check("http://a/index.php?topic=1.20;wap", "http://a/index.php?topic=1.20;wap");
        check("http://a/index.php?threads/x.1/", "http://a/index.php?threads/x.1/");
    }

    #[test]
    fn a_topic_is_told_by_its_number() {
        let check = |text: &str, expected: &str| assert_eq!(topic_id(&url(text)), expected);
        check("https://a/t/some-4-things/931828/7", "931828");
        check("https://a/t/931828", "931828");
        check("https://a/t/2024-4-4-is-stuck/724779/5", "724779");
        check("https://a/forum/d/12-x/3", "12");

        check("https://a/d/2068-types-of-threads/5", "2068");
        check("https://a/discussion/868/open-chat-11/p2", "868");
        check("https://a/thread/garden/?page=2", "thread/garden");
        check("https://a/show?t=5&page=2", "show?t=5");
    }

    #[test]
    fn an_address_names_a_post_by_fragment_or_number() {
        let check = |text: &str, id: &str, expected: bool| {
            let topic = url("https://a/threads/7-things.12/");
            assert_eq!(names(&url(text), &topic, id), expected, "{text} {id}");
        };
        check("https://a/threads/7-things.12/#post-345", "345", true);
        check("https://a/threads/7-things.12/post-345", "345", true);
        check("https://a/posts/345/", "345", true);
        check("https://a/threads/7-things.12/#post-3456", "345", false);
        check("https://a/threads/7-things.12/", "12", false);
        check("https://a/threads/7-things.12/12", "12", true);
        check("https://a/threads/7-things.12/", "345", false);
    }

    #[test]
    fn the_number_of_the_page_is_found() {
        let check = |text: &str, expected: Option<u64>| {
            let parts = Parts::of(&url(text));
            assert_eq!(
                parts.page().and_then(|at| parts.numbers.get(at).copied()),
                expected,
                "{text}"
            );
        };
        check("https://a/threads/x.123/page-2", Some(2));
        check("https://a/showthread.php?page=2&t=193", Some(2));
        check("https://a/index.php?topic=589061.20", Some(20));
        check("https://a/discussion/868/x/p2", Some(2));
        check("https://a/topic/9-x/page/2/", Some(2));
        check("https://a/topic/x", None);
    }
}
