//! Matrix: a notice becomes an event of a room. Its transaction id is that of the notice, so that the home
//! server takes it once, however often it is sent.

use super::fitted::{Fitted, Line};
use crate::delivery::Notice;
use crate::fetch::{Access, Call, Secret};
use serde_json::json;
use std::fmt;
use url::Url;

/// What all lines may take in both forms, in bytes of JSON: an event has 65,536 at most.
const ROOM: usize = 45_000;

/// One room.
#[derive(Clone, PartialEq)]
pub struct Matrix {
    /// The home server.
    pub url: Url,
    /// Of the account that speaks; it is in the room.
    pub token: Secret,
    /// `!opaque:acme.example`
    pub room: String,
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Matrix");
        shown.field("host", &self.url.host_str()).field("room", &self.room).finish_non_exhaustive()
    }
}

impl Matrix {
    /// Returns the request that tells a notice.
    pub fn request(&self, notice: &Notice) -> Call {
        let told =
            Fitted::of(notice, ROOM, line, |(plain, html)| json!([plain, html]).to_string().len());
        let mut plain = format!("{}\n", told.title);
        let mut html = format!("<strong>{}</strong><ul>", escaped(&told.title));
        for (line, item) in &told.lines {
            plain.push_str(line);
            html.push_str(item);
        }
        html.push_str("</ul>");
        for words in told.tail() {
            plain.push_str(words);
            plain.push('\n');
            html += &["<p>", &escaped(words), "</p>"].concat();
        }
        let body = json!({
            "msgtype": "m.notice",
            "body": plain.trim_end(),
            "format": "org.matrix.custom.html",
            "formatted_body": html,
            // Nobody is called.
            "m.mentions": {},
        });
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            let send = ["_matrix", "client", "v3", "rooms", &self.room, "send", "m.room.message"];
            path.pop_if_empty().extend(send).push(&notice.message_id);
        }
        Call { access: Access::bearer(&self.token), ..Call::put(url, &body) }
    }
}

/// Returns a line as plain text and as HTML.
fn line(line: &Line) -> (String, String) {
    let Line { headline, link: address, details } = line;
    let mut plain = format!("• {headline}\n");
    for words in [Some(details), address.as_ref()].into_iter().flatten() {
        if !words.is_empty() {
            plain += &["  ", words, "\n"].concat();
        }
    }
    let mut html = match address {
        Some(address) => format!("<li><a href=\"{}\">{}</a>", escaped(address), escaped(headline)),
        None => format!("<li>{}", escaped(headline)),
    };
    if !details.is_empty() {
        html += &["<br>", &escaped(details)].concat();
    }
    html.push_str("</li>");
    (plain, html)
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{huge, notice};
    use super::*;
    use crate::fetch::Verb;
    use serde_json::Value;

    fn call(notice: &Notice) -> Call {
        let matrix = Matrix {
            url: Url::parse("https://matrix.acme.example/").unwrap(),
            token: "syt_secret".into(),
            room: "!a/b:acme.example".into(),
        };
        matrix.request(notice)
    }

    #[test]
    fn a_notice_is_an_event_with_the_id_of_the_notice() {
        let call = call(&notice());
        assert_eq!(
            (call.verb, call.url.as_str()),
            (
                Verb::Put,
                "https://matrix.acme.example/_matrix/client/v3/rooms/!a%2Fb:acme.example/send/m.room.message/0a1b2c3d4e5f60718293a4b5c6d7e8f9"
            )
        );
        let body: Value = serde_json::from_str(&call.body.unwrap()).unwrap();
        insta::assert_json_snapshot!(body);
    }

    #[test]
    fn the_largest_notice_fits() {
        let body = call(&huge()).body.unwrap();
        assert!((20_000..60_000).contains(&body.len()), "{}", body.len());
    }
}
