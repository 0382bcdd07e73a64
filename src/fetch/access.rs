//! How a request shows that it may: headers, parts of an address and tokens that nobody else is to see.

use super::Location;
use aho_corasick::{AhoCorasick, MatchKind};
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

/// What stands in many an address, and in many a text: no secret by itself.
const PLAIN: [&str; 14] = [
    "webhook",
    "webhooks",
    "ticket",
    "tickets",
    "message",
    "messages",
    "incoming",
    "services",
    "workflows",
    "triggers",
    "manual",
    "invoke",
    "integrations",
    "notifications",
];

/// Returns a part of an address without its escapes.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

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
    /// What stands in the address itself and is a secret all the same.
    pub hidden: Vec<Secret>,
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

    /// Hides an address that nobody else is to know: nobody can tell which part of it is the secret.
    pub fn hiding(url: &Url) -> Self {
        let mut parts = vec![url.path().to_owned()];
        parts.extend(url.path_segments().into_iter().flatten().map(str::to_owned));
        for pair in url.query().unwrap_or_default().split('&') {
            parts.push(pair.to_owned());
            parts.extend(pair.split_once('=').map(|(_, value)| value.to_owned()));
        }
        parts.extend(url.query().map(str::to_owned));
        parts.retain(|part| part.len() >= LEAST_MASKED && !PLAIN.contains(&&**part));
        // As it may be said again: decoded, and as JSON has it.
        let decoded: Vec<String> = parts.iter().map(|part| decoded(part)).collect();
        parts.extend(decoded);
        let escaped: Vec<String> = parts.iter().map(|part| part.replace('/', "\\/")).collect();
        parts.extend(escaped);
        parts.sort();
        parts.dedup();
        Self { hidden: parts.into_iter().map(Secret::from).collect(), ..Self::default() }
    }

    /// Lets a token be asked for.
    pub fn granted(grant: Grant) -> Self {
        Self { grant: Some(grant), ..Self::default() }
    }

    /// Takes out of what a site said whatever it was shown, and `token`, which was asked for.
    pub(super) fn masked(&self, said: Vec<u8>, token: Option<&Secret>) -> Vec<u8> {
        let shown = self.query.iter().chain(&self.headers).map(|(_, secret)| secret);
        let all = shown.chain(&self.token).chain(&self.hidden).chain(token).flat_map(bare);
        let secrets: Vec<String> = all.filter(|secret| secret.len() >= LEAST_MASKED).collect();
        if secrets.is_empty() {
            return said;
        }
        // Of two that begin alike the longer one, or its end would be told.
        match AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&secrets) {
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
    fn no_part_of_an_address_that_is_a_secret_is_said_again() {
        let url =
            "https://a.example/hooks/T0%2BABCD/very-secret/webhook?k=other-secret&sig=a%2Fb%2Bcdef";
        let url = Url::parse(url).unwrap();
        let access = Access::hiding(&url);
        for said in [
            url.as_str().to_owned(),
            format!("{}?{}", url.path(), url.query().unwrap()),
            "no very-secret, nor T0+ABCD nor T0%2BABCD".to_owned(),
            "{\"at\":\"https:\\/\\/a.example\\/hooks\\/T0%2BABCD\\/very-secret\"}".to_owned(),
            "sig a/b+cdef and a%2Fb%2Bcdef of other-secret".to_owned(),
        ] {
            let masked = String::from_utf8(access.masked(said.into_bytes(), None)).unwrap();
            for part in ["very-secret", "T0", "other", "cdef"] {
                assert!(!masked.contains(part), "{part} in {masked}");
            }
        }
        let plain = b"{\"message\":\"no such webhook\",\"id\":7}".to_vec();
        assert_eq!(access.masked(plain.clone(), None), plain);
        assert!(!format!("{access:?}").contains("very-secret"));
    }

    #[test]
    fn the_longer_of_two_secrets_that_begin_alike_is_masked_whole() {
        let query = [("a", "abcdef"), ("b", "abcdefghi")];
        let query = query.map(|(name, value)| (name.to_owned(), value.into())).into();
        let access = Access { query, ..Access::default() };
        assert_eq!(access.masked(b"abcdefghi".to_vec(), None), b"(secret)");
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
