//! Chatwoot: a conversation in an inbox of type API, with what the customer wrote as an incoming message
//! and the advice as a private note. The customer is a contact with a name of ours, of whom there is one;
//! the conversation has the reference in an attribute of its own.

use super::api::{self, Api, Contact, Looked, Odd, below, with};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::Url;

/// The attribute that holds the reference.
const MARK: &str = "vahti";

/// It shows a contact's newest conversations, so many and no more.
const MOST_SHOWN: usize = 20;

/// What the desk's clock may lack.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// A Chatwoot, by its account and inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Chatwoot {
    pub url: Url,
    pub token: Secret,
    pub account: u64,
    pub inbox: u64,
}

impl Chatwoot {
    fn shown(&self, call: Call) -> Call {
        Call { access: Access::header("api_access_token", &self.token), ..call }
    }

    fn api(&self, parts: &[&str]) -> Url {
        let account = self.account.to_string();
        below(&self.url, &[&["api", "v1", "accounts", &account], parts].concat())
    }

    fn there(&self, conversation: &Value) -> Result<There, Odd> {
        let id = api::need_id(conversation.get("id"))?;
        let account = self.account.to_string();
        let url = below(&self.url, &["app", "accounts", &account, "conversations", &id]);
        Ok(There { id, number: None, url: Some(url.into()) })
    }

    /// Returns by what the desk knows a contact in our inbox.
    fn source(&self, contact: &Value) -> Option<String> {
        let inboxes = contact.get("contact_inboxes")?.as_array()?;
        let is_ours =
            |one: &&Value| one.pointer("/inbox/id").and_then(Value::as_u64) == Some(self.inbox);
        api::text(inboxes.iter().find(is_ours)?, "/source_id").map(str::to_owned)
    }

    /// What is added: who reads it, and what it says.
    fn message(dossier: &Dossier, nth: usize) -> Option<Value> {
        match nth {
            0 => Some(json!({
                "content": plain(&dossier.said_text()),
                "message_type": "incoming",
                "private": false,
            })),
            1 => Some(json!({
                "content": plain(&dossier.advice_text()),
                "message_type": "outgoing",
                "private": true,
            })),
            _ => None,
        }
    }
}

/// Returns text in which nothing means anything in Markdown but an address.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_address = line.starts_with("https://") || line.starts_with("http://");
        for c in line.chars() {
            if !is_address
                && matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '#' | '~' | '!')
            {
                plain.push('\\');
            }
            plain.push(c);
        }
    }
    plain
}

impl Api for Chatwoot {
    fn base(&self) -> &Url {
        &self.url
    }

    fn known_contact(&self, dossier: &Dossier, page: usize) -> Option<Call> {
        let url = with(self.api(&["contacts", "search"]), "q", &dossier.customer_key());
        // In an order of its own a page might show again what another showed, and leave out ours.
        let url = with(with(url, "sort", "created_at"), "page", &page.to_string());
        Some(self.shown(Call::get(url)))
    }

    fn contact(&self, dossier: &Dossier) -> Option<Call> {
        let body = json!({
            "inbox_id": self.inbox,
            "identifier": dossier.customer_key(),
            "name": crate::text::cut(&crate::text::visible(dossier.customer()), 200),
        });
        Some(self.shown(Call::post(self.api(&["contacts"]), &body)))
    }

    fn is_contact(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<Contact>, Odd> {
        let said = api::json(said)?;
        let key = dossier.customer_key();
        let is_it = |one: &&Value| api::text(one, "/identifier") == Some(&key);
        let (contact, has_more) = match said.get("payload") {
            Some(Value::Array(list)) => {
                // Older ones do not say whether there is more; an empty page says that there is none.
                let has_more = said.pointer("/meta/has_more").and_then(Value::as_bool);
                (list.iter().find(is_it), has_more.unwrap_or(!list.is_empty()))
            }
            Some(made) => (made.get("contact").filter(is_it), false),
            None => return Err(Odd("it names no contacts".to_owned())),
        };
        let Some(contact) = contact else { return Ok(Looked::not_here(has_more)) };
        let id = contact.get("id").and_then(Value::as_u64);
        let id = id.ok_or_else(|| Odd("it names no id of a contact".to_owned()))?;
        let made = || api::text(&said, "/payload/contact_inbox/source_id").map(str::to_owned);
        let source = self.source(contact).or_else(made).unwrap_or_default();
        Ok(Looked::Is(Contact { id, source }))
    }

    /// The contact is in other inboxes only. With a name of ours, so that it enters once.
    fn enter(&self, dossier: &Dossier, contact: &Contact) -> Option<Call> {
        let body = json!({ "inbox_id": self.inbox, "source_id": dossier.customer_key() });
        let url = self.api(&["contacts", &contact.id.to_string(), "contact_inboxes"]);
        Some(self.shown(Call::post(url, &body)))
    }

    fn entered(&self, said: &[u8]) -> Result<String, Odd> {
        let said = api::json(said)?;
        let source = api::text(&said, "/source_id").filter(|source| !source.is_empty());
        let what = || Odd(format!("it does not say how the contact is in inbox {}", self.inbox));
        source.map(str::to_owned).ok_or_else(what)
    }

    fn look(&self, _: &Dossier, contact: &Contact, _: usize) -> Option<Call> {
        let url = self.api(&["contacts", &contact.id.to_string(), "conversations"]);
        Some(self.shown(Call::get(url)))
    }

    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd> {
        let said = api::json(said)?;
        let list = said.get("payload").unwrap_or(&Value::Null);
        if let Some(ours) = api::marked(list, "/custom_attributes/vahti", &dossier.reference)? {
            return self.there(ours).map(Looked::Is);
        }
        // The newest come first: behind one in which nothing was done since ours was wanted it is not.
        let since = (dossier.opened - SKEW).timestamp();
        let is_before = |one: &Value| {
            one.get("last_activity_at").and_then(Value::as_i64).is_some_and(|at| at < since)
        };
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        if list.len() >= MOST_SHOWN && !list.iter().any(is_before) {
            let what = "the contact has more new conversations than it shows";
            return Err(Odd(what.to_owned()));
        }
        Ok(Looked::Nothing)
    }

    fn open(&self, dossier: &Dossier, contact: &Contact, _: DateTime<Utc>) -> Call {
        let body = json!({
            "source_id": contact.source,
            "inbox_id": self.inbox,
            "contact_id": contact.id,
            "status": "open",
            "custom_attributes": {
                MARK: dossier.reference,
                "vahti_ticket": dossier.ticket,
                "mention_url": dossier.permalink(),
            },
        });
        self.shown(Call::post(self.api(&["conversations"]), &body))
    }

    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        self.there(&api::json(said)?).map(Some)
    }

    fn add(&self, dossier: &Dossier, id: &str, nth: usize) -> Option<Call> {
        let body = Self::message(dossier, nth)?;
        Some(self.shown(Call::post(self.api(&["conversations", id, "messages"]), &body)))
    }

    fn added(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(self.api(&["conversations", id, "messages"]))))
    }

    fn has_added(&self, said: &[u8], dossier: &Dossier, nth: usize) -> Result<bool, Odd> {
        let said = api::json(said)?;
        let list = said.get("payload").and_then(Value::as_array);
        let list = list.ok_or_else(|| Odd("it is no list of messages".to_owned()))?;
        let message = Self::message(dossier, nth).unwrap_or_default();
        let ours = message.get("content").and_then(Value::as_str).map(str::trim);
        Ok(list.iter().any(|one| one.get("content").and_then(Value::as_str).map(str::trim) == ours))
    }

    fn state(&self, id: &str) -> Option<Call> {
        Some(self.shown(Call::get(self.api(&["conversations", id]))))
    }

    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd> {
        let word = api::word(api::json(said)?.get("status"))?;
        let is_settled = word == "resolved";
        Ok((if is_settled { Standing::Settled } else { Standing::Open }, word))
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        api::text(said, "/error").or_else(|| api::text(said, "/message")).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    fn chatwoot() -> Chatwoot {
        let url = Url::parse("https://chat.example").unwrap();
        Chatwoot { url, token: "abcdefgh".into(), account: 3, inbox: 1 }
    }

    fn contact(inbox: u64) -> Value {
        json!({ "id": 12, "identifier": "mastodon.example @maija",
            "contact_inboxes": [{ "source_id": "4123", "inbox": { "id": inbox } }] })
    }

    #[test]
    fn a_contact_is_found_or_made_and_is_the_very_one() {
        let read = |said: Value| chatwoot().is_contact(said.to_string().as_bytes(), &dossier());
        let known = Contact { id: 12, source: "4123".into() };
        assert_eq!(read(json!({ "payload": [contact(1)] })), Ok(Looked::Is(known.clone())));
        assert_eq!(read(json!({ "payload": { "contact": contact(1) } })), Ok(Looked::Is(known)));
        assert_eq!(read(json!({ "payload": [] })), Ok(Looked::Nothing));
        let other = json!({ "id": 13, "identifier": "mastodon.example @maija.org" });
        assert_eq!(read(json!({ "payload": [other.clone()] })), Ok(Looked::More));
        let last = json!({ "meta": { "has_more": false }, "payload": [other] });
        assert_eq!(read(last), Ok(Looked::Nothing));
        let elsewhere = Contact { id: 12, source: String::new() };
        assert_eq!(read(json!({ "payload": [contact(2)] })), Ok(Looked::Is(elsewhere.clone())));
        let enter = chatwoot().enter(&dossier(), &elsewhere).unwrap();
        assert!(enter.url.path().ends_with("/accounts/3/contacts/12/contact_inboxes"));
        assert_eq!(chatwoot().entered(br#"{"source_id":"4123"}"#), Ok("4123".to_owned()));
        assert!(chatwoot().entered(b"{}").is_err());
        assert!(read(json!({})).is_err());
    }

    #[test]
    fn a_conversation_is_found_by_its_attribute_and_its_messages_by_their_words() {
        let open = chatwoot().open(
            &dossier(),
            &Contact { id: 12, source: "4123".into() },
            DateTime::UNIX_EPOCH,
        );
        assert_eq!(open.url.as_str(), "https://chat.example/api/v1/accounts/3/conversations");
        let body: Value = serde_json::from_str(&open.body.unwrap()).unwrap();
        assert_eq!(body["custom_attributes"]["vahti"], "vahti-42-0a1b2c3d");
        let list =
            json!({ "payload": [{ "id": 5, "custom_attributes": body["custom_attributes"] }] });
        let found = |list: &Value| chatwoot().found(list.to_string().as_bytes(), &dossier());
        let Ok(Looked::Is(there)) = found(&list) else { panic!("it is there") };
        let others =
            |at: i64| json!({ "payload": vec![json!({ "id": 4, "last_activity_at": at }); 20] });
        let opened = dossier().opened.timestamp();
        assert!(found(&others(opened)).is_err(), "it may be behind them");
        assert_eq!(found(&others(opened - 7200)), Ok(Looked::Nothing));
        assert_eq!(there.url.unwrap(), "https://chat.example/app/accounts/3/conversations/5");

        let [said, advice] = [0, 1].map(|nth| Chatwoot::message(&dossier(), nth).unwrap());
        assert_eq!((&said["message_type"], &advice["private"]), (&json!("incoming"), &json!(true)));
        let has = |list: Value, nth| {
            chatwoot().has_added(json!({ "payload": list }).to_string().as_bytes(), &dossier(), nth)
        };
        assert_eq!(has(json!([said]), 0), Ok(true));
        assert_eq!(has(json!([said]), 1), Ok(false));
        assert_eq!(has(json!([said, advice]), 1), Ok(true));
        assert!(chatwoot().add(&dossier(), "5", 2).is_none());
    }

    #[test]
    fn what_a_customer_wrote_is_no_markdown() {
        assert_eq!(
            plain("# *a* [b](c)\nhttps://a.example/_x_"),
            "\\# \\*a\\* \\[b\\](c)\nhttps://a.example/_x_"
        );
    }
}
