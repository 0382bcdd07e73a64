//! `[web]`: what browsers and feed readers reach.

use super::reader::Table;
use super::surroundings::Surroundings;
use super::value::Value;
use super::{Web, secret};
use std::net::SocketAddr;

pub(super) fn read(table: Table<'_>, around: &Surroundings) -> Option<Web> {
    let listen_value = table.need("listen", "listen = \"127.0.0.1:8787\"");
    let password_value = table.take("password");
    let password = password_value.as_ref().and_then(|value| secret::read(value, around));
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
    (password.is_some() || password_value.is_none()).then_some(Web { listen, password })
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
