//! Tokens that have to be asked for: kept in memory, asked for anew before they end or when a server
//! refuses them, and never more often than that.

use super::access::Grant;
use super::client::Client;
use super::{FetchError, Fetcher, Secret};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::Serializer;

/// A token is not used any more this long before it ends: the request takes its time.
const MARGIN: Duration = Duration::from_mins(1);

/// For how long a token counts that does not say when it ends.
const USUAL_LIFE: Duration = Duration::from_mins(50);

/// A session of the AT Protocol lasts two hours.
const SESSION_LIFE: Duration = Duration::from_mins(100);

/// After a refusal nobody asks again for this long.
const REST: Duration = Duration::from_mins(5);

/// How long a claim is good that a service account signs; Google takes an hour at most.
const CLAIM_LIFE: Duration = Duration::from_mins(50);

/// A token that was given.
#[derive(Clone)]
struct Held {
    access: Secret,
    /// What renews it without a password.
    refresh: Option<Secret>,
    until: Instant,
}

/// What is known of one grant.
#[derive(Default)]
struct Known {
    held: Option<Held>,
    /// Why there is none, and until when nobody asks again.
    refused: Option<(FetchError, Instant)>,
}

/// The tokens of all grants.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Vec<(Grant, Arc<tokio::sync::Mutex<Known>>)>>);

impl Tokens {
    fn of(&self, grant: &Grant) -> Arc<tokio::sync::Mutex<Known>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = all.iter().find(|(known, _)| known == grant) {
            return Arc::clone(known);
        }
        let known = Arc::default();
        all.push((grant.clone(), Arc::clone(&known)));
        known
    }
}

impl Fetcher {
    /// Returns a token for `grant`, but not `stale`, which a server refused.
    pub(super) async fn token(
        &self,
        client: &Client,
        grant: &Grant,
        stale: Option<&Secret>,
    ) -> Result<Secret, FetchError> {
        let known = self.tokens.of(grant);
        // Whoever else needs it waits for the one who asks.
        let mut known = known.lock().await;
        let now = Instant::now();
        if let Some(held) = &known.held
            && held.until > now
            && stale != Some(&held.access)
        {
            return Ok(held.access.clone());
        }
        if let Some((error, until)) = &known.refused
            && *until > now
        {
            return Err(error.clone());
        }
        let before = known.held.take();
        let asked = self.ask_for(client, grant, before.and_then(|held| held.refresh)).await;
        match asked {
            Ok(held) => {
                known.refused = None;
                let access = held.access.clone();
                known.held = Some(held);
                Ok(access)
            }
            Err(error) => {
                if matches!(error, FetchError::SignIn { .. }) {
                    known.refused = Some((error.clone(), now + REST));
                }
                Err(error)
            }
        }
    }

    async fn ask_for(
        &self,
        client: &Client,
        grant: &Grant,
        refresh: Option<Secret>,
    ) -> Result<Held, FetchError> {
        match grant {
            Grant::OAuth { url, client: who, form } => {
                let form = form.iter().map(|(key, value)| (*key, value.expose().to_owned()));
                self.oauth(client, grant, url, form.collect(), who.as_ref()).await
            }
            Grant::ServiceAccount { url, email, key, scope } => {
                let claim = claim(url, email, key, scope).map_err(|why| sign_in(grant, &why))?;
                let form = vec![
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                    ("assertion", claim),
                ];
                self.oauth(client, grant, url, form, None).await
            }
            Grant::Session { server, account, password } => {
                if let Some(refresh) = refresh {
                    let url = endpoint(server, "com.atproto.server.refreshSession");
                    let bearer = format!("Bearer {}", refresh.expose());
                    let renewed =
                        self.exchange(client, &url, String::new(), "", Some(bearer.into())).await;
                    if let Ok((200, body)) = renewed
                        && let Ok(held) = session(grant, &body)
                    {
                        return Ok(held);
                    }
                }
                let url = endpoint(server, "com.atproto.server.createSession");
                let body = json!({"identifier": account, "password": password.expose()});
                let json = "application/json";
                let (status, body) =
                    self.exchange(client, &url, body.to_string(), json, None).await?;
                match status {
                    200 => session(grant, &body),
                    _ => Err(refusal(grant, status, &body)),
                }
            }
        }
    }

    async fn oauth(
        &self,
        client: &Client,
        grant: &Grant,
        url: &Url,
        form: Vec<(&'static str, String)>,
        who: Option<&(String, Secret)>,
    ) -> Result<Held, FetchError> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let basic = who.map(|(name, password)| {
            let pair = STANDARD.encode(format!("{name}:{}", password.expose()));
            Secret::from(format!("Basic {pair}"))
        });
        let kind = "application/x-www-form-urlencoded";
        let (status, body) = self.exchange(client, url, body, kind, basic).await?;
        let Some(access) = text(&body, "access_token") else {
            // Reddit says 200 to a wrong password.
            return Err(refusal(grant, status, &body));
        };
        let life = body.get("expires_in").and_then(Value::as_u64).map(Duration::from_secs);
        let life = life.unwrap_or(USUAL_LIFE).saturating_sub(MARGIN);
        Ok(Held { access: access.into(), refresh: None, until: Instant::now() + life })
    }

    /// Sends what a token is asked for with, when its host's turn has come; follows nothing.
    async fn exchange(
        &self,
        client: &Client,
        url: &Url,
        body: String,
        kind: &'static str,
        authorization: Option<Secret>,
    ) -> Result<(u16, Value), FetchError> {
        client.check(url)?;
        let slot = self.enter(client, url, Duration::ZERO).await?;
        let _turn = self.at_once.acquire().await;
        let sent = client.exchange(url, body, kind, authorization.as_ref());
        let answered = tokio::time::timeout(self.settings.timeout, sent).await;
        let location = || super::Location::Web(url.clone());
        let (status, body, wait) = answered.unwrap_or_else(|_| Err(self.timed_out(&location())))?;
        if let Some(wait) = wait.filter(|_| matches!(status, 429 | 500..)) {
            slot.refused(wait);
        }
        if status == 429 || status >= 500 {
            let (location, retry_after) = (location(), wait);
            return Err(FetchError::Status { location, status, retry_after, said: None });
        }
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

fn endpoint(server: &Url, method: &str) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("{}/xrpc/{method}", server.path().trim_end_matches('/')));
    url
}

fn session(grant: &Grant, body: &Value) -> Result<Held, FetchError> {
    let (Some(access), Some(refresh)) = (text(body, "accessJwt"), text(body, "refreshJwt")) else {
        return Err(sign_in(grant, "its answer holds no session"));
    };
    let until = Instant::now() + SESSION_LIFE;
    Ok(Held { access: access.into(), refresh: Some(refresh.into()), until })
}

/// Signs what a service account claims to be (RFC 7523, RFC 7515).
fn claim(url: &Url, email: &str, key: &Secret, scope: &str) -> Result<String, String> {
    let begin = "-----BEGIN PRIVATE KEY-----";
    let (_, rest) = key.expose().split_once(begin).ok_or("the private key is no PKCS#8 in PEM")?;
    let (body, _) = rest.split_once("-----END").ok_or("the private key has no end")?;
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| "the private key is no proper base64")?;
    let pair = KeyPair::from_pkcs8(&der).map_err(|why| format!("the private key is bad: {why}"))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let claims = json!({
        "iss": email, "scope": scope, "aud": url.as_str(),
        "iat": now.as_secs(), "exp": (now + CLAIM_LIFE).as_secs(),
    });
    let head = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "typ": "JWT"}).to_string());
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| "the private key does not sign")?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn text(body: &Value, name: &str) -> Option<String> {
    body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Says why no token was given, in the server's words.
fn refusal(grant: &Grant, status: u16, body: &Value) -> FetchError {
    let said = ["error_description", "message", "error"].iter().find_map(|name| text(body, name));
    match said {
        Some(said) => sign_in(grant, &said),
        None => sign_in(grant, &format!("it answered {status}")),
    }
}

fn sign_in(grant: &Grant, cause: &str) -> FetchError {
    let host = grant.location().host().unwrap_or_default();
    FetchError::SignIn { host, cause: crate::text::cut(&crate::text::visible(cause), 200) }
}
