//! Where a post comes from: its site and its author.

use super::atom::{Atom, Sort, stands_in};
use super::inflect::Languages;
use super::letter::comparable;
use crate::post::{Author, Post};
use std::sync::Arc;
use url::{Host, Url};

/// A domain, with everything under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domain(String);

impl Domain {
    /// Reads a domain, also out of an address; letters beyond ASCII are written as the network does.
    pub(super) fn new(written: &str) -> Self {
        let written = written.trim();
        let rest = written.split_once("://").map_or(written, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default().trim_matches('.');
        let host = Host::parse(host).map_or_else(|_| host.to_lowercase(), |host| host.to_string());
        Self(host)
    }

    /// Tells whether `url` lies on this domain or under it.
    pub(super) fn holds(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let above = host.strip_suffix(&*self.0);
        !self.0.is_empty() && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }
}

/// Somebody's name or handle.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Folded, without `@`.
    name: String,
    /// For names of which only a part was given.
    part: Option<Arc<Atom>>,
}

impl Person {
    pub(super) fn new(written: &str) -> Self {
        let is_handle = written.trim_start().starts_with('@');
        let part = if is_handle { None } else { Atom::new(Sort::Name, written, Languages::NONE) };
        Self { name: bare(written), part: part.map(Arc::new) }
    }

    /// Tells whether the author has this handle or name, or a name with these words in it.
    pub(super) fn is(&self, author: &Author) -> bool {
        let in_name = |name: &str| self.part.as_ref().is_some_and(|part| stands_in(part, name));
        self.has_handle(author)
            || author.name.as_deref().is_some_and(|name| bare(name) == self.name || in_name(name))
    }

    /// Tells whether the author has this handle.
    fn has_handle(&self, author: &Author) -> bool {
        let handle = author.handle.as_deref().map(bare).filter(|handle| !handle.is_empty());
        handle.is_some_and(|handle| handle == self.name)
    }
}

fn bare(name: &str) -> String {
    comparable(name).trim().trim_start_matches('@').to_owned()
}

/// The places and accounts that are a brand's own.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    domains: Vec<Domain>,
    handles: Vec<Person>,
}

impl Own {
    pub(super) fn new(written: &[String]) -> Self {
        let domains = written.iter().filter(|own| !own.trim_start().starts_with('@'));
        Self {
            domains: domains.map(|own| Domain::new(own)).collect(),
            handles: written.iter().map(|own| Person::new(own)).collect(),
        }
    }

    /// Tells whether a post stands on such a place or was written by such an account.
    pub(super) fn holds(&self, post: &Post) -> bool {
        let urls = [&post.url, &post.author.url].into_iter().flatten();
        self.handles.iter().any(|handle| handle.has_handle(&post.author))
            || urls.into_iter().any(|url| self.domains.iter().any(|domain| domain.holds(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_domain(domain: &str, url: &str, expected: bool) {
        assert_eq!(Domain::new(domain).holds(url), expected, "{domain} {url}");
    }

    #[test]
    fn a_domain_holds_what_is_under_it() {
        check_domain("acme.example", "https://acme.example/a", true);
        check_domain("Acme.Example", "https://www.ACME.example:8443/", true);
        check_domain("https://acme.example/", "http://shop.acme.example.", true);
        check_domain("acme.example", "https://notacme.example/", false);
        check_domain("acme.example", "https://acme.example.evil/", false);
        check_domain("acme.example", "https://evil/acme.example", false);
        check_domain("acme.example", "https://acme.example@evil/", false);
        check_domain("www.acme.example", "https://acme.example/", false);
        check_domain("ä.example", "https://xn--4ca.example/", true);
        check_domain("", "https://acme.example/", false);
        check_domain("acme.example", "acme.example", false);
    }

    #[track_caller]
    fn check_person(written: &str, name: &str, handle: &str, expected: bool) {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let author = Author { name: known(name), handle: known(handle), ..Author::default() };
        assert_eq!(Person::new(written).is(&author), expected, "{written}: {name} {handle}");
    }

    #[test]
    fn a_person_is_known_by_handle_or_name() {
        check_person("maija_m", "", "Maija_M", true);
        check_person("@maija_m", "", "maija_m", true);
        check_person("maija_m", "", "@maija_m", true);
        check_person("maija", "", "maija_m", false);
        check_person("Maija Meikäläinen", "MAIJA MEIKÄLÄINEN", "", true);
        check_person("maija", "Maija Meikäläinen", "", true);
        check_person("mai", "Maija Meikäläinen", "", false);
        check_person("@maija", "Maija Meikäläinen", "", false);
        check_person("maija", "", "", false);
        check_person("@", "x", "@", false);
    }

    #[track_caller]
    fn check_own(
        url: Option<&str>,
        author_url: Option<&str>,
        handle: Option<&str>,
        expected: bool,
    ) {
        let own = Own::new(&["acme.example".into(), "@acme".into()]);
        let author = Author {
            url: author_url.map(str::to_owned),
            handle: handle.map(str::to_owned),
            name: Some("acme".into()),
            ..Author::default()
        };
        let post = Post { url: url.map(str::to_owned), author, ..Post::default() };
        assert_eq!(own.holds(&post), expected, "{url:?} {author_url:?} {handle:?}");
    }

    #[test]
    fn own_is_told_by_address_and_account_and_not_by_a_name_anyone_can_take() {
        check_own(Some("https://blog.acme.example/1"), None, None, true);
        check_own(Some("https://x.example/1"), Some("https://acme.example"), None, true);
        check_own(None, None, Some("ACME"), true);
        check_own(None, None, Some("@acme"), true);
        check_own(Some("https://x.example/acme.example"), None, Some("acme_fan"), false);
        check_own(None, None, None, false);
    }
}
