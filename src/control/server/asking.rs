//! Questions that have parameters, and what is asked and said of alerts.

use super::{Calls, Peer, ask, fault, give};
use crate::ask::{AlertMove, LedgerAsked, Order, Question, TraceAsked};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

pub(super) async fn ledger(
    State(calls): Calls,
    asked: Result<Query<LedgerAsked>, QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Ledger(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

pub(super) async fn trace(
    State(calls): Calls,
    asked: Result<Query<TraceAsked>, QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => ask(&calls, Question::Trace(asked)).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.body_text()),
    }
}

pub(super) async fn alert(State(calls): Calls, Path(name): Path<String>) -> Response {
    ask(&calls, Question::Alert(name)).await
}

pub(super) async fn move_alert(
    State(calls): Calls,
    ConnectInfo(Peer(by)): ConnectInfo<Peer>,
    Path((name, word)): Path<(String, String)>,
    Json(mut body): Json<Value>,
) -> Response {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("move".into(), Value::String(word));
    }
    match serde_json::from_value::<AlertMove>(body) {
        Ok(moved) => give(&calls, Order::Alert(name, moved), by).await,
        Err(error) => fault(StatusCode::BAD_REQUEST, error.to_string()),
    }
}
