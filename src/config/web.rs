//! `[web]`: what browsers and feed readers reach.

use super::reader::Table;
use super::surroundings::Surroundings;
use super::value::Value;
use super::{Web, secret};
use crate::delivery::one_click;
use std::net::SocketAddr;
use url::Url;

/// The longest address under which people reach the page: it goes into a header of every mail.
const LONGEST_URL: usize = 200;

/// What follows behind that address.
const OWN_PATHS: [&str; 3] = ["feed.atom", "healthz", one_click::PATH];

pub(super) fn read(table: Table<'_>, around: &Surroundings) -> Option<Web> {
    let listen_value = table.need("listen", "listen = \"127.0.0.1:8787\"");
    let password_value = table.take("password");
    let password = password_value.as_ref().and_then(|value| secret::read(value, around));
    let public_value = table.take("public_url");
    let public_url = public_value.as_ref().and_then(public);
    table.finish();
    let listen_value = listen_value?;
    let listen = address(&listen_value)?;
    if password_value.is_none() && !listen.ip().is_loopback() {
        listen_value.fault(
            "others could read this without a password",
            Some("write password = { file = \"PATH\" }, or listen on 127.0.0.1".into()),
        );
    }
    // A password that could not be read was told of.
    (password.is_some() || password_value.is_none()).then_some(Web { listen, password, public_url })
}

/// Reads the address under which people reach the page; it comes to end in `/`. It goes into every mail, and
/// its path into ours.
fn public(value: &Value<'_>) -> Option<Url> {
    let text = value.words()?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let wrong = match &url {
        None => Some("this is no address of the web"),
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            Some("an address that everybody gets must not hold a user or a password")
        }
        Some(url) if url.query().is_some() || url.fragment().is_some() => {
            Some("what follows `?` or `#` does not belong to the address of a page")
        }
        Some(_) if text.len() > LONGEST_URL => Some("this is longer than 200 characters"),
        Some(url) if !url.path().chars().all(is_plain) || url.path().contains("//") => {
            Some("its path may hold letters, digits and - _ . ~ only")
        }
        Some(url) if OWN_PATHS.contains(&url.path().trim_matches('/')) => {
            Some("this is a path of the page itself, which follows behind")
        }
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        value.fault(wrong, Some("write \"https://vahti.acme.example\"".into()));
        return None;
    }
    let mut url = url?;
    if url.scheme() == "http" {
        value.warn(
            "mail programs offer no unsubscribing with one click where it is not encrypted, so mails have an address to write to alone",
            Some("write \"https://…\"".into()),
        );
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(url)
}

fn address(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.words()?;
    let address = text.parse();
    if address.is_err() {
        let hint = "write an IP address and a port, such as \"127.0.0.1:8787\"";
        value.fault(format!("`{text}` is no address to listen on"), Some(hint.into()));
    }
    address.ok()
}
