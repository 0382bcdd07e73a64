//! What Google's APIs say when they refuse: one shape for all, told apart by reasons.

use crate::fetch::Reply;
use crate::source::{Refusal, Unreadable};
use crate::text::{cut, json, visible};
use serde_json::Value;

/// What Google said with a refusal.
#[derive(Debug, Default, PartialEq)]
pub(in crate::source) struct Said {
    pub(in crate::source) message: String,
    /// `PERMISSION_DENIED`, `RESOURCE_EXHAUSTED`, …
    pub(in crate::source) status: String,
    /// `quotaExceeded`, `RATE_LIMIT_EXCEEDED`, …, of the older and of the newer kind.
    reasons: Vec<String>,
    /// Whether nothing was granted to begin with: a quota of 0.
    pub(in crate::source) has_no_quota: bool,
}

/// Reasons that say that what was granted is used up.
const USED_UP: [&str; 7] = [
    "quotaExceeded",
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "dailyLimitExceeded",
    "limitExceeded",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
];

/// Reasons that say that nobody switched the API on.
const SWITCHED_OFF: [&str; 2] = ["accessNotConfigured", "SERVICE_DISABLED"];

impl Said {
    /// Reads what was said with a refusal; where that is no JSON, it has only the status.
    pub(in crate::source) fn of(refusal: &Refusal<'_>) -> Self {
        let said = refusal.json().and_then(|answer| Self::in_answer(&answer));
        said.unwrap_or_else(|| Self {
            message: format!("status {}", refusal.status),
            ..Self::default()
        })
    }

    /// Reads what an answer says of a fault; `None` where it is none.
    fn in_answer(answer: &Value) -> Option<Self> {
        let error = answer.get("error")?;
        let word = |of: &Value, name: &str| Some(of.get(name)?.as_str()?.to_owned());
        // Where tokens are given, it is a word of its own.
        let message = word(error, "message").or_else(|| word(answer, "error_description"));
        let message = message.or_else(|| error.as_str().map(str::to_owned)).unwrap_or_default();
        let list = |name: &str| error.get(name).and_then(Value::as_array).into_iter().flatten();
        let parts = || list("errors").chain(list("details"));
        Some(Self {
            message: cut(&visible(&message), 200),
            status: word(error, "status").unwrap_or_default(),
            reasons: parts().filter_map(|part| word(part, "reason")).collect(),
            has_no_quota: parts().any(|part| {
                let limit = part.get("metadata").and_then(|more| more.get("quota_limit_value"));
                limit.and_then(Value::as_str) == Some("0")
            }),
        })
    }

    /// Tells whether what was granted is used up for now.
    pub(in crate::source) fn is_used_up(&self) -> bool {
        self.is(&USED_UP)
    }

    /// Tells whether nobody switched the API on.
    pub(in crate::source) fn is_switched_off(&self) -> bool {
        self.is(&SWITCHED_OFF)
    }

    fn is(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.status == *word || self.reasons.iter().any(|r| r == word))
    }
}

/// Reads an answer of `whom`.
///
/// # Errors
///
/// Fails with what it says where that is a fault, or where it is no JSON.
pub(in crate::source) fn answer(reply: &Reply, whom: &str) -> Result<Value, Unreadable> {
    let text = String::from_utf8_lossy(&reply.body);
    let answer =
        json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
    match Said::in_answer(&answer) {
        Some(said) => Err(Unreadable(format!("{whom} says: {}", said.message))),
        None => Ok(answer),
    }
}

/// A longer page token is none: the cursor holds it.
const LONGEST_TOKEN: usize = 4096;

/// Tells whether this leads to another page.
pub(in crate::source) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.len() <= LONGEST_TOKEN
}
