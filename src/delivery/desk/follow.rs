//! What became of a ticket at another desk.

use super::open::Caller;
use super::refused::told;
use super::{Channel, Counterpart, Standing};
use crate::fetch::{FetchError, Fetcher};

/// How a ticket stands there, as far as the desk tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// So, in the desk's own word.
    Is(Standing, String),
    /// The desk does not say, for this reason.
    Unknown(String),
}

/// Asks how one ticket stands.
pub async fn follow(channel: &Channel, fetcher: &Fetcher, of: &Counterpart) -> Stand {
    let caller = Caller { channel, fetcher, api: channel.desk.api() };
    let call = of.id.as_deref().and_then(|id| caller.api.state(id));
    let Some(call) = call else { return Stand::Is(of.standing, String::new()) };
    match caller.call(call).await {
        Ok(said) => match caller.api.stands(&said) {
            Ok((standing, word)) => Stand::Is(standing, word),
            Err(odd) => Stand::Unknown(odd.to_string()),
        },
        Err(FetchError::Status { status: 404 | 410, .. }) => {
            Stand::Is(Standing::Gone, "gone".to_owned())
        }
        Err(error) => Stand::Unknown(told(&error, caller.api)),
    }
}
