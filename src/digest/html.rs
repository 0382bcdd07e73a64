//! A digest as HTML that holds in mail programs: tables, styles beside the elements, and a small
//! sheet for dark screens and phones. Nothing is loaded from anywhere. Escaping is the template's.

use super::Digest;
use super::view::View;
use askama::Template;

#[derive(Template)]
#[template(path = "digest.html")]
struct Mail {
    view: View,
}

/// Renders a digest as an HTML document.
pub fn render(digest: &Digest) -> String {
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    Mail { view: View::of(digest) }.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{digest, mention, morning, ticket};
    use crate::enrich::{Label, Priority};
    use crate::text::Language;

    #[test]
    fn a_morning_in_english() {
        insta::assert_snapshot!(render(&morning(Language::ENGLISH)));
    }

    #[test]
    fn a_morning_in_finnish() {
        insta::assert_snapshot!(render(&morning(Language::FINNISH)));
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let evil = "</div><script>alert(1)</script><img src=x onerror=alert(2)>\"'& Acme";
        let mut mention = mention(1, Label::Negative, Some(evil), evil);
        mention.brand.0 = evil.into();
        mention.source.0 = evil.into();
        mention.post.author.name = Some(evil.into());
        mention.post.url = Some("https://news.example/\"><script>alert(3)</script>".into());
        mention.insight.why = vec![evil.into()];
        let mut ticket = ticket(1);
        ticket.priority = Priority::Urgent;
        (ticket.headline, ticket.url) = (evil.into(), Some(format!("https://x.example/{evil}")));
        (ticket.status, ticket.assignee) = ("new".into(), Some(evil.into()));
        let html = render(&digest(&[mention], &[ticket]));
        assert!(html.contains("alert(1)"), "the text itself is kept");
        for tag in ["<script", "<img", "</div><scr", "\"><scr"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_linked() {
        for url in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//x",
            "https://u:p@x.example/",
        ] {
            let mut mention = mention(1, Label::Negative, Some("Acme"), "Acme");
            mention.post.url = Some(url.into());
            let html = render(&digest(&[mention], &[]));
            assert!(!html.contains("<a "), "{url}");
        }
        let mention = mention(1, Label::Negative, Some("Acme"), "Acme");
        let html = render(&digest(&[mention], &[]));
        assert!(html.contains("href=\"https://www.news.example/1\" rel=\"noopener\""));
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let html = render(&morning(Language::ENGLISH));
        let html = html.replace("<img src=\"cid:", "");
        for loader in ["<img", "<link", "@import", "url(", "src=", "<iframe", "<script"] {
            assert!(!html.contains(loader), "{loader}");
        }
    }
}
