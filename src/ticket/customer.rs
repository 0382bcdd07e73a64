//! Who complains: an author within a site, so that their earlier tickets can be found.

use crate::mention::Mention;
use crate::text;
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// The longest key, in characters: an author's address is theirs to choose.
const MOST_KEY: usize = 300;

/// How many characters of a name are worth addressing somebody by.
const MOST_NAME: usize = 40;

/// The forms under which one site serves the same pages.
const FACES: [&str; 4] = ["www.", "m.", "mobile.", "amp."];

/// Returns the key under which the author of `mention` is one customer: the site, then the handle,
/// the author's address, or the name. `None` where nobody knows who wrote it.
///
/// The same handle on two sites is two customers until a person says otherwise; and a name is never
/// taken for a handle, or anybody could complain as somebody else.
pub fn key(mention: &Mention) -> Option<String> {
    let author = &mention.post.author;
    let handle = author.handle.as_deref().map(|handle| handle.trim().trim_start_matches('@'));
    let who = known(handle)
        .map(|handle| format!("@{handle}"))
        .or_else(|| known(author.url.as_deref()).map(str::to_owned))
        .or_else(|| known(author.name.as_deref()).map(|name| format!("\"{name}\"")))?;
    Some(spelled(&format!("{} {who}", site(mention))))
}

/// Returns a key as it is spelled, however somebody typed it.
pub fn spelled(key: &str) -> String {
    let line = key.split_whitespace().collect::<Vec<_>>().join(" ");
    line.nfc().collect::<String>().to_lowercase().chars().take(MOST_KEY).collect()
}

/// Returns what to call the author: the name, else the handle; fit to be shown. `None` where neither
/// is known, or where it is an address rather than a name.
pub fn name(mention: &Mention) -> Option<String> {
    let author = &mention.post.author;
    let handle = author.handle.as_deref().map(|handle| handle.trim().trim_start_matches('@'));
    known(author.name.as_deref())
        .filter(|name| !is_address(name))
        .or(known(handle))
        .map(|name| text::cut(&text::visible(name), MOST_NAME))
}

fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn is_address(name: &str) -> bool {
    name.contains("://") || name.contains('@') && name.contains('.')
}

fn site(mention: &Mention) -> String {
    let url = mention.post.url.as_deref().and_then(|url| Url::parse(url).ok());
    match url.as_ref().and_then(Url::host_str) {
        // A bare `m.fi` is a site of its own.
        Some(host) => FACES
            .iter()
            .filter_map(|face| host.strip_prefix(face))
            .find(|rest| rest.contains('.'))
            .unwrap_or(host)
            .to_owned(),
        None => mention.kind.word().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Author;
    use crate::ticket::sample::complaint;

    fn author(name: &str, handle: &str, url: &str) -> Author {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Author { name: some(name), handle: some(handle), url: some(url), followers: None }
    }

    #[track_caller]
    fn check(url: Option<&str>, author: Author, expected: Option<&str>) {
        let mut mention = complaint("Acme lies");
        mention.post.url = url.map(str::to_owned);
        mention.post.author = author;
        assert_eq!(key(&mention).as_deref(), expected);
    }

    #[test]
    fn a_customer_is_an_author_within_a_site() {
        let url = Some("https://www.Forum.example/t/1");
        check(
            url,
            author("Maija M.", "MaijaM", "https://f.example/u/1"),
            Some("forum.example @maijam"),
        );
        check(
            url,
            author("Maija M.", "", "https://f.example/U/1"),
            Some("forum.example https://f.example/u/1"),
        );
        check(url, author(" Maija  M. ", "", ""), Some("forum.example \"maija m.\""));
        check(url, author("", "", ""), None);
        check(url, author(" ", "@", "  "), None);
    }

    #[test]
    fn the_faces_of_a_site_are_one_and_no_site_is_the_kind() {
        let maija = || author("", "@maija", "");
        check(Some("https://m.forum.example/t/1"), maija(), Some("forum.example @maija"));
        check(Some("https://forum.example:8443/t/1"), maija(), Some("forum.example @maija"));
        check(Some("https://m.fi/t/1"), maija(), Some("m.fi @maija"));
        check(Some("no address"), maija(), Some("feed @maija"));
        check(None, maija(), Some("feed @maija"));
    }

    #[test]
    fn a_name_cannot_pass_for_a_handle() {
        check(None, author("@maija", "", ""), Some("feed \"@maija\""));
    }

    #[test]
    fn two_ways_to_write_a_letter_are_one_customer() {
        check(None, author("A\u{308}iti", "", ""), Some("feed \"äiti\""));
    }

    #[test]
    fn a_key_has_a_bounded_length() {
        let mut mention = complaint("Acme lies");
        mention.post.author = author(&"ä".repeat(100_000), "", "");
        assert_eq!(key(&mention).unwrap().chars().count(), 300);
    }

    #[test]
    fn somebody_is_called_by_name_then_handle_and_never_by_an_address() {
        for (name_, handle, expected) in [
            ("Maija M.", "maija", Some("Maija M.")),
            ("", "@maija", Some("maija")),
            ("noreply@forum.example", "maija", Some("maija")),
            ("https://forum.example", "", None),
            ("Ma\u{202e}ija\nM.", "", Some("Ma\\u{202e}ija M.")),
        ] {
            let mut mention = complaint("Acme lies");
            mention.post.author = author(name_, handle, "");
            assert_eq!(name(&mention).as_deref(), expected);
        }
    }
}
