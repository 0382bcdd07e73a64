//! The socket between people and the daemon: HTTP and JSON on a Unix socket. Who may open it is
//! settled by its mode and group; who asks is told by the kernel.

use crate::ask::taken::TakenView;
use crate::ask::view::SummaryView;
use crate::ask::{Answer, Order, Question, Refusal};
use tokio::sync::oneshot;

pub mod client;
mod feed;
pub mod protocol;
pub mod server;
pub mod web;

/// Something asked of the daemon, with the place for its answer.
pub enum Call {
    Ask(Question, oneshot::Sender<Result<Answer, Refusal>>),
    Do {
        order: Order,
        by: String,
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// Poll these sources now; all of them where none is named.
    Poll(Vec<String>, oneshot::Sender<Result<SummaryView, Refusal>>),
    /// Take these posts, as NDJSON, for this source.
    Take {
        source: String,
        body: Vec<u8>,
        reply: oneshot::Sender<Result<TakenView, Refusal>>,
    },
}
