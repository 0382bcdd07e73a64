//! How a request shows that it may: headers, parts of an address and tokens that nobody else is to see.

use super::Location;
use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use url::Url;

/// A password, key or token. What is shown of it, with `{:?}`, says only that there is one.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the secret itself, for where it is sent.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(SecretString::from(text.into()))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What stands before a secret in a header.
const SCHEMES: [&str; 3] = ["Bearer ", "Token token=", "Basic "];

/// Returns a secret as a site may say it again: without what stands before it, and of a name and a password
/// each by itself.
fn bare(secret: &Secret) -> Vec<String> {
    let text = secret.expose();
    let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let mut all = vec![rest.to_owned()];
    if text.starts_with("Basic ") {
        let decoded = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        all.extend(decoded.iter().flat_map(|pair| pair.split(':')).map(str::to_owned));
    }
    all
}

/// What is shorter than this may stand in any text.
const LEAST_MASKED: usize = 6;

/// What a request shows to be let in. It is added when the request is sent, to the address that was
/// asked for alone: a redirect to another host goes without, and nothing of it is in a [`Location`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    /// Headers with their secret values, such as `Authorization`.
    pub headers: Vec<(String, Secret)>,
    /// Parameters added to the query.
    pub query: Vec<(String, Secret)>,
    /// What stands in the address where its path says `{token}`.
    pub token: Option<Secret>,
    /// A token that has to be asked for, and is sent as `Authorization: Bearer`.
    pub grant: Option<Grant>,
}

impl Access {
    /// Shows a token that the operator has.
    pub fn bearer(token: &Secret) -> Self {
        Self::header("Authorization", &format!("Bearer {}", token.expose()).into())
    }

    /// Shows one header.
    pub fn header(name: &str, value: &Secret) -> Self {
        Self { headers: vec![(name.to_owned(), value.clone())], ..Self::default() }
    }

    /// Lets a token be asked for.
    pub fn granted(grant: Grant) -> Self {
        Self { grant: Some(grant), ..Self::default() }
    }

    /// Takes out of what a site said whatever it was shown, and `token`, which was asked for.
    pub(super) fn masked(&self, said: Vec<u8>, token: Option<&Secret>) -> Vec<u8> {
        let shown = self.query.iter().chain(&self.headers).map(|(_, secret)| secret);
        let all = shown.chain(&self.token).chain(token).flat_map(bare);
        let secrets: Vec<String> = all.filter(|secret| secret.len() >= LEAST_MASKED).collect();
        if secrets.is_empty() {
            return said;
        }
        match AhoCorasick::new(&secrets) {
            Ok(finder) if finder.is_match(&said) => {
                finder.replace_all_bytes(&said, &vec!["(secret)"; secrets.len()])
            }
            _ => said,
        }
    }

    /// Tells whether something of it stands in an address.
    pub(super) fn is_in(&self, url: &Url) -> bool {
        let whole = url.as_str();
        let secrets = self.query.iter().chain(&self.headers).map(|(_, secret)| secret);
        secrets.chain(&self.token).any(|secret| {
            let bare = secret.expose().trim_start_matches("Bearer ");
            let is_value = || url.query_pairs().any(|(_, value)| value.contains(bare));
            !bare.is_empty() && (whole.contains(bare) || is_value())
        })
    }

    /// Tells whether nothing is shown.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// What a token is given for. The token is asked for when it is first needed, kept in memory, and asked
/// for anew before it ends or when it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Grant {
    /// OAuth 2.0 (RFC 6749): the form that is sent, and the client's name and password, sent by Basic.
    OAuth { url: Url, client: Option<(String, Secret)>, form: Vec<(&'static str, Secret)> },
    /// A service account that signs its own claim (RFC 7523): its address, its private key in PEM, and
    /// what it asks for.
    ServiceAccount { url: Url, email: String, key: Secret, scope: &'static str },
    /// A session of the AT Protocol: the server, the account and its app password.
    Session { server: Url, account: String, password: Secret },
}

impl Grant {
    /// Returns where the token is asked for.
    pub(super) fn location(&self) -> Location {
        Location::Web(match self {
            Self::OAuth { url, .. } | Self::ServiceAccount { url, .. } => url.clone(),
            Self::Session { server, .. } => server.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_site_says_again_of_a_secret_is_masked_without_its_scheme() {
        for (shown, said) in [
            ("Bearer s3cr3t-one", "no s3cr3t-one here"),
            ("Token token=s3cr3t-one", "no s3cr3t-one here"),
            ("Basic czNjcjN0LW9uZTpY", "no s3cr3t-one here"),
            ("Basic czNjcjN0LW9uZTpY", "no czNjcjN0LW9uZTpY here"),
        ] {
            let access = Access::header("Authorization", &shown.into());
            let masked = access.masked(said.into(), None);
            assert_eq!(String::from_utf8(masked).unwrap(), "no (secret) here", "{shown}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::from("s3cr3t");
        let url = Url::parse("https://a.example/token").unwrap();
        let grant = Grant::OAuth {
            url,
            client: Some(("me".into(), secret.clone())),
            form: vec![("refresh_token", secret.clone())],
        };
        let access = Access {
            query: vec![("key".into(), secret.clone())],
            token: Some(secret.clone()),
            grant: Some(grant),
            ..Access::bearer(&secret)
        };
        assert!(!format!("{access:?}").contains("s3cr3t"), "{access:?}");
        assert!(access.headers.iter().any(|(_, value)| value.expose() == "Bearer s3cr3t"));
    }
}
