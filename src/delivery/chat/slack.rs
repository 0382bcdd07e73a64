//! Slack, by an incoming webhook: its address is the secret, and there is one for each channel.

use super::fitted::{Fitted, Line};
use crate::delivery::Notice;
use crate::fetch::{Access, Call};
use serde_json::{Value, json};
use std::fmt;
use url::Url;

/// What all lines may take, in bytes. Slack takes 50 blocks of 3,000 characters each.
const ROOM: usize = 30_000;

/// The longest address that is linked, in bytes: with headline and details it takes less than 3,000.
const MOST_LINK: usize = 600;

/// One channel of Slack.
#[derive(Clone, PartialEq)]
pub struct Slack {
    /// `https://hooks.slack.com/services/…`
    pub url: Url,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Slack {
    /// Returns the request that tells a notice.
    pub fn request(&self, notice: &Notice) -> Call {
        let told = Fitted::of(notice, ROOM, line, |block| block.to_string().len());
        let mut blocks = vec![section(&format!("*{}*", escaped(&told.title)))];
        let tail: Vec<Value> = told.tail().map(|words| words_of(&escaped(words))).collect();
        blocks.extend(told.lines);
        if !tail.is_empty() {
            blocks.push(json!({ "type": "context", "elements": tail }));
        }
        let body = json!({
            // What notifications show.
            "text": escaped(&told.title),
            "blocks": blocks,
            "unfurl_links": false,
            "unfurl_media": false,
        });
        Call { access: Access::hiding(&self.url), ..Call::post(self.url.clone(), &body) }
    }
}

fn line(line: &Line) -> Value {
    let headline = escaped(&line.headline);
    let address = line.link.as_deref().map(escaped);
    let address = address.filter(|address| address.len() <= MOST_LINK);
    let headline = match address {
        Some(address) => format!("<{address}|{headline}>"),
        None => headline,
    };
    let gap = if line.details.is_empty() { "" } else { "\n" };
    section(&format!("{headline}{gap}{}", escaped(&line.details)))
}

fn section(words: &str) -> Value {
    json!({ "type": "section", "text": words_of(words) })
}

/// Verbatim: what looks like the name of a channel or of everybody in it stays a word.
fn words_of(words: &str) -> Value {
    json!({ "type": "mrkdwn", "text": words, "verbatim": true })
}

/// Slack has these three, and says to escape nothing else.
fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{huge, notice};
    use super::*;

    fn body(notice: &Notice) -> Value {
        let slack = Slack { url: Url::parse("https://hooks.slack.com/services/T0/B0/x").unwrap() };
        serde_json::from_str(&slack.request(notice).body.unwrap()).unwrap()
    }

    #[test]
    fn a_notice_is_told_and_nobody_is_called() {
        let body = body(&notice());
        insta::assert_json_snapshot!(body);
        assert!(!body.to_string().contains("<!"), "{body}");
    }

    #[test]
    fn the_largest_notice_fits() {
        let body = body(&huge());
        let blocks = body["blocks"].as_array().unwrap();
        assert!((3..=50).contains(&blocks.len()), "{}", blocks.len());
        for block in blocks {
            let elements = block["elements"].as_array();
            assert!(elements.is_none_or(|elements| elements.len() <= 10));
            for text in elements.into_iter().flatten().chain([&block["text"]]) {
                let words = text["text"].as_str().unwrap_or_default();
                assert!(words.chars().count() <= 3_000, "{}", words.chars().count());
            }
        }
        assert!(body["text"].as_str().unwrap().chars().count() < 4_000);
    }
}
