//! Asking the daemon over its socket.

use super::protocol::{BASE, ErrorBody, NDJSON, PollBody, intake_path, order_path, path};
use crate::ask::taken::TakenView;
use crate::ask::view::SummaryView;
use crate::ask::{Answer, Order, Question};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an answer may take; a poll of slow sites takes its time.
const LONGEST_ANSWER: Duration = Duration::from_mins(10);

/// A daemon that listens.
pub struct Client {
    http: reqwest::Client,
}

/// Why the daemon gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error(
        "you may not open {path}, which belongs to {owner}: join its group, or run this as its owner"
    )]
    Forbidden { path: PathBuf, owner: String },
    #[error("{0}")]
    Refused(String),
    /// What was asked makes no sense.
    #[error("{0}")]
    Faulty(String),
    #[error("{0}")]
    Broken(String),
}

impl Client {
    /// Reaches the daemon that listens on `socket`; `None` where none does.
    pub async fn reach(socket: &Path) -> Result<Option<Self>, Unanswered> {
        match tokio::net::UnixStream::connect(socket).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Unanswered::Forbidden {
                    path: socket.to_owned(),
                    owner: owner(socket),
                });
            }
            Err(_) => return Ok(None),
        }
        // The client library wants a provider even where nothing is encrypted; one that is there
        // already will do.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder()
            .unix_socket(socket)
            .no_proxy()
            .timeout(LONGEST_ANSWER)
            .build()
            .map_err(|error| Unanswered::Broken(error.to_string()))?;
        Ok(Some(Self { http }))
    }

    /// Asks one question.
    pub async fn ask(&self, question: &Question) -> Result<Answer, Unanswered> {
        let (path, parameters) = path(question);
        let body = match question {
            // Whole configurations are no parameters.
            Question::Try(_) => {
                self.send(Method::POST, &path, &Value::Null, Some(&parameters)).await?
            }
            _ => self.send(Method::GET, &path, &parameters, None).await?,
        };
        question.read(&body).map_err(|error| unreadable(&error))
    }

    /// Gives one order and returns what it led to.
    pub async fn order(&self, order: &Order) -> Result<Answer, Unanswered> {
        let (path, body) = order_path(order);
        let answer = self.send(Method::POST, &path, &Value::Null, Some(&body)).await?;
        order.shown_by().read(&answer).map_err(|error| unreadable(&error))
    }

    /// Lets the daemon poll these sources now, and waits until all is stored.
    pub async fn poll(&self, sources: &[String]) -> Result<SummaryView, Unanswered> {
        let body = json!(PollBody { sources: sources.to_vec() });
        let answer = self.send(Method::POST, "/poll", &Value::Null, Some(&body)).await?;
        serde_json::from_slice(&answer).map_err(|error| unreadable(&error))
    }

    /// Hands posts, as NDJSON, to a source, and waits until all is stored.
    pub async fn take(&self, source: &str, body: Vec<u8>) -> Result<TakenView, Unanswered> {
        let request = self.http.post(format!("http://vahti{BASE}{}", intake_path(source)));
        let request = request.header(CONTENT_TYPE, NDJSON).body(body);
        let answer = answered(request).await?;
        serde_json::from_slice(&answer).map_err(|error| unreadable(&error))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        parameters: &Value,
        body: Option<&Value>,
    ) -> Result<Vec<u8>, Unanswered> {
        let mut request = self.http.request(method, format!("http://vahti{BASE}{path}"));
        if parameters.is_object() {
            request = request.query(parameters);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answered(request).await
    }
}

/// Sends a request and returns the body of the answer.
async fn answered(request: RequestBuilder) -> Result<Vec<u8>, Unanswered> {
    let broken = |error: reqwest::Error| {
        Unanswered::Broken(format!("the daemon broke off: {}", error.without_url()))
    };
    let reply = request.send().await.map_err(broken)?;
    let status = reply.status();
    let bytes = reply.bytes().await.map_err(broken)?;
    if status == StatusCode::OK {
        return Ok(bytes.to_vec());
    }
    let error: Result<ErrorBody, _> = serde_json::from_slice(&bytes);
    Err(match error {
        Ok(body) if status == StatusCode::INTERNAL_SERVER_ERROR => Unanswered::Broken(body.error),
        Ok(body) if status == StatusCode::BAD_REQUEST => Unanswered::Faulty(body.error),
        Ok(body) => Unanswered::Refused(body.error),
        Err(_) => Unanswered::Broken(format!("the daemon answered {status}")),
    })
}

fn unreadable(error: &serde_json::Error) -> Unanswered {
    Unanswered::Broken(format!(
        "the daemon's answer does not read ({error}); is it of another version? restart it"
    ))
}

fn owner(path: &Path) -> String {
    // The socket itself may lie in a folder that we may not look into.
    let seen = std::fs::metadata(path)
        .or_else(|_| std::fs::metadata(path.parent().unwrap_or(Path::new("/"))));
    match seen {
        Ok(file) => format!(
            "user {} and group {}",
            name("/etc/passwd", file.uid()),
            name("/etc/group", file.gid())
        ),
        Err(_) => "somebody else".into(),
    }
}

fn name(list: &str, id: u32) -> String {
    crate::text::account::name_of(list, id).unwrap_or_else(|| id.to_string())
}
