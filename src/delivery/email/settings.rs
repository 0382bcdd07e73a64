//! How a mail server is to be reached: what the operator wrote, checked once.

use super::{Smtp, Tls};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use secrecy::ExposeSecret;
use std::net::IpAddr;

/// What is known of a server before the first connection.
pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
}

/// When the encryption begins.
pub(super) enum Security {
    FromTheStart(TlsParameters),
    StartTls(TlsParameters),
    None,
}

impl Settings {
    /// Reads what the operator wrote.
    pub(super) fn of(smtp: &Smtp) -> Result<Self, String> {
        let host = host(smtp)?;
        let security = security(smtp, &host)?;
        let credentials = credentials(smtp)?;
        if credentials.is_some() && matches!(security, Security::None) && !is_loopback(&host) {
            return Err(format!(
                "the password would go to {host} unencrypted: leave out smtp.tls = \"none\", or \
                 smtp.username and smtp.password"
            ));
        }
        let usual = match security {
            Security::FromTheStart(_) => 465,
            Security::StartTls(_) => 587,
            Security::None => 25,
        };
        Ok(Self { host, port: smtp.url.port().unwrap_or(usual), security, credentials })
    }
}

fn host(smtp: &Smtp) -> Result<String, String> {
    let url = &smtp.url;
    let wrong = |why: &str| Err(format!("smtp.url: {why}, such as smtp://mail.acme.example:587"));
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "user name and password belong in smtp.username and smtp.password; write it without",
        );
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return wrong(
            "nothing may follow host and port; encryption is a matter of smtps:// and smtp.tls; write it short",
        );
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    // The letters of other alphabets arrive percent-encoded here.
    if host.is_empty() || host.contains('%') {
        return wrong("the host must be a name in ASCII or an address; write it so");
    }
    Ok(host.to_owned())
}

fn security(smtp: &Smtp, host: &str) -> Result<Security, String> {
    match (smtp.url.scheme(), smtp.tls) {
        ("smtps", Tls::Required) => parameters(smtp, host).map(Security::FromTheStart),
        ("smtp", Tls::Required) => parameters(smtp, host).map(Security::StartTls),
        ("smtp", Tls::None) => Ok(Security::None),
        ("smtps", Tls::None) => {
            Err("smtps:// is always encrypted: leave out smtp.tls = \"none\", or write smtp://"
                .into())
        }
        (other, _) => {
            Err(format!("smtp.url: `{other}://` is not known here; write smtp:// or smtps://"))
        }
    }
}

fn parameters(smtp: &Smtp, host: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &smtp.ca_file {
        let wrong = |why: &dyn std::fmt::Display| {
            format!("smtp.ca_file: {} is no usable certificate: {why}", path.display())
        };
        let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
        if !pem.windows(11).any(|window| window == b"-----BEGIN ") {
            return Err(wrong(&"it is not in PEM form"));
        }
        builder = builder
            .add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(&error))?);
    }
    builder.build().map_err(|error| {
        format!("mail cannot be encrypted on this machine: {error}; is the package ca-certificates installed?")
    })
}

fn credentials(smtp: &Smtp) -> Result<Option<Credentials>, String> {
    match (&smtp.username, &smtp.password) {
        (Some(user), Some(password)) => {
            Ok(Some(Credentials::new(user.clone(), password.expose_secret().to_owned())))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err("smtp.username has no smtp.password beside it".into()),
        (None, Some(_)) => Err("smtp.password has no smtp.username beside it".into()),
    }
}

/// Tells whether what is sent to the host stays on this machine.
fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str, tls: Tls, user: Option<&str>) -> Smtp {
        Smtp {
            url: url.parse().unwrap(),
            tls,
            username: user.map(str::to_owned),
            password: user.map(|_| "s3cr3t".into()),
            ca_file: None,
        }
    }

    #[track_caller]
    fn check(url: &str, tls: Tls, expected: (&str, u16, &str)) {
        let settings = Settings::of(&smtp(url, tls, None)).unwrap();
        let security = match settings.security {
            Security::FromTheStart(_) => "from the start",
            Security::StartTls(_) => "starttls",
            Security::None => "none",
        };
        assert_eq!((settings.host.as_str(), settings.port, security), expected);
    }

    #[test]
    fn the_scheme_tells_when_encryption_begins_and_the_usual_port() {
        check("smtps://mail.example", Tls::Required, ("mail.example", 465, "from the start"));
        check("smtp://mail.example", Tls::Required, ("mail.example", 587, "starttls"));
        check("smtp://mail.example:2525/", Tls::None, ("mail.example", 2525, "none"));
        check("smtp://[::1]", Tls::None, ("::1", 25, "none"));
    }

    #[track_caller]
    fn refused(smtp: &Smtp, why: &str) {
        let said = Settings::of(smtp).err().unwrap();
        assert!(said.contains(why) && !said.contains("s3cr3t"), "{said}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_remedy() {
        let plain = |url: &str| smtp(url, Tls::None, None);
        refused(&plain("smtps://mail.example"), "smtps:// is always encrypted");
        refused(&plain("https://mail.example"), "write smtp:// or smtps://");
        refused(&plain("smtp://u:s3cr3t@mail.example"), "smtp.username");
        refused(&plain("smtp://mail.example?tls=opportunistic"), "smtp.tls");
        refused(&plain("smtp:mail.example"), "nothing may follow");
        refused(&plain("smtp://p%C3%B6sti.example"), "ASCII");
        let mut half = smtp("smtps://mail.example", Tls::Required, Some("vahti"));
        half.password = None;
        refused(&half, "no smtp.password");
        let mut file = smtp("smtps://mail.example", Tls::Required, None);
        file.ca_file = Some("/nonexistent/ca.pem".into());
        refused(&file, "/nonexistent/ca.pem");
        file.ca_file = Some("Cargo.toml".into());
        refused(&file, "PEM");
    }

    #[test]
    fn a_password_goes_in_the_clear_only_within_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "mail.localhost"] {
            let smtp = smtp(&format!("smtp://{host}:25"), Tls::None, Some("vahti"));
            assert!(Settings::of(&smtp).is_ok(), "{host}");
        }
        for host in ["mail.example", "10.0.0.1", "localhost.example", "[::2]"] {
            let smtp = smtp(&format!("smtp://{host}:25"), Tls::None, Some("vahti"));
            refused(&smtp, "unencrypted");
        }
    }
}
