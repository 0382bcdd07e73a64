//! Discord, by a webhook of a channel: its address is the secret. Nobody is called, whatever a text says.

use super::fitted::{Fitted, Line};
use crate::delivery::Notice;
use crate::fetch::{Access, Call};
use chrono::SecondsFormat;
use serde_json::json;
use std::fmt;
use url::Url;

/// What all lines may take, in bytes: a description has 4,096 characters.
const ROOM: usize = 3_900;

/// Red, and grey.
const URGENT: u32 = 0x00e0_3131;
const CALM: u32 = 0x0086_8e96;

/// The signs of Discord's Markdown, and those that a mention, an emoji or a time begins with.
const SIGNS: [char; 17] =
    ['\\', '*', '_', '~', '`', '|', '>', '<', '#', '-', '[', ']', '(', ')', ':', '@', '.'];

/// One channel, or thread, of Discord.
#[derive(Clone, PartialEq)]
pub struct Discord {
    /// `https://discord.com/api/webhooks/…`, with `thread_id` for a thread.
    pub url: Url,
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Discord {
    /// Returns the request that tells a notice.
    pub fn request(&self, notice: &Notice) -> Call {
        // A line end goes between two.
        let told = Fitted::of(notice, ROOM, line, |line: &String| line.len() + 1);
        let mut description = told.lines.join("\n");
        if let Some(more) = &told.more {
            description.push('\n');
            description.push_str(&escaped(more));
        }
        let body = json!({
            "content": format!("**{}**", escaped(&told.title)),
            "allowed_mentions": { "parse": [] },
            "embeds": [{
                "description": description.trim_end(),
                "color": if told.urgent { URGENT } else { CALM },
                "timestamp": notice.created.to_rfc3339_opts(SecondsFormat::Secs, true),
                // Nothing is read as Markdown here.
                "footer": { "text": told.footer.join("\n") },
            }],
        });
        let mut url = self.url.clone();
        if !url.query_pairs().any(|(name, _)| name == "wait") {
            // Then the answer says that the message is there, and not only that it came.
            url.query_pairs_mut().append_pair("wait", "true");
        }
        Call { access: Access::hiding(&self.url), ..Call::post(url, &body) }
    }
}

fn line(line: &Line) -> String {
    let headline = escaped(&line.headline);
    let headline = match &line.link {
        Some(address) => format!("[{headline}](<{address}>)"),
        None => headline,
    };
    let gap = if line.details.is_empty() { "" } else { "\n" };
    format!("{headline}{gap}{}\n", escaped(&line.details))
}

fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len() + 8);
    for c in words.chars() {
        // A dot makes a list of what is numbered, and a link of what looks like a host: only at the beginning.
        let is_sign = SIGNS.contains(&c) && (c != '.' || is_number(&escaped));
        if is_sign {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn is_number(words: &str) -> bool {
    !words.is_empty() && words.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{huge, notice};
    use super::*;
    use serde_json::Value;

    fn call(notice: &Notice) -> Call {
        let url = "https://discord.com/api/v10/webhooks/1/token?thread_id=2";
        Discord { url: Url::parse(url).unwrap() }.request(notice)
    }

    fn body(notice: &Notice) -> Value {
        serde_json::from_str(&call(notice).body.unwrap()).unwrap()
    }

    #[test]
    fn a_notice_is_told_and_nobody_is_called() {
        let body = body(&notice());
        insta::assert_json_snapshot!(body);
        assert_eq!(body["allowed_mentions"], json!({ "parse": [] }));
        assert_eq!(call(&notice()).url.query(), Some("thread_id=2&wait=true"));
    }

    #[test]
    fn the_largest_notice_fits() {
        let body = body(&huge());
        let length = |at: &str| body.pointer(at).unwrap().as_str().unwrap().encode_utf16().count();
        let (content, description) = (length("/content"), length("/embeds/0/description"));
        let footer = length("/embeds/0/footer/text");
        assert!(content <= 2_000 && description <= 4_096 && footer <= 2_048);
        assert!(description + footer <= 6_000 && description > 1_000, "{description} {footer}");
    }
}
