//! Questions that have parameters, and no more.

use super::{Calls, ask, fault};
use crate::ask::{LedgerAsked, Question, TraceAsked};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

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
