//! `[websub]`: where hubs reach us, so that news need not wait for the next poll.

use super::WebSub;
use super::reader::Table;
use super::value::Value;
use std::net::SocketAddr;
use url::Url;

pub(super) fn read(table: Table<'_>) -> Option<WebSub> {
    let listen = table.need("listen", "listen = \"127.0.0.1:8788\"");
    let public_url = table.need("public_url", "public_url = \"https://acme.example/websub\"");
    table.finish();
    let listen = listen.and_then(|value| address(&value));
    let public_url = public_url.and_then(|value| url(&value));
    Some(WebSub { listen: listen?, public_url: public_url? })
}

fn address(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.words()?;
    let address = text.parse();
    if address.is_err() {
        let hint = "write an IP address and a port, such as \"127.0.0.1:8788\"";
        value.fault(format!("`{text}` is no address to listen on"), Some(hint.into()));
    }
    address.ok()
}

/// Reads where others reach us.
fn url(value: &Value<'_>) -> Option<Url> {
    let text = value.words()?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    if url.is_none() {
        let hint = "write \"https://acme.example/websub\"";
        value.fault("this is no address that a hub can reach us at", Some(hint.into()));
    }
    if url.as_ref().is_some_and(|url| url.scheme() == "http") {
        value.warn(
            "what hubs bring can be read on its way to us",
            Some("write \"https://…\"".into()),
        );
    }
    url
}
