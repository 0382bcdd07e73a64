//! Zendesk: a ticket with one private comment. An `Idempotency-Key` keeps two requests within two hours
//! from opening two tickets; the `external_id` tells later whether there is one.

use super::api::{self, Api, Contact, Looked, Odd, below, with};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// A Zendesk, and as whom tickets are opened there.
#[derive(Debug, Clone, PartialEq)]
pub struct Zendesk {
    pub url: Url,
    /// The mail address of the agent whose token it is.
    pub agent: String,
    pub token: Secret,
    /// The mail address of the requester; `None`: the agent, so that nobody is mailed.
    pub requester: Option<String>,
}

impl Zendesk {
    fn shown(&self, call: Call) -> Call {
        let pair = format!("{}/token:{}", self.agent, self.token.expose());
        let value = format!("Basic {}", STANDARD.encode(pair));
        Call { access: Access::header("Authorization", &value.into()), ..call }
    }

    fn api(&self, parts: &[&str]) -> Url {
        below(&self.url, &[&["api", "v2"], parts].concat())
    }

    fn there(&self, ticket: Option<&Value>) -> Result<There, Odd> {
        let id = api::need_id(ticket.and_then(|ticket| ticket.get("id")))?;
        let url = below(&self.url, &["agent", "tickets", &id]);
        Ok(There { id, number: None, url: Some(url.into()) })
    }
}

impl Api for Zendesk {
    fn base(&self) -> &Url {
        &self.url
    }

    fn look(&self, dossier: &Dossier, _: &Contact, _: usize) -> Option<Call> {
        let url = with(self.api(&["tickets.json"]), "external_id", &dossier.reference);
        Some(self.shown(Call::get(url)))
    }

    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd> {
        let said = api::json(said)?;
        let list = said.get("tickets").unwrap_or(&Value::Null);
        match api::marked(list, "/external_id", &dossier.reference)? {
            Some(ticket) => self.there(Some(ticket)).map(Looked::Is),
            None => Ok(Looked::Nothing),
        }
    }

    fn open(&self, dossier: &Dossier, _: &Contact, _: DateTime<Utc>) -> Call {
        let mut ticket = json!({
            "subject": dossier.subject(),
            "comment": { "html_body": dossier.html(), "public": false },
            "external_id": dossier.reference,
            "tags": ["vahti", dossier.mention.kind],
            "priority": dossier.priority,
        });
        if let (Some(address), Some(ticket)) = (&self.requester, ticket.as_object_mut()) {
            let requester = json!({ "name": "vahti", "email": address });
            ticket.insert("requester".to_owned(), requester);
        }
        let call = Call::post(self.api(&["tickets.json"]), &json!({ "ticket": ticket }));
        // The same key with another body is refused: where the configuration changed meanwhile, it is
        // another request, before which was looked.
        let digest = Sha256::digest(call.body.as_deref().unwrap_or_default());
        let mark = digest.first_chunk::<4>().map_or(0, |chunk| u32::from_be_bytes(*chunk));
        let key = format!("{}-{mark:08x}", dossier.reference);
        self.shown(Call { headers: vec![("Idempotency-Key", key)], ..call })
    }

    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        self.there(api::json(said)?.get("ticket")).map(Some)
    }

    fn state(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(self.api(&["tickets", &format!("{id}.json")]))))
    }

    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd> {
        let word = api::word(api::json(said)?.pointer("/ticket/status"))?;
        let standing = match word.as_str() {
            "solved" | "closed" => Standing::Settled,
            "deleted" => Standing::Gone,
            _ => Standing::Open,
        };
        Ok((standing, word))
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        let places = [
            "/details/base/0/description",
            "/error/message",
            "/error/title",
            "/description",
            "/error",
        ];
        places.iter().find_map(|place| api::text(said, place)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    fn zendesk() -> Zendesk {
        Zendesk {
            url: Url::parse("https://acme.zendesk.example").unwrap(),
            agent: "bot@acme.example".into(),
            token: "abcdefgh".into(),
            requester: None,
        }
    }

    fn open(zendesk: &Zendesk) -> (Call, Value) {
        let call = zendesk.open(&dossier(), &Contact::default(), DateTime::UNIX_EPOCH);
        let body = serde_json::from_str(call.body.as_deref().unwrap()).unwrap();
        (call, body)
    }

    #[test]
    fn the_same_ticket_has_the_same_key_and_another_body_another() {
        let (call, body) = open(&zendesk());
        assert_eq!(call.url.as_str(), "https://acme.zendesk.example/api/v2/tickets.json");
        let shown = STANDARD.encode("bot@acme.example/token:abcdefgh");
        assert_eq!(call.access.headers[0].1.expose(), format!("Basic {shown}"));
        let ticket = &body["ticket"];
        assert_eq!([&ticket["external_id"], &ticket["priority"]], ["vahti-42-0a1b2c3d", "high"]);
        assert_eq!(
            (&ticket["comment"]["public"], &ticket["requester"]),
            (&json!(false), &Value::Null)
        );
        let (name, key) = &call.headers[0];
        assert!(*name == "Idempotency-Key" && key.starts_with("vahti-42-0a1b2c3d-"), "{key}");
        assert_eq!(open(&zendesk()).0.headers, call.headers);
        let other = Zendesk { requester: Some("m@acme.example".into()), ..zendesk() };
        assert_ne!(open(&other).0.headers, call.headers);
        assert_eq!(open(&other).1["ticket"]["requester"]["email"], "m@acme.example");
    }

    #[test]
    fn recorded_answers_are_read() {
        let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let samples = samples.join("../shared/api/samples/zendesk");
        // A clone may have no recorded replies beside it.
        let Ok(said) = std::fs::read(samples.join("ticket_create_201.json")) else { return };
        let there = zendesk().opened(&said).unwrap().unwrap();
        assert_eq!(there.url.unwrap(), "https://acme.zendesk.example/agent/tickets/4014");
        let said = std::fs::read(samples.join("ticket_get.json")).unwrap();
        assert_eq!(zendesk().stands(&said), Ok((Standing::Open, "new".to_owned())));
        let said = std::fs::read(samples.join("error_422.json")).unwrap();
        let told = zendesk().complaint(&serde_json::from_slice(&said).unwrap());
        assert_eq!(told.as_deref(), Some("Requester is suspended."));
    }

    #[test]
    fn a_ticket_is_found_by_its_external_id() {
        let found = |id: &str| {
            let said = json!({ "tickets": [{ "id": 7, "external_id": id }], "count": 1 });
            zendesk().found(said.to_string().as_bytes(), &dossier()).unwrap()
        };
        let Looked::Is(there) = found("vahti-42-0a1b2c3d") else { panic!("it is there") };
        assert_eq!(there.id, "7");
        assert_eq!(found("vahti-42-ffffffff"), Looked::Nothing);
        assert!(zendesk().found(b"{}", &dossier()).is_err());
        let said = br#"{"ticket":{"status":"solved"}}"#;
        assert_eq!(zendesk().stands(said), Ok((Standing::Settled, "solved".to_owned())));
    }
}
