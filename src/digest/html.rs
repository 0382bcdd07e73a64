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
    fn it_holds_where_styles_are_few() {
        let html = render(&morning(Language::SWEDISH));
        // Outlook ignores the padding of what is no cell, and the greatest width of anything.
        for tag in html.split('<').filter(|tag| tag.starts_with("div")) {
            assert!(!tag.split('>').next().unwrap().contains("padding"), "{tag}");
        }
        assert!(html.contains("<!--[if mso]><table role=\"presentation\" width=\"660\""), "{html}");
        // Gmail may drop the sheet: what it says stands beside the elements too, for a light screen.
        let body = html.split("<body").nth(1).unwrap();
        for class in ["page", "edge ink today", "soft", "code", "mark", "link", "negative"] {
            let begin = format!("class=\"{class}\"");
            let tags: Vec<_> = body.split('<').filter(|tag| tag.contains(&begin)).collect();
            assert!(!tags.is_empty(), "{class}");
            for tag in tags {
                assert!(tag.contains("style=\""), "{tag}");
            }
        }
    }

    #[test]
    fn what_the_list_of_an_inbox_shows_is_not_said_twice() {
        let html = render(&morning(Language::ENGLISH));
        let preview = "2 tickets need attention today · 1 customer to ask whether all is well · 1 \
                       customer gone quiet · nothing from 2 sources";
        assert_eq!(html.matches(preview).count(), 1, "{html}");
        assert!(!render(&digest(&[], &[])).contains("mso-hide"));
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
