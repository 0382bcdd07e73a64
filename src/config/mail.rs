//! `[mail]`: how notices leave, and mail addresses wherever they stand.

use super::files;
use super::reader::Table;
use super::secret;
use super::surroundings::Surroundings;
use super::value::Value;
use super::{Mail, MailBy};
use crate::delivery::email::{Smtp, Tls, Transport, check_address};
use std::net::IpAddr;
use std::path::PathBuf;
use url::Url;

/// Where `sendmail` usually is.
const SENDMAIL: &str = "/usr/sbin/sendmail";

pub(super) fn read(table: Table<'_>, around: &Surroundings) -> Option<Mail> {
    let from =
        table.need("from", "from = \"Vahti <alerts@acme.example>\"").and_then(|v| address(&v));
    table.suggest("smtp.url");
    table.suggest("smtp.username");
    table.suggest("smtp.password");
    let ways = ["smtp", "outbox_dir", "sendmail"].map(|way| table.take(way));
    let by = match &ways {
        [Some(smtp), None, None] => {
            smtp.table_of("url").and_then(|smtp| server(smtp, around)).map(MailBy::Smtp)
        }
        [None, Some(folder), None] => {
            folder.words().map(|path| MailBy::Folder(folder.reader.folder.join(path)))
        }
        [None, None, Some(program)] => sendmail(program).map(MailBy::Sendmail),
        [None, None, None] => {
            table.lacks(
                "mail has no way out",
                Some(
                    "write smtp.url = \"smtp://mail.acme.example:587\", sendmail = true, or outbox_dir = \"outbox\""
                        .into(),
                ),
            );
            None
        }
        [smtp, folder, program] => {
            if let Some(smtp) = smtp {
                smtp.table_of("url").and_then(|smtp| server(smtp, around));
            }
            if let Some(other) = folder.as_ref().or(program.as_ref()) {
                other.fault_at_key(
                    "mail goes one way: by smtp, by sendmail or into outbox_dir",
                    None,
                );
            }
            None
        }
    };
    table.finish();
    Some(Mail { from: from?, by: by? })
}

/// Reads where the program is that takes mail; `true`: where it usually is.
fn sendmail(value: &Value<'_>) -> Option<PathBuf> {
    let path = if value.is_boolean() {
        if value.boolean() == Some(false) {
            let hint = "write true, or a path, or leave it out";
            value.fault("then mail has no way out", Some(hint.into()));
            return None;
        }
        PathBuf::from(SENDMAIL)
    } else {
        value.reader.folder.join(value.words()?)
    };
    files::program(value, &path);
    Some(path)
}

/// Reads one mail address.
pub(super) fn address(value: &Value<'_>) -> Option<String> {
    let text = value.words()?.trim();
    match check_address(text) {
        Ok(()) => Some(text.to_owned()),
        Err(reason) => {
            value.fault(reason, None);
            None
        }
    }
}

/// Reads mail addresses, each once.
pub(super) fn addresses(items: &[Value<'_>]) -> Vec<String> {
    let mut read: Vec<String> = Vec::new();
    for address in items.iter().filter_map(address) {
        if !read.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            read.push(address);
        }
    }
    read
}

fn server(table: Table<'_>, around: &Surroundings) -> Option<Smtp> {
    let url_value = table.need("url", "smtp.url = \"smtp://mail.acme.example:587\"");
    let url = url_value.as_ref().and_then(address_of_server);
    let tls_value = table.take("tls");
    let tls = match &tls_value {
        Some(value) => value.choice(&[("required", Tls::Required), ("none", Tls::None)]),
        None => Some(Tls::Required),
    };
    let username_value = table.take("username");
    let username = username_value.as_ref().and_then(Value::words).map(str::to_owned);
    let password_value = table.take("password");
    let password = password_value.as_ref().and_then(|value| secret::read(value, around));
    let ca_file = match table.take("ca_file") {
        Some(value) => certificate(&value).map(Some),
        None => Some(None),
    };
    let is_paired = paired(username_value.as_ref(), password_value.as_ref());
    let is_plain = match (&url, &tls_value, &tls) {
        (Some(url), Some(value), Some(Tls::None)) => plain(url, value, password_value.is_some()),
        _ => true,
    };
    table.finish();
    let smtp = Smtp { url: url?, tls: tls?, username, password, ca_file: ca_file? };
    let is_read = smtp.password.is_some() == password_value.is_some();
    if is_plain && is_paired && is_read {
        // What only whoever connects can know, such as whether a certificate is one.
        Transport::smtp(&smtp)
            .map_err(|reason| url_value.map(|value| value.fault(reason, None)))
            .ok()?;
    }
    Some(smtp)
}

/// Tells whether there are both user and password, or neither.
fn paired(username: Option<&Value<'_>>, password: Option<&Value<'_>>) -> bool {
    match (username, password) {
        (Some(value), None) => {
            let such = "write smtp.password = { file = \"PATH\" }";
            value.fault_at_key("a username without a password", Some(such.into()));
            false
        }
        (None, Some(value)) => {
            let such = "write smtp.username = \"NAME\"";
            value.fault_at_key("a password without a username", Some(such.into()));
            false
        }
        _ => true,
    }
}

fn address_of_server(value: &Value<'_>) -> Option<Url> {
    let such =
        Some("write it as smtp://HOST:587 (STARTTLS) or smtps://HOST (TLS at once)".to_owned());
    let text = value.words()?;
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => {
            value.fault(format!("this is no address of a mail server: {error}"), such);
            return None;
        }
    };
    if !matches!(url.scheme(), "smtp" | "smtps") {
        value.fault(format!("a mail server is not reached by `{}:`", url.scheme()), such);
    } else if url.host_str().is_none_or(str::is_empty) {
        value.fault("the address names no host", such);
    } else if !url.username().is_empty() || url.password().is_some() {
        let keys = "write smtp.username and smtp.password instead";
        value.fault("user and password do not belong in the address", Some(keys.into()));
    } else if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        value.fault("nothing follows the host and port of a mail server", such);
    } else {
        return Some(url);
    }
    None
}

/// Judges `tls = "none"`, and tells whether it will do.
fn plain(url: &Url, tls: &Value<'_>, with_password: bool) -> bool {
    if url.scheme() == "smtps" {
        tls.fault(
            "smtps:// is encrypted from the first byte",
            Some("write smtp:// to do without".into()),
        );
        return false;
    }
    if with_password && !is_here(url) {
        tls.fault(
            "the password would go over the network for everybody to read",
            Some("leave this out, or smtp.username and smtp.password".into()),
        );
        return false;
    }
    true
}

/// Tells whether what is sent to `url` stays on this machine.
pub(super) fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn certificate(value: &Value<'_>) -> Option<PathBuf> {
    let path = value.reader.folder.join(value.words()?);
    match files::read(&path) {
        Ok(bytes) if bytes.windows(11).any(|part| part == b"-----BEGIN ") => Some(path),
        Ok(_) => {
            value.fault(format!("{} holds no certificate in PEM form", path.display()), None);
            None
        }
        Err(reason) => {
            value.fault(
                format!("cannot read {}: {reason}", path.display()),
                files::neighbour(&path),
            );
            None
        }
    }
}
