//! Cases with a mail server that encrypts: from the start, by STARTTLS, with a certificate that is
//! trusted or not.

use super::sample::notice;
use super::{Failed, Smtp, Tls, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
}

fn config() -> Arc<ServerConfig> {
    let chain = CertificateDer::from_pem_file(certificate("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificate("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    Arc::new(config)
}

/// Serves one connection, and returns what was said in the clear and what was said encrypted.
fn serve(from_the_start: bool) -> (u16, JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let (mut clear, mut secret) = (String::new(), String::new());
        if !from_the_start {
            // The end of a conversation that breaks off is not the matter here.
            talk(&stream, "250-fake\r\n250 STARTTLS", true, &mut clear).ok();
        }
        let connection = ServerConnection::new(config()).unwrap();
        let encrypted = StreamOwned::new(connection, stream);
        talk(encrypted, "250-fake\r\n250 AUTH PLAIN", from_the_start, &mut secret).ok();
        (clear, secret)
    });
    (port, served)
}

/// Says yes to everything until STARTTLS or the end; `said` gathers what was heard.
fn talk(stream: impl Wire, offers: &str, greet: bool, said: &mut String) -> Result<()> {
    let mut stream = BufReader::with_capacity(1, stream);
    if greet {
        say(&mut stream, "220 fake")?;
    }
    let mut in_message = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        said.push_str(&line);
        let verb = line.trim_end().split(' ').next().unwrap_or_default().to_owned();
        match (in_message, verb.as_str()) {
            (true, ".") => {
                in_message = false;
                say(&mut stream, "250 queued")?;
            }
            (true, _) => {}
            (false, "EHLO") => say(&mut stream, offers)?,
            (false, "STARTTLS") => return say(&mut stream, "220 go on"),
            (false, "AUTH") => say(&mut stream, "235 welcome")?,
            (false, "DATA") => {
                in_message = true;
                say(&mut stream, "354 go on")?;
            }
            (false, _) => say(&mut stream, "250 fine")?,
        }
    }
}

fn say<W: Wire>(stream: &mut BufReader<W>, answer: &str) -> Result<()> {
    stream.get_mut().put(format!("{answer}\r\n").as_bytes())
}

/// Something to read from and write to, encrypted or not.
trait Wire: Read {
    fn put(&mut self, bytes: &[u8]) -> Result<()>;
}

impl Wire for &TcpStream {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes)
    }
}

impl Wire for StreamOwned<ServerConnection, TcpStream> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }
}

async fn sent(url: String, ca_file: Option<&str>) -> std::result::Result<String, Failed> {
    let transport = Transport::smtp(&Smtp {
        url: url.parse().unwrap(),
        tls: Tls::Required,
        username: Some("vahti".into()),
        password: Some("s3cr3t".into()),
        ca_file: ca_file.map(certificate),
    });
    let transport = transport.unwrap();
    let result = transport.send("alerts@acme.example", &notice()).await;
    transport.close().await;
    result
}

/// The base64 of the user name and password of these cases.
const LOGIN: &str = "AUTH PLAIN AHZhaHRpAHMzY3IzdA==";

#[tokio::test]
async fn smtps_encrypts_from_the_start_with_a_certificate_of_ca_file() {
    let (port, served) = serve(true);
    let result = sent(format!("smtps://127.0.0.1:{port}"), Some("authority.pem")).await;
    assert_eq!(result, Ok("250 queued".into()));
    let (_, secret) = served.join().unwrap();
    assert!(secret.contains(LOGIN) && secret.contains("Subject: Acme"), "{secret}");
}

#[tokio::test]
async fn smtp_says_nothing_but_hello_before_starttls() {
    let (port, served) = serve(false);
    let result = sent(format!("smtp://localhost:{port}"), Some("authority.pem")).await;
    assert_eq!(result, Ok("250 queued".into()));
    let (clear, secret) = served.join().unwrap();
    let verbs: Vec<&str> = clear.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(verbs, ["EHLO", "STARTTLS"]);
    assert!(secret.contains(LOGIN) && secret.contains("Subject: Acme"), "{secret}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_nothing() {
    for (from_the_start, scheme) in [(true, "smtps"), (false, "smtp")] {
        let (port, served) = serve(from_the_start);
        let result = sent(format!("{scheme}://localhost:{port}"), None).await;
        let Err(Failed::Temporary { answer }) = &result else { panic!("{result:?}") };
        assert!(answer.contains("certificate"), "{answer}");
        let (clear, secret) = served.join().unwrap();
        assert!(!clear.contains("AUTH") && secret.is_empty(), "{clear}{secret}");
    }
}
