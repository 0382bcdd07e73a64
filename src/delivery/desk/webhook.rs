//! A webhook, signed as Standard Webhooks says: whoever has the secret can tell that it is from us, and by
//! `webhook-id` that it is the same one again.

use super::api::{self, Api, Contact, Looked, Odd};
use super::{Dossier, Standing, There};
use crate::fetch::{Access, Call, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt;
use url::Url;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret has at least and at most so many bytes.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Who is told, and how they know that it is from us.
#[derive(Clone, PartialEq)]
pub struct Webhook {
    /// Whoever knows it can write there: it is a secret, too.
    pub url: Url,
    pub secret: Secret,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Tells whether a secret is one that can be signed with, or what is wrong with it.
pub fn check_secret(secret: &Secret) -> Result<(), &'static str> {
    key(secret).map(|_| ())
}

fn key(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    let text = secret.expose().trim();
    let text = text.strip_prefix(PREFIX).ok_or("the secret of a webhook begins with `whsec_`")?;
    let key = STANDARD.decode(text).map_err(|_| "what follows `whsec_` is no base64")?;
    if BYTES.contains(&key.len()) {
        Ok(key)
    } else {
        Err("the secret has less than 24 bytes, or more than 64")
    }
}

impl Webhook {
    /// Returns the call that brings `body`, signed for this moment.
    pub fn call(&self, id: &str, body: &Value, now: DateTime<Utc>) -> Call {
        let mut call = Call::post(self.url.clone(), body);
        call.access = Access::hiding(&self.url);
        // Who took it has it, whatever else is said.
        call.by_status = true;
        let at = now.timestamp().to_string();
        let text = call.body.clone().unwrap_or_default();
        let signature = sign(&self.secret, id, &at, &text);
        call.headers = vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", at),
            ("webhook-signature", signature),
        ];
        call
    }
}

/// Signs; nothing where the secret is none, which no configuration is read with.
fn sign(secret: &Secret, id: &str, at: &str, body: &str) -> String {
    let key = key(secret).ok();
    let mac = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok());
    mac.map_or(String::new(), |mac| {
        let signed = mac.chain_update(format!("{id}.{at}.{body}")).finalize();
        format!("v1,{}", STANDARD.encode(signed.into_bytes()))
    })
}

impl Api for Webhook {
    fn base(&self) -> &Url {
        &self.url
    }

    /// The same id says that it is the same.
    fn look(&self, _: &Dossier, _: &Contact, _: usize) -> Option<Call> {
        None
    }

    fn found(&self, _: &[u8], _: &Dossier) -> Result<Looked<There>, Odd> {
        Ok(Looked::Nothing)
    }

    fn open(&self, dossier: &Dossier, _: &Contact, now: DateTime<Utc>) -> Call {
        let data = serde_json::to_value(dossier).unwrap_or_default();
        let body = json!({ "type": "ticket.opened", "timestamp": dossier.opened, "data": data });
        self.call(&dossier.reference, &body, now)
    }

    /// Whoever is told may say where the ticket is now, and need not.
    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd> {
        let Ok(said) = api::json(said) else { return Ok(None) };
        let url = said.get("url").and_then(Value::as_str);
        let is_link = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
        let url = url.filter(is_link).map(|url| crate::text::visible(&crate::text::cut(url, 500)));
        let id = said.get("id").and_then(api::id);
        Ok(id.map(|id| There { id, number: None, url }))
    }

    fn state(&self, _: &str) -> Option<Call> {
        None
    }

    fn stands(&self, _: &[u8]) -> Result<(Standing, String), Odd> {
        Err(Odd("a webhook says nothing".to_owned()))
    }

    fn complaint(&self, said: &Value) -> Option<String> {
        let of = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
        of("error").or_else(|| of("message"))
    }

    /// As Standard Webhooks says it.
    fn is_patient(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::dossier::sample::dossier;
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The example of the specification.
    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let signature = sign(
            &SECRET.into(),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            "{\"test\": 2432232314}",
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_try_later_is_the_same_but_for_its_time() {
        let url = Url::parse("https://desk.example/hook?k=1").unwrap();
        let webhook = Webhook { url: url.clone(), secret: SECRET.into() };
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let contact = Contact::default();
        let [first, second] =
            [0, 60].map(|seconds| webhook.open(&dossier(), &contact, at(seconds)));
        assert_eq!((&first.body, &first.url), (&second.body, &url));
        assert_eq!(first.headers[0], ("webhook-id", "vahti-42-0a1b2c3d".to_owned()));
        assert_eq!(first.headers[0], second.headers[0]);
        assert_eq!(second.headers[1], ("webhook-timestamp", "1800000060".to_owned()));
        assert_ne!(first.headers[2], second.headers[2]);
        let body: Value = serde_json::from_str(&first.body.unwrap()).unwrap();
        assert_eq!((&body["type"], &body["data"]["ticket"]), (&json!("ticket.opened"), &json!(42)));
        assert_eq!(body["data"]["mention"]["author"]["handle"], "maija@mastodon.example");
    }

    #[test]
    fn a_secret_is_told_from_what_is_none() {
        let check = |text: &str| check_secret(&text.into());
        assert_eq!(check(SECRET), Ok(()));
        assert!(check("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap_err().contains("whsec_"));
        assert!(check("whsec_%%").unwrap_err().contains("base64"));
        assert!(check("whsec_AAAA").unwrap_err().contains("24 bytes"));
    }

    #[test]
    fn whoever_is_told_may_say_where_the_ticket_is() {
        let webhook =
            Webhook { url: Url::parse("https://a.example").unwrap(), secret: SECRET.into() };
        let read = |said: &str| webhook.opened(said.as_bytes()).unwrap();
        assert_eq!(read("ok"), None);
        assert_eq!(read("{\"url\":\"https://a.example/1\"}"), None);
        let there = read("{\"id\":7,\"url\":\"https://a.example/1\"}").unwrap();
        assert_eq!((there.id.as_str(), there.url.as_deref()), ("7", Some("https://a.example/1")));
        assert_eq!(read("{\"id\":7,\"url\":\"javascript:1\"}").unwrap().url, None);
    }
}
