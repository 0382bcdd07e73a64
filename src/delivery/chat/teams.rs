//! Microsoft Teams, by a flow of Workflows ("Post to a channel when a webhook request is received"). That
//! it took a message does not say that the message is shown: the flow fails in silence.

use super::fitted::{Fitted, Line};
use crate::delivery::Notice;
use crate::fetch::{Access, Call};
use serde_json::{Value, json};
use std::fmt;
use url::Url;

/// What all lines may take, in bytes: a flow takes 28 KB.
const ROOM: usize = 15_000;

/// One channel of Teams.
#[derive(Clone, PartialEq)]
pub struct Teams {
    /// The address of the flow; its `sig` is the secret.
    pub url: Url,
}

impl fmt::Debug for Teams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teams").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Teams {
    /// Returns the request that tells a notice.
    pub fn request(&self, notice: &Notice) -> Call {
        let told = Fitted::of(notice, ROOM, line, |blocks: &Vec<Value>| {
            blocks.iter().map(|block| block.to_string().len() + 1).sum()
        });
        let colour = if told.urgent { "Attention" } else { "Default" };
        let mut body = vec![json!({
            "type": "TextBlock",
            "size": "Medium",
            "weight": "Bolder",
            "color": colour,
            "wrap": true,
            "text": escaped(&told.title),
        })];
        let tail: Vec<Value> = told.tail().map(|words| subtle(&escaped(words))).collect();
        body.extend(told.lines.into_iter().flatten());
        body.extend(tail);
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": { "width": "Full" },
            "body": body,
        });
        let message = json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": card,
            }],
        });
        Call { access: Access::hiding(&self.url), ..Call::post(self.url.clone(), &message) }
    }
}

fn line(line: &Line) -> Vec<Value> {
    let headline = escaped(&line.headline);
    let text = match &line.link {
        Some(address) => {
            format!("[{headline}]({})", address.replace('*', "%2A").replace('_', "%5F"))
        }
        None => headline,
    };
    let mut blocks =
        vec![json!({ "type": "TextBlock", "wrap": true, "spacing": "Medium", "text": text })];
    if !line.details.is_empty() {
        blocks.push(subtle(&escaped(&line.details)));
    }
    blocks
}

fn subtle(words: &str) -> Value {
    json!({
        "type": "TextBlock",
        "wrap": true,
        "isSubtle": true,
        "size": "Small",
        "spacing": "None",
        "text": words,
    })
}

/// Escapes the Markdown that a card knows.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len() + 8);
    for (at, c) in words.chars().enumerate() {
        let is_sign = matches!(c, '\\' | '[' | ']' | '(' | ')' | '*' | '_' | '`' | '~');
        let is_first = at == 0 && matches!(c, '#' | '-' | '+' | '>');
        if is_sign || is_first {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample::{huge, notice};
    use super::*;

    fn body(notice: &Notice) -> String {
        let url = "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y";
        Teams { url: Url::parse(url).unwrap() }.request(notice).body.unwrap()
    }

    #[test]
    fn a_notice_is_a_card() {
        let body: Value = serde_json::from_str(&body(&notice())).unwrap();
        insta::assert_json_snapshot!(body);
    }

    #[test]
    fn the_largest_notice_fits() {
        let body = body(&huge());
        assert!((8_000..28_000).contains(&body.len()), "{}", body.len());
    }
}
