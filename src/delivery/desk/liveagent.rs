//! The desk `LiveAgent`: a ticket with one message, of which nobody is mailed. It knows no idempotency key and has no
//! search for words that its documents promise: the newest tickets are looked through, back to ours.

use super::api::{self, Api, Contact, Looked, Odd, below, with};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::Url;

/// Tickets on a page of those that are looked through.
const PAGE: usize = 100;

/// A `LiveAgent`, and as whom tickets are opened there.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAgent {
    pub url: Url,
    pub key: Secret,
    pub department: String,
    /// The mail address that the message is to: an account of the desk.
    pub recipient: String,
    /// The mail address of the customer that it is for.
    pub customer: String,
}

impl LiveAgent {
    fn shown(&self, call: Call) -> Call {
        Call { access: Access::header("apikey", &self.key), ..call }
    }

    fn api(&self, parts: &[&str]) -> Url {
        below(&self.url, &[&["api", "v3"], parts].concat())
    }

    fn there(&self, ticket: &Value) -> Result<There, Odd> {
        let id = api::need_id(ticket.get("id"))?;
        let mut url = below(&self.url, &["agent", ""]);
        url.set_fragment(Some(&format!("Conversation;id={id}")));
        Ok(There { id, number: ticket.get("code").and_then(api::id), url: Some(url.into()) })
    }
}

impl Api for LiveAgent {
    fn base(&self) -> &Url {
        &self.url
    }

    fn look(&self, dossier: &Dossier, _: &Contact, page: usize) -> Option<Call> {
        // What came before ours was wanted is not ours. Its times name no zone: a day before is before wherever it stands.
        let since = (dossier.opened - TimeDelta::days(1)).format("%F %T").to_string();
        let filters = json!([["date_created", "D>=", since]]).to_string();
        let mut url = self.api(&["tickets"]);
        let (page, size) = (page.to_string(), PAGE.to_string());
        for (name, value) in [
            ("_page", page.as_str()),
            ("_perPage", &size),
            ("_sortField", "date_created"),
            ("_sortDir", "DESC"),
            ("_filters", &filters),
        ] {
            url = with(url, name, value);
        }
        Some(self.shown(Call::get(url)))
    }

    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd> {
        let said = api::json(said)?;
        match api::marked(&said, "/subject", &dossier.reference)? {
            Some(ticket) => self.there(ticket).map(Looked::Is),
            None => Ok(Looked::not_here(said.as_array().is_some_and(|list| list.len() >= PAGE))),
        }
    }

    fn open(&self, dossier: &Dossier, _: &Contact, _: DateTime<Utc>) -> Call {
        let body = json!({
            "useridentifier": self.customer,
            "subject": dossier.subject(),
            "departmentid": self.department,
            "recipient": self.recipient,
            "message": dossier.html(),
            "is_html_message": "Y",
            "status": "N",
            "do_not_send_mail": "Y",
            "use_template": "N",
        });
        self.shown(Call::post(self.api(&["tickets"]), &body))
    }

    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        self.there(&api::json(said)?).map(Some)
    }

    fn state(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(self.api(&["tickets", id]))))
    }

    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd> {
        let letter = api::word(api::json(said)?.get("status"))?;
        let (standing, word) = match letter.as_str() {
            "N" => (Standing::Open, "new"),
            "C" => (Standing::Open, "open"),
            "A" => (Standing::Open, "answered"),
            "W" => (Standing::Open, "postponed"),
            "R" => (Standing::Settled, "resolved"),
            "X" => (Standing::Gone, "deleted"),
            "B" => (Standing::Gone, "spam"),
            other => (Standing::Open, other),
        };
        Ok((standing, word.to_owned()))
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        api::text(said, "/message").map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    fn liveagent() -> LiveAgent {
        LiveAgent {
            url: Url::parse("https://acme.ladesk.example").unwrap(),
            key: "abcdefgh".into(),
            department: "default".into(),
            recipient: "support@acme.example".into(),
            customer: "mentions@acme.example".into(),
        }
    }

    #[test]
    fn a_ticket_is_opened_and_nobody_mailed() {
        let call = liveagent().open(&dossier(), &Contact::default(), DateTime::UNIX_EPOCH);
        assert_eq!(call.url.as_str(), "https://acme.ladesk.example/api/v3/tickets");
        assert_eq!(call.access.headers[0].0, "apikey");
        let body: Value = serde_json::from_str(&call.body.unwrap()).unwrap();
        assert_eq!([&body["do_not_send_mail"], &body["use_template"]], ["Y", "N"]);
        assert!(body["subject"].as_str().unwrap().ends_with("[vahti-42-0a1b2c3d]"));
        let said = br#"{"id":"k9hvsu3b","code":"ABC-DEFGH-123","status":"N"}"#;
        let there = liveagent().opened(said).unwrap().unwrap();
        assert_eq!(
            (there.id.as_str(), there.number.as_deref()),
            ("k9hvsu3b", Some("ABC-DEFGH-123"))
        );
    }

    #[test]
    fn the_newest_tickets_are_looked_through_and_never_guessed() {
        let look = liveagent().look(&dossier(), &Contact::default(), 3).unwrap();
        let filters = look.url.query_pairs().find(|(name, _)| name == "_filters").unwrap().1;
        assert!(look.url.as_str().contains("_page=3&_perPage=100"), "{}", look.url);
        assert_eq!(filters, "[[\"date_created\",\"D>=\",\"2026-11-17 11:06:40\"]]");
        let one = |subject: &str| json!({ "id": "a", "code": "A-1", "subject": subject });
        let found = |list: Vec<Value>| {
            let said = Value::Array(list).to_string();
            liveagent().found(said.as_bytes(), &dossier()).unwrap()
        };
        assert_eq!(found(vec![one("x")]), Looked::Nothing);
        let ours = one("Acme: x [vahti-42-0a1b2c3d]");
        assert!(matches!(found(vec![one("x"), ours]), Looked::Is(there) if there.id == "a"));
        assert_eq!(found(vec![one("x"); 100]), Looked::More);
    }

    #[test]
    fn the_letters_of_liveagent_are_understood() {
        let stands = |said: &str| liveagent().stands(said.as_bytes()).map(|(standing, _)| standing);
        assert_eq!(stands(r#"{"status":"A"}"#), Ok(Standing::Open));
        assert_eq!(stands(r#"{"status":"R"}"#), Ok(Standing::Settled));
        assert_eq!(stands(r#"{"status":"X"}"#), Ok(Standing::Gone));
        assert!(stands("[]").is_err());
    }
}
