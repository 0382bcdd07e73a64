//! Zammad: a ticket with one internal article. It knows no idempotency key; the reference in the title is
//! what its search finds, some seconds after a ticket was opened.

use super::api::{self, Api, Contact, Looked, Odd, below, with};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

/// Tickets that are looked at among what a search finds.
const MOST_FOUND: usize = 50;

/// A Zammad, and as what tickets are opened there.
#[derive(Debug, Clone, PartialEq)]
pub struct Zammad {
    pub url: Url,
    pub token: Secret,
    /// The group that gets them.
    pub group: String,
    /// The mail address of the customer that they are for: it is found or made there, and mailed nothing.
    pub customer: String,
}

impl Zammad {
    fn shown(&self, call: Call) -> Call {
        let value = format!("Token token={}", self.token.expose());
        Call { access: Access::header("Authorization", &value.into()), ..call }
    }

    fn api(&self, parts: &[&str]) -> Url {
        below(&self.url, &[&["api", "v1"], parts].concat())
    }

    fn there(&self, ticket: &Value) -> Result<There, Odd> {
        let id = api::need_id(ticket.get("id"))?;
        let number = ticket.get("number").and_then(api::id);
        let mut url = below(&self.url, &[""]);
        url.set_fragment(Some(&format!("ticket/zoom/{id}")));
        Ok(There { id, number, url: Some(url.into()) })
    }
}

impl Api for Zammad {
    fn base(&self) -> &Url {
        &self.url
    }

    fn look(&self, dossier: &Dossier, _: &Contact, _: usize) -> Option<Call> {
        // Without signs of a query language: a Zammad without Elasticsearch has none.
        let url = with(self.api(&["tickets", "search"]), "query", &dossier.reference);
        let url = with(with(url, "limit", &MOST_FOUND.to_string()), "expand", "true");
        Some(self.shown(Call::get(url)))
    }

    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd> {
        let said = api::json(said)?;
        if let Some(ticket) = api::marked(&said, "/title", &dossier.reference)? {
            return self.there(ticket).map(Looked::Is);
        }
        // The same words for so many tickets: whether it is among those that are not told, nobody knows.
        if said.as_array().is_some_and(|list| list.len() >= MOST_FOUND) {
            return Err(Odd(format!(
                "{MOST_FOUND} other tickets have words of {}",
                dossier.reference
            )));
        }
        Ok(Looked::Nothing)
    }

    fn open(&self, dossier: &Dossier, _: &Contact, _: DateTime<Utc>) -> Call {
        let priority = match dossier.priority.as_str() {
            "low" => "1 low",
            "normal" => "2 normal",
            _ => "3 high",
        };
        let body = json!({
            "title": dossier.subject(),
            "group": self.group,
            "customer_id": format!("guess:{}", self.customer),
            "state": "new",
            "priority": priority,
            "tags": format!("vahti,{}", dossier.mention.kind),
            "article": {
                "subject": dossier.subject(),
                "body": dossier.html(),
                "content_type": "text/html",
                "type": "note",
                "internal": true,
            },
        });
        self.shown(Call::post(self.api(&["tickets"]), &body))
    }

    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        self.there(&api::json(said)?).map(Some)
    }

    fn state(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(with(self.api(&["tickets", id]), "expand", "true"))))
    }

    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd> {
        let word = api::word(api::json(said)?.get("state"))?;
        let standing = match word.as_str() {
            "closed" | "merged" => Standing::Settled,
            "removed" => Standing::Gone,
            _ => Standing::Open,
        };
        Ok((standing, word))
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        api::text(said, "/error_human").or_else(|| api::text(said, "/error")).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    fn zammad() -> Zammad {
        Zammad {
            url: Url::parse("https://desk.example/helpdesk/").unwrap(),
            token: "s3cr3t-token".into(),
            group: "2nd Level".into(),
            customer: "mentions@acme.example".into(),
        }
    }

    fn there() -> There {
        There {
            id: "19".into(),
            number: Some("22019".into()),
            url: Some("https://desk.example/helpdesk/#ticket/zoom/19".into()),
        }
    }

    #[test]
    fn a_ticket_is_opened_with_all_that_is_known() {
        let call = zammad().open(&dossier(), &Contact::default(), DateTime::UNIX_EPOCH);
        assert_eq!(call.url.as_str(), "https://desk.example/helpdesk/api/v1/tickets");
        let (name, value) = &call.access.headers[0];
        assert_eq!((name.as_str(), value.expose()), ("Authorization", "Token token=s3cr3t-token"));
        let body: Value = serde_json::from_str(&call.body.unwrap()).unwrap();
        assert!(body["title"].as_str().unwrap().ends_with(" [vahti-42-0a1b2c3d]"));
        assert_eq!([&body["group"], &body["priority"]], ["2nd Level", "3 high"]);
        assert_eq!(body["customer_id"], "guess:mentions@acme.example");
        assert_eq!(body["article"]["internal"], true);
        assert!(body["article"]["body"].as_str().unwrap().contains("Suggested reply"));
        let said =
            br#"{"id":19,"group_id":2,"number":"22019","title":"Help me!","article_ids":[30]}"#;
        assert_eq!(zammad().opened(said), Ok(Some(there())));
    }

    #[test]
    fn only_a_ticket_with_the_very_reference_is_ours() {
        let look = zammad().look(&dossier(), &Contact::default(), 1).unwrap();
        assert!(look.url.as_str().contains("/tickets/search?query=vahti-42-0a1b2c3d&limit=50"));
        let found = |said: &str| zammad().found(said.as_bytes(), &dossier());
        assert_eq!(found("[]"), Ok(Looked::Nothing));
        let other = r#"{"id":7,"number":"22007","title":"Acme: x [vahti-42-ffffffff]"}"#;
        assert_eq!(found(&format!("[{other}]")), Ok(Looked::Nothing));
        let ours = r#"{"id":19,"number":"22019","title":"Acme: x [vahti-42-0a1b2c3d]"}"#;
        assert_eq!(found(&format!("[{other},{ours}]")), Ok(Looked::Is(there())));
        assert!(found("{}").is_err() && found("<html>").is_err());
        assert!(found(&format!("[{}]", vec![other; MOST_FOUND].join(","))).is_err());
    }

    #[test]
    fn the_states_of_zammad_are_understood() {
        let stands = |said: &str| zammad().stands(said.as_bytes()).map(|(standing, _)| standing);
        assert_eq!(stands(r#"{"state":"pending close"}"#), Ok(Standing::Open));
        assert_eq!(stands(r#"{"state":"closed"}"#), Ok(Standing::Settled));
        assert_eq!(stands(r#"{"state":"removed"}"#), Ok(Standing::Gone));
        assert!(stands(r#"{"state_id":4}"#).is_err() && stands("").is_err());
    }
}
