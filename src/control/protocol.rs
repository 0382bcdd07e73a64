//! Where each question and order lives under `/api/v1`: a public format.

use crate::ask::{Order, Question};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What every path begins with.
pub const BASE: &str = "/api/v1";

/// An error, as it goes over the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: String,
}

/// The media type of posts, one a line.
pub const NDJSON: &str = "application/x-ndjson";

/// Lines of posts that are taken at once, and their bytes.
pub const MOST_LINES: usize = 10_000;
pub const MOST_POSTS_BYTES: usize = 16 * 1024 * 1024;

/// Posts that are handed over at once, as NDJSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// How many lines came before.
    pub before: usize,
    pub body: Vec<u8>,
}

/// Returns the path where posts are handed to a source, below [`BASE`].
pub fn intake_path(source: &str) -> String {
    format!("/intake/{}", segment(source))
}

/// Which sources are to be polled; empty means all.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollBody {
    #[serde(default)]
    pub sources: Vec<String>,
}

/// What a person says a mention is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkBody {
    #[serde(rename = "as")]
    pub mark: crate::mention::Mark,
}

/// Returns the path of a question, below [`BASE`], and its parameters.
pub fn path(question: &Question) -> (String, Value) {
    match question {
        Question::Mentions(asked) => ("/mentions".into(), json!(asked)),
        Question::Mention(id) => (format!("/mentions/{}", segment(&id.0)), Value::Null),
        Question::Tickets(asked) => ("/tickets".into(), json!(asked)),
        Question::Ticket(id) => (format!("/tickets/{id}"), Value::Null),
        Question::Incident(id) => (format!("/incidents/{id}"), Value::Null),
        Question::Customer(who) => (format!("/customers/{}", segment(who)), Value::Null),
        Question::Status => ("/status".into(), Value::Null),
        Question::Alert(name) => (format!("/alerts/{}", segment(name)), Value::Null),
        Question::Preview(name) => (format!("/alerts/{}/preview", segment(name)), Value::Null),
        Question::Outbox => ("/outbox".into(), Value::Null),
        Question::Ledger(asked) => ("/outbox/all".into(), json!(asked)),
        Question::Trace(asked) => ("/trace".into(), json!(asked)),
        Question::Check => ("/check".into(), Value::Null),
        Question::Try(asked) => ("/try".into(), json!(asked)),
        Question::Marks(asked) => ("/marks".into(), json!(asked)),
        Question::Mark(id) => (format!("/marks/{}", id.0), Value::Null),
        Question::Taught => ("/marks/taught".into(), Value::Null),
        Question::Report(asked) => ("/report".into(), json!(asked)),
    }
}

/// Returns the path of an order, below [`BASE`], and its body.
pub fn order_path(order: &Order) -> (String, Value) {
    match order {
        Order::Mark(id, mark) => {
            (format!("/mentions/{}/mark", segment(&id.0)), json!(MarkBody { mark: *mark }))
        }
        Order::Thank(id) => (format!("/mentions/{}/thanked", segment(&id.0)), json!({})),
        Order::Undo(id) => (format!("/marks/{}/undo", id.0), json!({})),
        Order::Ticket(id, moved) => {
            let (word, body) = moving(json!(moved));
            (format!("/tickets/{id}/{word}"), body)
        }
        Order::Incident(id, moved) => {
            let (word, body) = moving(json!(moved));
            (format!("/incidents/{id}/{word}"), body)
        }
        Order::Customer(who, moved) => {
            let (word, body) = moving(json!(moved));
            (format!("/customers/{}/{word}", segment(who)), body)
        }
        Order::Alert(name, moved) => {
            let (word, body) = moving(json!(moved));
            (format!("/alerts/{}/{word}", segment(name)), body)
        }
        Order::Send(name) => (format!("/alerts/{}/send", segment(name)), json!({})),
        Order::Retry(id) => (format!("/outbox/{}/retry", id.0), json!({})),
        Order::Drop(id) => (format!("/outbox/{}/drop", id.0), json!({})),
        Order::RetryDead => ("/outbox/dead/retry".to_owned(), json!({})),
        Order::DropDead => ("/outbox/dead/drop".to_owned(), json!({})),
    }
}

/// Takes the word of a move, which is a part of the path, out of its body.
fn moving(mut body: Value) -> (String, Value) {
    let word = body.as_object_mut().and_then(|fields| fields.remove("move"));
    (word.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(), body)
}

/// Writes a name so that it is one segment of a path, whatever is in it.
fn segment(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{CustomerMove, MentionsAsked, TicketMove};
    use crate::mention::{Mark, MentionId, TicketId};

    #[test]
    fn questions_have_their_paths() {
        let asked = MentionsAsked { q: Some("acme".into()), ..MentionsAsked::default() };
        assert_eq!(path(&Question::Mentions(asked)), ("/mentions".into(), json!({"q": "acme"})));
        assert_eq!(path(&Question::Preview("a b/c".into())).0, "/alerts/a%20b%2Fc/preview");
    }

    #[test]
    fn orders_have_their_paths_and_bodies() {
        let assign = Order::Ticket(TicketId(7), TicketMove::Assign { who: "maija".into() });
        assert_eq!(order_path(&assign), ("/tickets/7/assign".into(), json!({"who": "maija"})));
        let link = CustomerMove::Link { other: "2".into() };
        let link = Order::Customer("m.example \"a/b\"".into(), link);
        let path = "/customers/m.example%20%22a%2Fb%22/link".into();
        assert_eq!(order_path(&link), (path, json!({"other": "2"})));
        let close = Order::Ticket(TicketId(7), TicketMove::Close {});
        assert_eq!(order_path(&close), ("/tickets/7/close".into(), json!({})));
        let undo = Order::Undo(crate::mention::marking::MarkingId(3));
        assert_eq!(order_path(&undo), ("/marks/3/undo".into(), json!({})));
        let mark = Order::Mark(MentionId("mabc".into()), Mark::Noise);
        assert_eq!(order_path(&mark), ("/mentions/mabc/mark".into(), json!({"as": "noise"})));
    }
}
