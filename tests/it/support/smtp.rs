//! A real mail server on loopback, which a test takes up and down as it likes.

use rustix::net::{AddressFamily, SocketType, sockopt};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Reads the messages named by its arguments with a mail reader that is not ours.
const READER: &str = r#"
import email, email.policy, json, sys
mails = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        mail = email.message_from_binary_file(file, policy=email.policy.default)
    part = lambda kind: mail.get_body((kind,)).get_content().replace("\r\n", "\n")
    headers = [[name.lower(), str(value)] for name, value in mail.items()]
    mails.append({"headers": headers, "text": part("plain"), "html": part("html"),
                  "defects": [str(defect) for defect in mail.defects]})
print(json.dumps(mails))
"#;

/// A place for a mail server: a port that is kept for it, a certificate, and what it received.
pub(crate) struct Post {
    folder: TempDir,
    address: SocketAddr,
    python: PathBuf,
    server: Option<Child>,
    /// Bound and never listened on: while the server is down nobody else gets the port, and who
    /// connects is refused.
    _place: OwnedFd,
}

/// A message that the server took.
pub(crate) struct Mail {
    pub(crate) text: String,
    pub(crate) html: String,
    headers: Vec<(String, String)>,
}

impl Post {
    /// Finds a place for a server; `None`, and said aloud, where there is no aiosmtpd.
    pub(crate) fn find(test: &str) -> Option<Self> {
        let Some(python) = python() else {
            super::skipped(test, "no Python with aiosmtpd");
            return None;
        };
        let place = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        // Python's server sets this as well, and so may share the port with us.
        sockopt::set_socket_reuseaddr(&place, true).unwrap();
        rustix::net::bind(&place, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = SocketAddr::try_from(rustix::net::getsockname(&place).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Some(Self { folder, address, python, server: None, _place: place })
    }

    /// Returns the address for `smtp.url`.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// Starts the server and waits until it listens; one that runs is ended first. `arguments` are
    /// those of `tests/smtp/server.py`.
    pub(crate) fn up(&mut self, arguments: &[&str]) {
        self.down();
        let mut child = Command::new(&self.python)
            .arg(script("server.py"))
            .args(["--port", &self.address.port().to_string(), "--dir"])
            .arg(self.mails_folder())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.server = Some(child);
        assert_eq!(line.trim(), self.address.port().to_string(), "the mail server did not start");
    }

    /// Starts the server with TLS of this sort, `starttls` or `implicit`.
    pub(crate) fn up_with_tls(&mut self, tls: &str, arguments: &[&str]) {
        let certificates = self.certificates();
        let path = |name: &str| certificates.join(name).to_str().unwrap().to_owned();
        let (cert, key) = (path("cert.pem"), path("key.pem"));
        let mut all = vec!["--tls", tls, "--cert", &cert, "--key", &key];
        all.extend(arguments);
        self.up(&all);
    }

    /// Ends the server; its connections are cut.
    pub(crate) fn down(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Returns the file of the authority that signed the server's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.certificates().join("ca.pem")
    }

    /// Returns how many messages the server took.
    pub(crate) fn count(&self) -> usize {
        self.paths().len()
    }

    /// Returns the messages that the server took, oldest first, as another program reads them.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let output =
            Command::new(&self.python).args(["-c", READER]).args(self.paths()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mails: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        mails.iter().map(Mail::of).collect()
    }

    fn certificates(&self) -> PathBuf {
        let folder = self.folder.path().join("certificates");
        if !folder.exists() {
            let made = Command::new(script("cert.sh")).arg(&folder).status().unwrap();
            assert!(made.success());
        }
        folder
    }

    fn mails_folder(&self) -> PathBuf {
        self.folder.path().join("mails")
    }

    fn paths(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.mails_folder()) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
            .collect();
        paths.sort();
        paths
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            drop(server.kill());
            drop(server.wait());
        }
    }
}

impl Mail {
    fn of(mail: &Value) -> Self {
        assert_eq!(mail["defects"], serde_json::json!([]), "{mail}");
        let text = |name: &str| mail[name].as_str().unwrap().to_owned();
        Self {
            text: text("text"),
            html: text("html"),
            headers: serde_json::from_value(mail["headers"].clone()).unwrap(),
        }
    }

    /// Returns a header that must stand there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (Some((_, value)), None) = (found.next(), found.next()) else {
            panic!("{name} does not stand once in {:#?}", self.headers);
        };
        value
    }

    /// Returns the recipient of the envelope.
    pub(crate) fn recipient(&self) -> &str {
        self.header("X-Rcpt-To")
    }
}

/// Returns a Python that has aiosmtpd.
fn python() -> Option<PathBuf> {
    let told = std::env::var_os("VAHTI_PYTHON").map(PathBuf::from);
    let usual = ["/usr/bin/python3", "python3"].map(PathBuf::from);
    told.into_iter().chain(usual).find(|python| {
        let tried = Command::new(python).args(["-c", "import aiosmtpd.smtp"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp").join(name)
}
