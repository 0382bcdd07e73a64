//! How a site with a certificate is asked: with HTTP/2 where it speaks that, over one connection.

use super::HEAD;
use crate::support::{World, entry, feed};
use axum::body::Bytes;
use axum::http::{Response, StatusCode, Version};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a site with a certificate saw.
#[derive(Default)]
struct Log {
    connections: usize,
    requests: Vec<String>,
}

/// A site on loopback with a certificate of an authority of the tests. It has `/news.xml`, to which
/// `/old.xml` redirects.
struct SecureSite {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    /// Ends with the site.
    _runtime: tokio::runtime::Runtime,
}

fn certificates(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/certificates", name].iter().collect()
}

impl SecureSite {
    /// Starts a site that speaks these protocols, named as in the handshake of TLS.
    fn start(protocols: &[&str]) -> Self {
        let certificate = CertificateDer::from_pem_file(certificates("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(certificates("server.key")).unwrap();
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols =
            protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        runtime.spawn(async move {
            let mut conversations = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                conversations.spawn(converse(acceptor.clone(), stream, Arc::clone(&shared)));
            }
        });
        Self { address, log, _runtime: runtime }
    }

    /// Polls it once by way of the redirect, trusting whom `authority` names.
    fn polled(&self, authority: &str) -> Value {
        let source =
            format!("[[source]]\nname = \"news\"\nfeed.url = \"https://{}/old.xml\"", self.address);
        let world = World::new(&format!("{HEAD}{source}"));
        let mut command = world.command(&["run", "--once", "--format", "json"]);
        let output = command.env("SSL_CERT_FILE", certificates(authority)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().requests.clone()
    }
}

async fn converse(acceptor: TlsAcceptor, stream: TcpStream, log: Arc<Mutex<Log>>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let is_second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    if is_second { second(stream, &log).await } else { first(stream, &log).await }
}

fn body() -> Vec<u8> {
    feed(&[entry("1", "Acme")]).into()
}

/// Speaks HTTP/2.
async fn second(stream: TlsStream<TcpStream>, log: &Mutex<Log>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        assert_eq!(request.version(), Version::HTTP_2);
        let path = request.uri().path().to_owned();
        let mut response = Response::new(());
        let is_old = path == "/old.xml";
        if is_old {
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert("location", "/news.xml".parse().unwrap());
        }
        log.lock().unwrap().requests.push(format!("HTTP/2 {path}"));
        let mut sending = respond.send_response(response, is_old).unwrap();
        if !is_old {
            sending.send_data(Bytes::from(body()), true).unwrap();
        }
    }
}

/// Speaks HTTP/1.1.
async fn first(mut stream: TlsStream<TcpStream>, log: &Mutex<Log>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap();
        log.lock().unwrap().requests.push(format!("HTTP/1.1 {path}"));
        let answer = if path == "/old.xml" {
            b"HTTP/1.1 302 Found\r\nLocation: /news.xml\r\nContent-Length: 0\r\n\r\n".to_vec()
        } else {
            let body = body();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            [head.as_bytes(), &body].concat()
        };
        stream.write_all(&answer).await.unwrap();
    }
}

#[test]
fn a_site_that_speaks_http_2_is_asked_so_over_one_connection() {
    let site = SecureSite::start(&["h2", "http/1.1"]);
    let summary = site.polled("authority.pem");
    assert_eq!(summary["mentions"], 1, "{summary}");
    assert_eq!(site.requests(), ["HTTP/2 /old.xml", "HTTP/2 /news.xml"]);
    assert_eq!(site.log.lock().unwrap().connections, 1);
}

#[test]
fn a_site_that_does_not_is_asked_in_the_old_way() {
    for protocols in [&["http/1.1"][..], &[]] {
        let site = SecureSite::start(protocols);
        let summary = site.polled("authority.pem");
        assert_eq!(summary["mentions"], 1, "{summary}");
        assert_eq!(site.requests(), ["HTTP/1.1 /old.xml", "HTTP/1.1 /news.xml"]);
        assert_eq!(site.log.lock().unwrap().connections, 1);
    }
}

#[test]
fn a_site_whose_certificate_nobody_vouches_for_is_not_read() {
    let site = SecureSite::start(&["h2", "http/1.1"]);
    // One that is trusted, but did not sign this.
    let summary = site.polled("server.pem");
    let error = summary["failed"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("certificate"), "{summary}");
    assert_eq!(site.requests(), [""; 0]);
}
