//! The socket between people and the daemon: HTTP and JSON on a Unix socket. Who may open it is
//! settled by its mode and group; who asks is told by the kernel.

use crate::ask::subscription::Standing;
use crate::ask::taken::TakenView;
use crate::ask::view::SummaryView;
use crate::ask::{Answer, Order, Question, Refusal};
use crate::text::Language;
use tokio::sync::oneshot;

mod bounds;
pub mod client;
mod feed;
mod page;
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
    /// The page, in this language.
    Page(Language, oneshot::Sender<Result<String, Refusal>>),
    /// Whose the link with this token is, and whether they wish to be told; `None`: they only look. Nobody's:
    /// the answer is `None`.
    Subscription {
        token: String,
        wish: Option<bool>,
        reply: oneshot::Sender<Result<Option<Standing>, Refusal>>,
    },
}
