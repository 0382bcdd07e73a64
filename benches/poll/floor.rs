//! The floor: what fetching and parsing alone cost. A process of its own, so that it is measured as vahti is.

use std::io::Write as _;
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::Result;
use crate::feeds::{BRAND, EXCLUDED};

/// The environment variable that turns the bench into its own floor.
pub(crate) const JOB: &str = "VAHTI_BENCH_FLOOR";
/// As many as vahti has at once for an address that is allowed.
const AT_ONCE: usize = 32;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Job {
    Everything,
    Unchanged,
}

impl Job {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything sent",
            Self::Unchanged => "unchanged, 304",
        }
    }

    pub(crate) fn describe(self, port: u16, count: u32, etag_salt: &str) -> String {
        let salt = if self == Self::Everything { "" } else { etag_salt };
        format!("{port} {count} {salt}")
    }
}

/// Does the job and prints how many entries name the brand.
pub(crate) fn work(job: &str) -> Result<()> {
    let mut words = job.split(' ');
    let mut word = || words.next().ok_or("the job has a word too few");
    let (port, count, salt) =
        (word()?.parse::<u16>()?, word()?.parse::<u32>()?, word()?.to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let found = runtime.block_on(fetch_all(port, count, &salt))?;
    writeln!(std::io::stdout(), "{found}")?;
    Ok(())
}

async fn fetch_all(port: u16, count: u32, salt: &str) -> Result<usize> {
    // No TLS is spoken, but the client wants to be able to.
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()?
    .with_root_certificates(rustls::RootCertStore::empty())
    .with_no_client_auth();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build()?;
    let mut found = 0;
    let mut replies = stream::iter(0..count)
        .map(|number| fetch(&client, port, number, salt))
        .buffer_unordered(AT_ONCE);
    while let Some(reply) = replies.next().await {
        found += mentions(&reply?)?;
    }
    Ok(found)
}

async fn fetch(client: &reqwest::Client, port: u16, number: u32, salt: &str) -> Result<Vec<u8>> {
    let mut request = client.get(format!("http://127.0.0.1:{port}/{number}"));
    if !salt.is_empty() {
        request = request.header("if-none-match", format!("\"{number}{salt}\""));
    }
    Ok(request.send().await?.bytes().await?.to_vec())
}

/// The least that could be called matching.
fn mentions(document: &[u8]) -> Result<usize> {
    if document.is_empty() {
        return Ok(0);
    }
    let brand = BRAND.to_lowercase();
    let feed = feed_rs::parser::parse(document)?;
    let named = feed.entries.iter().filter(|entry| {
        let title = entry.title.as_ref().map(|title| title.content.as_str());
        let summary = entry.summary.as_ref().map(|summary| summary.content.as_str());
        let content = entry.content.as_ref().and_then(|content| content.body.as_deref());
        [title, summary, content]
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().replace(EXCLUDED, "").contains(&brand))
    });
    Ok(named.count())
}
