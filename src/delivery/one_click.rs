//! Links in mails by which their recipient is told no more, with one click (RFC 8058). A link is short and
//! has no address in it, for mail servers write links into their logs; whose it is only vahti knows, by
//! making the token of everybody whom it tells anew.

use super::email;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use url::Url;

/// The path below the public address where links lead, and the name of the token behind it.
pub const PATH: &str = "unsubscribe";

/// The form that programs send, and the field and value in it.
pub const FIELD: &str = "List-Unsubscribe";
pub const ONE_CLICK: &str = "One-Click";

/// How many bytes a key has, and a token.
pub const KEY_BYTES: usize = 64;
const TOKEN_BYTES: usize = 18;

/// What links are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey(pub [u8; KEY_BYTES]);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey")
    }
}

impl LinkKey {
    /// Returns the link by which `to` is told no more by `alert`, at this public address, which ends in `/`.
    pub fn link(&self, public: &Url, alert: &str, to: &str) -> String {
        format!("{public}{PATH}?t={}", self.token(alert, to))
    }

    /// Returns the token of a link.
    pub fn token(&self, alert: &str, to: &str) -> String {
        let tag = self.signing(alert, to).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(tag.get(..TOKEN_BYTES).unwrap_or_default())
    }

    /// Tells whether a token is of this alert and this recipient. How long that takes tells nothing of it.
    pub fn signed(&self, token: &str, alert: &str, to: &str) -> bool {
        let Ok(tag) = URL_SAFE_NO_PAD.decode(token) else { return false };
        tag.len() == TOKEN_BYTES && self.signing(alert, to).verify_truncated_left(&tag).is_ok()
    }

    fn signing(&self, alert: &str, to: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        // With its length before it, no name of an alert runs over into an address.
        mac.update(&(alert.len() as u64).to_be_bytes());
        mac.update(alert.as_bytes());
        mac.update(same(to).as_bytes());
        mac
    }
}

/// Returns by what a recipient is known however it is written: the address without the name, in small
/// letters; the name of a channel as it is.
pub fn same(to: &str) -> String {
    email::bare(to).unwrap_or_else(|| to.to_owned()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: LinkKey = LinkKey([7; KEY_BYTES]);

    #[test]
    fn a_token_is_of_one_alert_and_one_recipient_however_that_is_written() {
        let token = KEY.token("care-team", "Maija <Maija@Acme.example>");
        assert_eq!(token.len(), 24);
        assert!(KEY.signed(&token, "care-team", "maija@acme.example"));
        assert!(!KEY.signed(&token, "care-tea", "mmaija@acme.example"));
        assert!(!KEY.signed(&token, "care-team", "pekka@acme.example"));
        assert!(!LinkKey([8; KEY_BYTES]).signed(&token, "care-team", "maija@acme.example"));
        for (place, letter) in token.char_indices() {
            let mut forged = token.clone();
            let other = if letter == 'A' { "B" } else { "A" };
            forged.replace_range(place..=place, other);
            assert!(!KEY.signed(&forged, "care-team", "maija@acme.example"), "{forged}");
        }
        for short in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAA", &format!("{token}AAAA")] {
            assert!(!KEY.signed(short, "care-team", "maija@acme.example"), "{short}");
        }
    }

    #[test]
    fn a_link_holds_no_address_and_lies_below_the_public_one() {
        let public = "https://acme.example/vahti/".parse().unwrap();
        let link = KEY.link(&public, "päivä & yö", "maija@acme.example");
        assert!(link.starts_with("https://acme.example/vahti/unsubscribe?t="), "{link}");
        assert!(link.is_ascii() && !link.contains("maija") && !link.contains('@'), "{link}");
        assert!(!format!("{KEY:?}").contains('7'));
    }
}
