//! Freshdesk: a ticket with what the customer wrote, and a private note with the advice. It knows no
//! idempotency key; the reference is a tag, which its search finds some minutes after.

use super::api::{self, Api, Contact, Looked, Odd, below, with};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

/// A Freshdesk, by its address and key.
#[derive(Debug, Clone, PartialEq)]
pub struct Freshdesk {
    pub url: Url,
    pub key: Secret,
}

impl Freshdesk {
    fn shown(&self, call: Call) -> Call {
        let value = format!("Basic {}", STANDARD.encode(format!("{}:X", self.key.expose())));
        Call { access: Access::header("Authorization", &value.into()), ..call }
    }

    fn api(&self, parts: &[&str]) -> Url {
        below(&self.url, &[&["api", "v2"], parts].concat())
    }

    fn there(&self, ticket: &Value) -> Result<There, Odd> {
        let id = api::need_id(ticket.get("id"))?;
        let url = below(&self.url, &["a", "tickets", &id]);
        Ok(There { id, number: None, url: Some(url.into()) })
    }
}

impl Api for Freshdesk {
    fn base(&self) -> &Url {
        &self.url
    }

    fn look(&self, dossier: &Dossier, _: &Contact, _: usize) -> Option<Call> {
        let query = format!("\"tag:'{}'\"", dossier.reference);
        Some(self.shown(Call::get(with(self.api(&["search", "tickets"]), "query", &query))))
    }

    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd> {
        let said = api::json(said)?;
        let list = said.get("results").unwrap_or(&Value::Null);
        match api::marked(list, "/tags", &dossier.reference)? {
            Some(ticket) => self.there(ticket).map(Looked::Is),
            None => Ok(Looked::Nothing),
        }
    }

    fn open(&self, dossier: &Dossier, _: &Contact, _: DateTime<Utc>) -> Call {
        let priority = match dossier.priority.as_str() {
            "low" => 1,
            "normal" => 2,
            "high" => 3,
            _ => 4,
        };
        let body = json!({
            "subject": dossier.subject(),
            "description": dossier.said_html(),
            "unique_external_id": dossier.customer_key(),
            "name": crate::text::cut(&crate::text::visible(dossier.customer()), 200),
            "priority": priority,
            "status": 2,
            "source": 2,
            "tags": ["vahti", dossier.reference],
        });
        self.shown(Call::post(self.api(&["tickets"]), &body))
    }

    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        self.there(&api::json(said)?).map(Some)
    }

    /// The customer can see the ticket, and is not to see the advice.
    fn add(&self, dossier: &Dossier, id: &str, nth: usize) -> Option<Call> {
        let body = json!({ "body": dossier.advice_html(), "private": true });
        (nth == 0).then(|| self.shown(Call::post(self.api(&["tickets", id, "notes"]), &body)))
    }

    fn added(&self, id: &str) -> Option<Call> {
        // Before a note gets in that was refused for days, people may have written much.
        let url = with(self.api(&["tickets", id, "conversations"]), "per_page", "100");
        Some(self.shown(Call::get(url)))
    }

    fn has_added(&self, said: &[u8], dossier: &Dossier, _: usize) -> Result<bool, Odd> {
        let said = api::json(said)?;
        Ok(api::marked(&said, "/body", &dossier.reference)?.is_some())
    }

    fn state(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(self.api(&["tickets", id]))))
    }

    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd> {
        let said = api::json(said)?;
        let is = |name: &str| said.get(name).and_then(Value::as_bool) == Some(true);
        if is("deleted") || is("spam") {
            return Ok((Standing::Gone, if is("spam") { "spam" } else { "deleted" }.to_owned()));
        }
        let number = api::word(said.get("status"))?;
        Ok(match number.as_str() {
            "2" => (Standing::Open, "open".to_owned()),
            "3" => (Standing::Open, "pending".to_owned()),
            "4" => (Standing::Settled, "resolved".to_owned()),
            "5" => (Standing::Settled, "closed".to_owned()),
            _ => (Standing::Open, format!("status {number}")),
        })
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        let message = api::text(said, "/message").or_else(|| api::text(said, "/description"))?;
        let of = |pointer: &str| api::text(said, pointer).unwrap_or_default().to_owned();
        let first = format!("{} {}", of("/errors/0/field"), of("/errors/0/message"));
        Some(format!("{message} {}", first.trim()).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    fn freshdesk() -> Freshdesk {
        let url = Url::parse("https://acme.freshdesk.example").unwrap();
        Freshdesk { url, key: "abcdefgh".into() }
    }

    #[test]
    fn a_ticket_holds_the_words_and_a_private_note_the_advice() {
        let call = freshdesk().open(&dossier(), &Contact::default(), DateTime::UNIX_EPOCH);
        assert_eq!(call.url.as_str(), "https://acme.freshdesk.example/api/v2/tickets");
        assert_eq!(call.access.headers[0].1.expose(), "Basic YWJjZGVmZ2g6WA==");
        let body: Value = serde_json::from_str(&call.body.unwrap()).unwrap();
        assert_eq!(body["unique_external_id"], "mastodon.example @maija");
        assert_eq!((&body["priority"], &body["tags"][1]), (&json!(3), &json!("vahti-42-0a1b2c3d")));
        assert!(!body["description"].as_str().unwrap().contains("Complainer"));
        let note = freshdesk().add(&dossier(), "7", 0).unwrap();
        assert!(note.url.path().ends_with("/tickets/7/notes"));
        let body: Value = serde_json::from_str(&note.body.unwrap()).unwrap();
        assert_eq!(body["private"], true);
        assert!(freshdesk().add(&dossier(), "7", 1).is_none());
        let has = |said: &str| freshdesk().has_added(said.as_bytes(), &dossier(), 0);
        assert_eq!(has("[]"), Ok(false));
        assert_eq!(
            has(&json!([{ "id": 1, "body": dossier().advice_html() }]).to_string()),
            Ok(true)
        );
        assert!(has("{}").is_err());
    }

    #[test]
    fn a_ticket_is_found_by_its_tag_alone() {
        let look = freshdesk().look(&dossier(), &Contact::default(), 1).unwrap();
        let (_, query) = look.url.query_pairs().next().unwrap();
        assert_eq!(query, "\"tag:'vahti-42-0a1b2c3d'\"");
        let found = |tag: &str| {
            let said = json!({ "total": 1, "results": [{ "id": 7, "tags": ["vahti", tag] }] });
            freshdesk().found(said.to_string().as_bytes(), &dossier()).unwrap()
        };
        assert_eq!(found("vahti-42-ffffffff"), Looked::Nothing);
        let Looked::Is(there) = found("vahti-42-0a1b2c3d") else { panic!("it is there") };
        assert_eq!(there.url.unwrap(), "https://acme.freshdesk.example/a/tickets/7");
    }

    #[test]
    fn the_states_and_errors_of_freshdesk_are_understood() {
        let stands = |said: Value| freshdesk().stands(said.to_string().as_bytes()).unwrap();
        assert_eq!(stands(json!({ "status": 3 })), (Standing::Open, "pending".to_owned()));
        assert_eq!(stands(json!({ "status": 5 })), (Standing::Settled, "closed".to_owned()));
        assert_eq!(stands(json!({ "status": 5, "spam": true })).0, Standing::Gone);
        let said = json!({ "description": "Validation failed",
            "errors": [{ "field": "name", "message": "It is missing", "code": "missing_field" }] });
        let told = freshdesk().complaint(&said).unwrap();
        assert_eq!(told, "Validation failed name It is missing");
    }
}
