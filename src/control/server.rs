//! The daemon's end of the socket.

use super::Call;
use super::protocol::{BASE, ErrorBody, MOST_LINES, MOST_POSTS_BYTES, MarkBody, PollBody};
use crate::ask::ReportAsked;
use crate::ask::tried::TryAsked;
use crate::ask::{
    CustomerMove, IncidentMove, MarksAsked, MentionsAsked, Order, Question, Refusal, TicketMove,
    TicketsAsked,
};
use crate::delivery::NoticeId;
use crate::mention::marking::MarkingId;
use crate::mention::{MentionId, TicketId};
use crate::text::account;
use axum::body::Bytes;
use axum::extract::connect_info::Connected;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path as InPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

mod asking;

/// The longest body that is read: orders are short.
const MOST_BODY_BYTES: usize = 1024 * 1024;

/// How long what is being answered may take when the end has come.
pub const LONGEST_GOODBYE: Duration = Duration::from_secs(10);

/// The group that may open the socket, where the machine has one.
const GROUP: &str = "vahti";

/// Binds the socket with mode 0660; a stale one is replaced, a live one is not.
pub async fn bind(path: &Path) -> io::Result<UnixListener> {
    if path.exists() {
        if UnixStream::connect(path).await.is_ok() {
            let what = format!("another vahti listens on {}", path.display());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, what));
        }
        std::fs::remove_file(path)?;
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    if let Some(group) = account::id_of("/etc/group", GROUP) {
        // Only root and members may give it to the group; for others it stays with their own.
        if std::os::unix::fs::chown(path, None, Some(group)).is_err() {
            tracing::debug!("The socket stays with the group of this process.");
        }
    }
    Ok(listener)
}

/// Answers until `stop`; what is being answered then is answered still, if it does not take long: a
/// request that was only half sent must not hold up the end.
pub async fn serve(listener: UnixListener, calls: mpsc::Sender<Call>, stop: CancellationToken) {
    let api = Router::new()
        .route("/mentions", get(mentions))
        .route("/mentions/{id}", get(mention))
        .route("/mentions/{id}/mark", post(mark))
        .route("/mentions/{id}/thanked", post(thanked))
        .route("/tickets", get(tickets))
        .route("/tickets/{id}", get(ticket))
        .route("/tickets/{id}/{move}", post(move_ticket))
        .route("/incidents/{id}", get(incident))
        .route("/incidents/{id}/{move}", post(move_incident))
        .route("/customers/{who}", get(customer))
        .route("/customers/{who}/{move}", post(move_customer))
        .route("/status", get(status))
        .route("/alerts/{name}", get(asking::alert))
        .route("/alerts/{name}/{move}", post(asking::move_alert))
        .route("/alerts/{name}/preview", get(preview))
        .route("/alerts/{name}/send", post(send))
        .route("/outbox", get(outbox))
        .route("/outbox/all", get(asking::ledger))
        .route("/trace", get(asking::trace))
        .route("/outbox/dead/retry", post(retry_dead))
        .route("/outbox/dead/drop", post(drop_dead))
        .route("/outbox/{id}/retry", post(retry))
        .route("/outbox/{id}/drop", post(drop_notice))
        .route("/check", get(check))
        .route("/try", post(try_out).layer(DefaultBodyLimit::max(MOST_POSTS_BYTES)))
        .route("/marks", get(marks))
        .route("/marks/taught", get(taught))
        .route("/marks/{id}", get(marking))
        .route("/marks/{id}/undo", post(undo))
        .route("/report", get(report))
        .route("/poll", post(poll))
        .route("/intake/{source}", post(take).layer(DefaultBodyLimit::max(MOST_POSTS_BYTES)))
        .fallback(nothing_here);
    let router = Router::new()
        .nest(BASE, api)
        .merge(super::feed::routes())
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(calls)
        .into_make_service_with_connect_info::<Peer>();
    let told = stop.clone();
    let served =
        axum::serve(listener, router).with_graceful_shutdown(async move { told.cancelled().await });
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::error!("The control socket ended: {error}.");
        },
        () = after(&stop, LONGEST_GOODBYE) => {}
    }
}

/// Waits until `stop`, and then as long as `grace`.
pub async fn after(stop: &CancellationToken, grace: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(grace).await;
}

/// Who is at the other end, by name where the machine knows one.
#[derive(Clone)]
struct Peer(String);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let uid = stream.io().peer_cred().map(|cred| cred.uid());
        Self(uid.map_or_else(|_| "somebody".into(), account::user_name))
    }
}

type Calls = State<mpsc::Sender<Call>>;

async fn mentions(
    State(calls): Calls,
    asked: Result<Query<MentionsAsked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Mentions(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

async fn mention(State(calls): Calls, InPath(id): InPath<String>) -> Response {
    ask(&calls, Question::Mention(MentionId(id))).await
}

async fn mark(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(id): InPath<String>,
    Json(body): Json<MarkBody>,
) -> Response {
    give(&calls, Order::Mark(MentionId(id), body.mark), by).await
}

async fn thanked(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(id): InPath<String>,
) -> Response {
    give(&calls, Order::Thank(MentionId(id)), by).await
}

async fn tickets(
    State(calls): Calls,
    asked: Result<Query<TicketsAsked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Tickets(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

async fn ticket(State(calls): Calls, InPath(id): InPath<u64>) -> Response {
    ask(&calls, Question::Ticket(TicketId(id))).await
}

async fn move_ticket(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath((id, word)): InPath<(u64, String)>,
    Json(mut body): Json<Value>,
) -> Response {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("move".into(), Value::String(word));
    }
    match serde_json::from_value::<TicketMove>(body) {
        Ok(moved) => give(&calls, Order::Ticket(TicketId(id), moved), by).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn incident(State(calls): Calls, InPath(id): InPath<u64>) -> Response {
    ask(&calls, Question::Incident(TicketId(id))).await
}

async fn move_incident(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath((id, word)): InPath<(u64, String)>,
    Json(mut body): Json<Value>,
) -> Response {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("move".into(), Value::String(word));
    }
    match serde_json::from_value::<IncidentMove>(body) {
        Ok(moved) => give(&calls, Order::Incident(TicketId(id), moved), by).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn customer(State(calls): Calls, InPath(who): InPath<String>) -> Response {
    ask(&calls, Question::Customer(who)).await
}

async fn move_customer(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath((who, word)): InPath<(String, String)>,
    Json(mut body): Json<Value>,
) -> Response {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("move".into(), Value::String(word));
    }
    match serde_json::from_value::<CustomerMove>(body) {
        Ok(moved) => give(&calls, Order::Customer(who, moved), by).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn status(State(calls): Calls) -> Response {
    ask(&calls, Question::Status).await
}

async fn preview(State(calls): Calls, InPath(name): InPath<String>) -> Response {
    ask(&calls, Question::Preview(name)).await
}

async fn send(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(name): InPath<String>,
) -> Response {
    give(&calls, Order::Send(name), by).await
}

async fn outbox(State(calls): Calls) -> Response {
    ask(&calls, Question::Outbox).await
}

async fn retry(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(id): InPath<u64>,
) -> Response {
    give(&calls, Order::Retry(NoticeId(id)), by).await
}

async fn drop_notice(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(id): InPath<u64>,
) -> Response {
    give(&calls, Order::Drop(NoticeId(id)), by).await
}

async fn retry_dead(State(calls): Calls, ConnectInfo(Peer(by)): ConnectInfo<Peer>) -> Response {
    give(&calls, Order::RetryDead, by).await
}

async fn drop_dead(State(calls): Calls, ConnectInfo(Peer(by)): ConnectInfo<Peer>) -> Response {
    give(&calls, Order::DropDead, by).await
}

async fn check(State(calls): Calls) -> Response {
    ask(&calls, Question::Check).await
}

async fn try_out(
    State(calls): Calls,
    asked: Result<Json<TryAsked>, axum::extract::rejection::JsonRejection>,
) -> Response {
    match asked {
        Ok(Json(asked)) => ask(&calls, Question::Try(Box::new(asked))).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

async fn marks(
    State(calls): Calls,
    asked: Result<Query<MarksAsked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Marks(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

async fn marking(State(calls): Calls, InPath(id): InPath<u64>) -> Response {
    ask(&calls, Question::Mark(MarkingId(id))).await
}

async fn taught(State(calls): Calls) -> Response {
    ask(&calls, Question::Taught).await
}

async fn report(
    State(calls): Calls,
    asked: Result<Query<ReportAsked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Report(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

async fn undo(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    InPath(id): InPath<u64>,
) -> Response {
    give(&calls, Order::Undo(MarkingId(id)), by).await
}

async fn poll(State(calls): Calls, Json(body): Json<PollBody>) -> Response {
    let (reply, answer) = oneshot::channel();
    respond(&calls, Call::Poll(body.sources, reply), answer).await
}

/// Takes posts, and answers once they are stored.
async fn take(
    State(calls): Calls,
    InPath(source): InPath<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let most = MOST_POSTS_BYTES / 1024 / 1024;
            let what = format!("more than {most} MiB at once; hand them over in parts");
            return fault(StatusCode::PAYLOAD_TOO_LARGE, what);
        }
        Err(error) => return fault(error.status(), error.body_text()),
    };
    if body.split(|byte| *byte == b'\n').count() > MOST_LINES + 1 {
        let what = format!("more than {MOST_LINES} lines at once; hand them over in parts");
        return fault(StatusCode::PAYLOAD_TOO_LARGE, what);
    }
    let (reply, answer) = oneshot::channel();
    respond(&calls, Call::Take { source, body: body.into(), reply }, answer).await
}

async fn nothing_here() -> Response {
    fault(StatusCode::NOT_FOUND, format!("there is nothing here; what there is lies under {BASE}"))
}

async fn ask(calls: &mpsc::Sender<Call>, question: Question) -> Response {
    let (reply, answer) = oneshot::channel();
    respond(calls, Call::Ask(question, reply), answer).await
}

async fn give(calls: &mpsc::Sender<Call>, order: Order, by: String) -> Response {
    let (reply, answer) = oneshot::channel();
    respond(calls, Call::Do { order, by, reply }, answer).await
}

async fn respond<T: Serialize>(
    calls: &mpsc::Sender<Call>,
    call: Call,
    answer: oneshot::Receiver<Result<T, Refusal>>,
) -> Response {
    if calls.send(call).await.is_err() {
        return fault(StatusCode::SERVICE_UNAVAILABLE, "vahti is stopping".into());
    }
    match answer.await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(refusal)) => fault(code(&refusal), refusal.to_string()),
        Err(_) => fault(StatusCode::SERVICE_UNAVAILABLE, "vahti is stopping".into()),
    }
}

fn code(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::Faulty(_) => StatusCode::BAD_REQUEST,
        Refusal::Refused(_) => StatusCode::CONFLICT,
        Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn fault(code: StatusCode, error: String) -> Response {
    (code, Json(ErrorBody { error })).into_response()
}
