//! Where something is: an address on the web or a file, and how either is shown without its secrets.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::text;

/// Where something is: on the web, or in a file of this machine that the operator named.
///
/// What is shown, with `{}` and with `{:?}`, has neither user name nor password nor query: these
/// carry secrets, and what is shown ends in logs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Location {
    Web(Url),
    File(PathBuf),
}

impl Location {
    /// Reads an `http:` or `https:` address, a `file:` address, or a path, which is taken relative
    /// to `base_dir`.
    ///
    /// # Errors
    ///
    /// Says why `text` is none of these, without repeating it: it may hold a secret.
    pub fn parse(text: &str, base_dir: &Path) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the address is empty".to_owned());
        }
        let Some(scheme) = scheme(text) else {
            return Ok(Self::File(base_dir.join(text)));
        };
        match scheme.as_str() {
            "http" | "https" => web(text),
            "file" => file(text),
            _ => Err(format!(
                "`{scheme}:` is not supported: use an http or https address, or a file \
                 (`./{scheme}:…` if a file has that name)"
            )),
        }
    }

    /// Returns the name or IP address of the web host, lower case; `None` for a file.
    pub fn host(&self) -> Option<String> {
        match self {
            Self::Web(url) => url.host_str().map(str::to_owned),
            Self::File(_) => None,
        }
    }
}

/// Returns what stands before the colon if that looks like the scheme of an address, lower case.
fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    fits.then(|| scheme.to_ascii_lowercase())
}

fn web(text: &str) -> Result<Location, String> {
    // `http:host` and `http:/host` are read as `http://host` by the parser: rather a typing mistake.
    if !text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
        return Err("the address lacks the `//` after the colon".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("this is no web address: {error}"))?;
    Ok(Location::Web(url))
}

fn file(text: &str) -> Result<Location, String> {
    // `file:name` would silently mean `/name`.
    if !text.split_once(':').is_some_and(|(_, rest)| rest.starts_with('/')) {
        return Err("a `file:` address needs the whole path: write `file:///…`, or the path alone"
            .to_owned());
    }
    Url::parse(text)
        .ok()
        .and_then(|url| url.to_file_path().ok())
        .map(Location::File)
        .ok_or_else(|| "this `file:` address names no file of this machine".to_owned())
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                // A place for a token is no part of what people know the address by.
                f.write_str(&url.path().replace("%7Btoken%7D", "…"))
            }
            Self::File(path) => f.write_str(&text::visible(&path.to_string_lossy())),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = matches!(self, Self::Web(url) if url.query().is_some());
        write!(f, "Location({self}{})", if query { "?…" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let location = Location::parse(text, Path::new("/etc/vahti")).unwrap();
        assert_eq!(location.to_string(), shown, "{text}");
    }

    #[test]
    fn an_address_or_a_path_is_a_location() {
        check("https://Example.org/a/b", "https://example.org/a/b");
        check(" HTTP://example.org:8080 ", "http://example.org:8080/");
        check("feeds/a.xml", "/etc/vahti/feeds/a.xml");
        check("feeds/a:b.xml", "/etc/vahti/feeds/a:b.xml");
        check("/srv/a b.xml", "/srv/a b.xml");
        check("file:///srv/a%20b.xml", "/srv/a b.xml");
        check("http://[::1]:81/x", "http://[::1]:81/x");
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let refused = |text| Location::parse(text, Path::new("/")).unwrap_err();
        assert!(refused("ftp://example.org/x").contains("`ftp:`"));
        assert!(refused("source:file:///etc/passwd").contains("`source:`"));
        assert!(refused("http:example.org").contains("//"));
        assert!(refused("https://").contains("web address"));
        assert!(refused("file:etc/passwd").contains("whole path"));
        assert!(refused("file://elsewhere/etc/passwd").contains("this machine"));
        assert!(refused("  ").contains("empty"));
    }

    #[test]
    fn secrets_of_an_address_are_never_shown() {
        let location =
            Location::parse("https://me:s3cr3t@example.org/feed?key=s3cr3t#s3cr3t", Path::new("/"))
                .unwrap();
        assert_eq!(location.to_string(), "https://example.org/feed");
        assert_eq!(format!("{location:?}"), "Location(https://example.org/feed?…)");
        let refused = Location::parse("gopher://me:s3cr3t@example.org/?s3cr3t", Path::new("/"));
        assert!(!refused.unwrap_err().contains("s3cr3t"));
    }

    #[test]
    fn the_host_of_a_web_address_is_lower_case() {
        let host = |text| Location::parse(text, Path::new("/")).unwrap().host();
        assert_eq!(host("https://EXAMPLE.org:444/"), Some("example.org".to_owned()));
        assert_eq!(host("a.xml"), None);
    }
}
