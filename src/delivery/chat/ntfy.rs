//! ntfy: a short message on the telephones that subscribed to a topic. On an open server whoever knows the
//! topic reads along: it is a secret.

use super::fitted::{Fitted, Line};
use crate::delivery::Notice;
use crate::fetch::{Access, Call, Secret};
use crate::text;
use serde_json::json;
use std::fmt;
use url::Url;

/// What the message may take, in bytes: a longer one than 4,096 would become an attachment.
const ROOM: usize = 3_000;
/// With what stands behind them.
const MOST: usize = 4_000;

/// The longest title, in characters.
const MOST_TITLE: usize = 120;

/// As ntfy counts: the usual, and the highest, which goes through "do not disturb".
const USUAL: u8 = 3;
const HIGHEST: u8 = 5;

/// One topic.
#[derive(Clone, PartialEq)]
pub struct Ntfy {
    /// The server, such as `https://ntfy.sh`.
    pub url: Url,
    pub topic: Secret,
    /// `None`: everybody may write there.
    pub token: Option<Secret>,
}

impl fmt::Debug for Ntfy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ntfy").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Tells whether ntfy takes this for the name of a topic.
pub fn is_topic(topic: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&topic.len()) && topic.chars().all(is_plain)
}

impl Ntfy {
    /// Returns the request that tells a notice.
    pub fn request(&self, notice: &Notice) -> Call {
        let told = Fitted::of(
            notice,
            ROOM,
            |line| (words(line), line.link.clone()),
            |(line, _)| line.len() + 1,
        );
        let mut message = String::new();
        let lines = told.lines.iter().map(|(line, _)| line);
        for words in lines.chain(told.tail()) {
            if message.len() + words.len() < MOST {
                let gap = if message.is_empty() { "" } else { "\n" };
                message += &[gap, words].concat();
            }
        }
        let mut body = json!({
            "topic": self.topic.expose(),
            "title": text::cut(&told.title, MOST_TITLE),
            // A message without words would be called "triggered".
            "message": if message.is_empty() { &told.title } else { &message },
            "priority": if told.urgent { HIGHEST } else { USUAL },
        });
        // A click leads to the most pressing one.
        if let Some(link) = told.lines.iter().find_map(|(_, link)| link.clone()) {
            body["click"] = link.into();
        }
        let mut access = self.token.as_ref().map(Access::bearer).unwrap_or_default();
        access.hidden.push(self.topic.clone());
        Call { access, ..Call::post(self.url.clone(), &body) }
    }
}

fn words(line: &Line) -> String {
    let gap = if line.details.is_empty() { "" } else { "\n  " };
    format!("• {}{gap}{}", line.headline, line.details)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{huge, notice};
    use super::*;
    use serde_json::Value;

    fn body(notice: &Notice) -> Value {
        let ntfy = Ntfy {
            url: Url::parse("https://ntfy.acme.example").unwrap(),
            topic: "acme-7f3k".into(),
            token: Some("tk_secret".into()),
        };
        serde_json::from_str(&ntfy.request(notice).body.unwrap()).unwrap()
    }

    #[test]
    fn a_notice_is_a_short_message() {
        insta::assert_json_snapshot!(body(&notice()));
    }

    #[test]
    fn the_largest_notice_is_no_attachment() {
        let message = body(&huge())["message"].as_str().unwrap().len();
        assert!((1_000..=4_096).contains(&message), "{message}");
    }

    #[test]
    fn a_topic_has_plain_letters() {
        assert!(is_topic("acme-alerts_7"));
        for bad in ["", "a b", "ä", "a/b", &"x".repeat(65)] {
            assert!(!is_topic(bad), "{bad}");
        }
    }
}
