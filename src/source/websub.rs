//! `WebSub`: a hub that the document names brings us its news at once, so that nobody waits for the
//! next poll. What is said between us and the hub, without saying it.
//!
//! After the W3C Recommendation of 23 January 2018, <https://www.w3.org/TR/websub/>.

use crate::source::Hub;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use std::fmt::Write;
use url::Url;

/// How long a subscription is asked for. The hub may grant less.
const LEASE: TimeDelta = TimeDelta::days(10);

/// A subscription is asked for anew so long before it ends, or at the last quarter of a shorter one.
const RENEWED_BEFORE: TimeDelta = TimeDelta::days(2);

/// The time from one request that came to nothing to the next; doubled at each, to at most a day.
const FIRST_PATIENCE: TimeDelta = TimeDelta::minutes(30);
const LONGEST_PATIENCE: TimeDelta = TimeDelta::days(1);

/// A lease is taken for no longer than this, whatever the hub says.
const LONGEST_LEASE: TimeDelta = TimeDelta::days(90);

/// A challenge that is longer is no challenge.
const LONGEST_CHALLENGE: usize = 1024;

/// Random bytes in a token, and in a secret.
pub const RANDOM_BYTES: usize = 24;

/// What we have asked a hub for, and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub hub: Hub,
    /// The last part of our address for this subscription. Nobody but the hub knows it.
    pub token: String,
    /// What the hub signs with.
    secret: String,
    /// When we asked last.
    asked: Option<DateTime<Utc>>,
    /// How often we asked since the hub last agreed.
    asks: u32,
    /// When the hub last agreed, and until when.
    granted: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Shows no secret.
impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("hub", &self.hub.hub.host_str())
            .field("asked", &self.asked)
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}

/// What a hub asks us, to know whether it was we who asked for a subscription.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "hub.mode")]
    pub mode: Option<String>,
    #[serde(rename = "hub.topic")]
    pub topic: Option<String>,
    #[serde(rename = "hub.challenge")]
    pub challenge: Option<String>,
    #[serde(rename = "hub.lease_seconds")]
    pub lease_seconds: Option<i64>,
    #[serde(rename = "hub.reason")]
    pub reason: Option<String>,
}

/// What we say to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes: the challenge is to be sent back, and the subscription as it is now to be kept.
    Agreed { challenge: String, subscription: Box<Subscription> },
    /// The hub refused what we asked for.
    Denied(String),
    /// That was not asked for by us.
    Unknown,
}

impl Subscription {
    /// Begins one that nobody was asked for yet. `random` must be unknown to everybody.
    pub fn new(hub: Hub, random: &[u8; 2 * RANDOM_BYTES]) -> Self {
        let (token, secret) = random.split_at(RANDOM_BYTES);
        Self { hub, token: hex(token), secret: hex(secret), asked: None, asks: 0, granted: None }
    }

    /// Tells whether the hub brings news now.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.until().is_some_and(|until| now < until)
    }

    /// Returns until when the hub agreed to bring news.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.granted.map(|(_, until)| until)
    }

    /// Returns when the hub is to be asked next; `None`: at once.
    pub fn ask_at(&self) -> Option<DateTime<Utc>> {
        let asked = self.asked?;
        let patience = FIRST_PATIENCE * 2_i32.pow(self.asks.saturating_sub(1).min(10));
        let again = asked + patience.min(LONGEST_PATIENCE);
        match self.granted {
            Some((since, until)) if self.asks == 0 => {
                Some(until - RENEWED_BEFORE.min((until - since) / 4))
            }
            _ => Some(again),
        }
    }

    /// Notes that the hub is asked now.
    pub fn ask(&mut self, now: DateTime<Utc>) {
        self.asked = Some(now);
        self.asks = self.asks.saturating_add(1);
    }

    /// Returns it as it is after the hub refused: nobody brings news.
    #[must_use]
    pub fn denied(&self) -> Self {
        Self { granted: None, ..self.clone() }
    }

    /// Returns what is sent to the hub; `callback` is our own address without the token.
    pub fn form(&self, callback: &Url) -> Vec<(&'static str, String)> {
        let callback = format!("{}/{}", callback.as_str().trim_end_matches('/'), self.token);
        vec![
            ("hub.callback", callback),
            ("hub.mode", "subscribe".into()),
            ("hub.topic", self.hub.topic.to_string()),
            ("hub.lease_seconds", LEASE.num_seconds().to_string()),
            ("hub.secret", self.secret.clone()),
        ]
    }

    /// Says what to answer to a hub that asks whether it was we. Only a subscription to this very
    /// document that we asked for is confirmed; that we end one is never asked for.
    pub fn answer(&self, asked: &Asked, now: DateTime<Utc>) -> Answer {
        let is_ours = asked.topic.as_deref() == Some(self.hub.topic.as_str());
        match asked.mode.as_deref() {
            Some("denied") if is_ours => {
                Answer::Denied(asked.reason.clone().unwrap_or_else(|| "no reason given".into()))
            }
            Some("subscribe") if is_ours && self.asked.is_some() => {
                let Some(challenge) =
                    asked.challenge.clone().filter(|text| text.len() <= LONGEST_CHALLENGE)
                else {
                    return Answer::Unknown;
                };
                let lease = asked.lease_seconds.and_then(TimeDelta::try_seconds);
                let lease = lease.unwrap_or(LEASE).clamp(TimeDelta::zero(), LONGEST_LEASE);
                let granted = Some((now, now + lease));
                let subscription = Self { asks: 0, granted, ..self.clone() };
                Answer::Agreed { challenge, subscription: Box::new(subscription) }
            }
            _ => Answer::Unknown,
        }
    }

    /// Tells whether `body` was signed by whom we gave our secret; `header` is `X-Hub-Signature`.
    pub fn is_signed(&self, header: &str, body: &[u8]) -> bool {
        let Some((method, signature)) = header.trim().split_once('=') else { return false };
        let Some(signature) = unhex(signature) else { return false };
        let key = self.secret.as_bytes();
        match method.to_ascii_lowercase().as_str() {
            "sha1" => Hmac::<Sha1>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok()),
            "sha256" => Hmac::<Sha256>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok()),
            "sha384" => Hmac::<Sha384>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok()),
            "sha512" => Hmac::<Sha512>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok()),
            _ => false,
        }
    }
}

/// Tells whether a hub may be asked: our secret must not travel in the open, unless the document
/// itself does, which anybody on the way can change anyhow.
pub fn may_ask(hub: &Hub, document: &Url) -> bool {
    hub.hub.scheme() == "https" || (hub.hub.scheme() == "http" && document.scheme() == "http")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0 && digits.len() <= 128)?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks_exact(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; 2 * RANDOM_BYTES] = [7; 2 * RANDOM_BYTES];

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hours)
    }

    fn subscription() -> Subscription {
        let hub = Hub {
            hub: "https://hub.example/".parse().unwrap(),
            topic: "https://a.example/feed?x=1".parse().unwrap(),
        };
        Subscription::new(hub, &RANDOM)
    }

    fn asked(mode: &str, topic: &str, lease: Option<i64>) -> Asked {
        Asked {
            mode: Some(mode.into()),
            topic: Some(topic.into()),
            challenge: Some("c".into()),
            lease_seconds: lease,
            reason: None,
        }
    }

    #[test]
    fn the_hub_is_told_where_we_are_and_what_to_sign_with() {
        let form = subscription().form(&"https://me.example/websub/".parse().unwrap());
        let token = "07".repeat(RANDOM_BYTES);
        assert_eq!(form[0], ("hub.callback", format!("https://me.example/websub/{token}")));
        assert_eq!(form[2], ("hub.topic", "https://a.example/feed?x=1".to_owned()));
        assert_eq!(form[3], ("hub.lease_seconds", "864000".to_owned()));
        assert_eq!(form[4].0, "hub.secret");
        let shown = format!("{:?}", subscription());
        assert!(!shown.contains(&form[4].1) && !shown.contains(&token), "{shown}");
    }

    #[test]
    fn only_what_was_asked_for_is_confirmed() {
        let mut ours = subscription();
        let topic = "https://a.example/feed?x=1";
        assert_eq!(ours.answer(&asked("subscribe", topic, None), at(0)), Answer::Unknown);
        ours.ask(at(0));
        for (mode, topic) in
            [("subscribe", "https://a.example/feed"), ("unsubscribe", topic), ("publish", topic)]
        {
            assert_eq!(ours.answer(&asked(mode, topic, None), at(0)), Answer::Unknown, "{mode}");
        }
        let long = Some("c".repeat(LONGEST_CHALLENGE + 1));
        let long = Asked { challenge: long, ..asked("subscribe", topic, None) };
        assert_eq!(ours.answer(&long, at(0)), Answer::Unknown);
        let denied = ours.answer(&asked("denied", topic, None), at(0));
        assert_eq!(denied, Answer::Denied("no reason given".into()));
        let Answer::Agreed { challenge, subscription } =
            ours.answer(&asked("subscribe", topic, Some(3600)), at(1))
        else {
            panic!("not confirmed")
        };
        assert_eq!(challenge, "c");
        assert!(subscription.is_active(at(1)) && !subscription.is_active(at(2)));
    }

    #[test]
    fn a_hub_is_asked_again_before_the_end_and_ever_more_rarely_where_it_does_not_answer() {
        let mut ours = subscription();
        assert_eq!(ours.ask_at(), None);
        let mut gaps = Vec::new();
        for _ in 0..8 {
            let now = ours.ask_at().unwrap_or(at(0));
            ours.ask(now);
            gaps.push((ours.ask_at().unwrap() - now).num_minutes());
        }
        assert_eq!(gaps, [30, 60, 120, 240, 480, 960, 1440, 1440]);
        let confirm = |lease| match ours
            .answer(&asked("subscribe", "https://a.example/feed?x=1", lease), at(0))
        {
            Answer::Agreed { subscription, .. } => subscription.ask_at().unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(confirm(None), at(8 * 24), "the hub named no lease: the one we asked for");
        assert_eq!(confirm(Some(4 * 3600)), at(3));
        assert_eq!(confirm(Some(i64::MAX)), at(8 * 24), "no time at all");
        assert_eq!(confirm(Some(-5)), at(0));
    }

    #[test]
    fn a_signature_is_checked_by_each_of_the_methods() {
        let ours = subscription();
        let body = b"<feed/>";
        let key = ours.secret.as_bytes();
        let hash = |bytes: &[u8]| hex(bytes);
        let sha1 = Hmac::<Sha1>::new_from_slice(key).unwrap().chain_update(body).finalize();
        let sha256 = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(body).finalize();
        let sha512 = Hmac::<Sha512>::new_from_slice(key).unwrap().chain_update(body).finalize();
        let good = [
            format!("sha1={}", hash(&sha1.into_bytes())),
            format!("SHA256={}", hash(&sha256.clone().into_bytes()).to_uppercase()),
            format!("sha512={}", hash(&sha512.into_bytes())),
        ];
        for header in &good {
            assert!(ours.is_signed(header, body), "{header}");
            assert!(!ours.is_signed(header, b"<feed />"), "{header}");
        }
        let half = hash(&sha256.into_bytes()).split_at(32).0.to_owned();
        for bad in ["", "sha1=", "sha1", "md5=00", "sha1=zz", "sha256=é", &format!("sha256={half}")]
        {
            assert!(!ours.is_signed(bad, body), "{bad}");
        }
    }

    /// From the test vectors of RFC 2202 and RFC 4231: the key `Jefe`.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let ours = Subscription { secret: "Jefe".into(), ..subscription() };
        let body = b"what do ya want for nothing?";
        assert!(ours.is_signed("sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", body));
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(ours.is_signed(&format!("sha256={sha256}"), body));
    }

    #[test]
    fn a_secret_does_not_travel_in_the_open() {
        let hub = |hub: &str| Hub {
            hub: hub.parse().unwrap(),
            topic: "https://a.example/".parse().unwrap(),
        };
        let (open, closed) =
            ("http://a.example/".parse().unwrap(), "https://a.example/".parse().unwrap());
        assert!(may_ask(&hub("https://hub.example/"), &open));
        assert!(may_ask(&hub("http://hub.example/"), &open));
        assert!(!may_ask(&hub("http://hub.example/"), &closed));
        assert!(!may_ask(&hub("ftp://hub.example/"), &open));
    }
}
