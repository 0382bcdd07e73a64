//! What the answer of a channel means: taken, refused for good, or to be tried again and when. What is told
//! names the host alone: the address is the secret of most.

use crate::delivery::email::Failed;
use crate::fetch::{FetchError, Retry};
use crate::text;
use serde_json::Value;
use std::time::Duration;

/// The most that is told of what a channel said, in characters.
const MOST_SAID: usize = 200;

/// Nobody is left alone for longer, whatever they ask for.
const MOST_WAIT: f64 = 86_400.0;

/// Why a notice was not told yet, or never will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    pub failed: Failed,
    /// How long it is of no use to try again.
    pub wait: Option<Duration>,
}

/// Reads the answer of who took it: an id where there is one. Slack has interfaces that refuse with a status
/// of success; what others mean by such words is theirs.
pub(super) fn taken(said: &[u8], host: &str, is_slack: bool) -> Result<String, Untold> {
    let read: Option<Value> = serde_json::from_slice(said).ok();
    let Some(json) = read.filter(Value::is_object) else {
        let words = plain(said);
        let colon = if words.is_empty() { "" } else { ": " };
        return Ok(text::cut(&format!("{host} took it{colon}{words}"), MOST_SAID));
    };
    if is_slack && json.get("ok") == Some(&Value::Bool(false)) {
        let answer = format!("{host} refused it: {}", complaint(&json).unwrap_or_default());
        return Err(Untold { failed: Failed::Permanent { answer }, wait: None });
    }
    let id = ["event_id", "id"].iter().find_map(|name| json.get(name).and_then(Value::as_str));
    let id = id.map(|id| format!(" as {}", text::visible(id))).unwrap_or_default();
    Ok(text::cut(&format!("{host} took it{id}"), MOST_SAID))
}

/// Says what an error means. The receiver of a webhook may be faulty, or not know us yet, for a while: as
/// Standard Webhooks says, only 410 means that it is gone for good.
pub(super) fn refused(error: &FetchError, host: &str, is_webhook: bool) -> Untold {
    let answer = told(error, host);
    let failed = match error {
        FetchError::Status { status: 410, .. } if is_webhook => {
            let answer =
                format!("{answer}: it wants no more; take the channel out, or mend its address");
            Failed::Permanent { answer }
        }
        _ if is_webhook => Failed::Temporary { answer },
        // Asking on would be of no use, and Discord shuts out whoever does.
        FetchError::Status { status: 400 | 401 | 403..=407 | 410 | 413..=417 | 422, .. } => {
            Failed::Permanent { answer }
        }
        _ => Failed::Temporary { answer },
    };
    Untold { failed, wait: wait(error) }
}

/// Returns how long the server wants to be left alone, as its headers say, or else its answer.
fn wait(error: &FetchError) -> Option<Duration> {
    if let Retry::After(wait) = error.retry() {
        return Some(wait);
    }
    let FetchError::Status { status: 429 | 503, said, .. } = error else { return None };
    let said: Value = serde_json::from_slice(&said.as_ref()?.body).ok()?;
    let number = |name: &str| said.get(name).and_then(Value::as_f64);
    let seconds = number("retry_after").or_else(|| Some(number("retry_after_ms")? / 1000.0))?;
    Some(Duration::from_secs_f64(seconds.clamp(0.0, MOST_WAIT)))
}

/// Returns an error in words.
fn told(error: &FetchError, host: &str) -> String {
    match error {
        FetchError::Status { status, said, .. } => {
            let said = said.as_ref().map(|reply| reply.body.as_slice()).unwrap_or_default();
            let read: Option<Value> = serde_json::from_slice(said).ok();
            let words = match &read {
                Some(json) => complaint(json).unwrap_or_default(),
                None => plain(said),
            };
            let hint = match status {
                300..=399 => " (it leads elsewhere: give the address that it leads to)",
                401 | 403 => " (are its address and token right, and may it write there?)",
                404 | 410 => " (is it still there?)",
                _ => "",
            };
            let colon = if words.is_empty() { "" } else { ": " };
            format!("{host} answered {status}{colon}{words}{hint}")
        }
        FetchError::Timeout { .. } => format!("{host} did not answer in full in time"),
        FetchError::Broken { cause, .. } => format!("the reply of {host} broke off: {cause}"),
        // These name hosts only.
        FetchError::Connect { .. }
        | FetchError::Private { .. }
        | FetchError::HostPaused { .. }
        | FetchError::Setup(_) => error.to_string(),
        _ => format!("{host} could not be asked"),
    }
}

/// Returns words that are no page.
fn plain(said: &[u8]) -> String {
    let words = std::str::from_utf8(said).ok().filter(|words| !words.contains('<'));
    text::cut(&text::visible(words.unwrap_or_default().trim()), MOST_SAID)
}

/// Returns what an error says to people, with the code by which it is looked up.
fn complaint(json: &Value) -> Option<String> {
    let words = ["/error/message", "/error", "/message"];
    let words = words.iter().find_map(|at| json.pointer(at).and_then(Value::as_str));
    let code = ["/errcode", "/error/code", "/code"].iter().find_map(|at| json.pointer(at));
    let code = code.and_then(|code| match code {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    });
    let whole = match (words, code) {
        (Some(words), Some(code)) => format!("{words} ({code})"),
        (Some(words), None) => words.to_owned(),
        (None, code) => code?,
    };
    Some(text::cut(&text::visible(&whole), MOST_SAID))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Location, Reply};
    use std::path::Path;

    fn error(status: u16, said: &str, wait: Option<u64>) -> FetchError {
        let location = Location::parse("https://chat.example/T0/secret", Path::new("/")).unwrap();
        let said = Some(Box::new(Reply::of(location.clone(), said.as_bytes().to_vec())));
        FetchError::Status { location, status, retry_after: wait.map(Duration::from_secs), said }
    }

    #[track_caller]
    fn is(status: u16, said: &str, is_for_good: bool, words: &str, wait: Option<f64>) {
        let untold = refused(&error(status, said, None), "chat.example", false);
        let (Failed::Temporary { answer } | Failed::Permanent { answer }) = &untold.failed;
        assert_eq!(matches!(untold.failed, Failed::Permanent { .. }), is_for_good, "{answer}");
        assert_eq!(answer, &format!("chat.example answered {status}{words}"));
        assert_eq!(untold.wait.map(|wait| wait.as_secs_f64()), wait);
    }

    /// As each of them says it.
    #[test]
    fn what_is_refused_for_good_is_told_from_what_waits() {
        let right = " (are its address and token right, and may it write there?)";
        is(400, "invalid_payload", true, ": invalid_payload", None);
        is(403, "invalid_token", true, &format!(": invalid_token{right}"), None);
        is(404, "no_service", true, ": no_service (is it still there?)", None);
        is(410, "channel_is_archived", true, ": channel_is_archived (is it still there?)", None);
        is(500, "rollup_error", false, ": rollup_error", None);
        let teams = r#"{"error":{"code":"WorkflowNotFound","message":"It is gone."}}"#;
        is(404, teams, true, ": It is gone. (WorkflowNotFound) (is it still there?)", None);
        let discord =
            r#"{"message":"You are being rate limited.","retry_after":64.57,"global":true}"#;
        is(429, discord, false, ": You are being rate limited.", Some(64.57));
        let unknown = r#"{"message":"Unknown Webhook","code":10015}"#;
        is(404, unknown, true, ": Unknown Webhook (10015) (is it still there?)", None);
        let form = r#"{"code":50035,"errors":{"embeds":{}},"message":"Invalid Form Body"}"#;
        is(400, form, true, ": Invalid Form Body (50035)", None);
        let token = r#"{"errcode":"M_UNKNOWN_TOKEN","error":"Unrecognised access token."}"#;
        let words = format!(": Unrecognised access token. (M_UNKNOWN_TOKEN){right}");
        is(401, token, true, &words, None);
        let matrix =
            r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2000}"#;
        is(429, matrix, false, ": Too Many Requests (M_LIMIT_EXCEEDED)", Some(2.0));
        let ntfy = r#"{"code":42901,"http":429,"error":"limit reached: too many requests"}"#;
        is(429, ntfy, false, ": limit reached: too many requests (42901)", None);
        is(502, "<html>Bad gateway</html>", false, "", None);
        is(307, "", false, " (it leads elsewhere: give the address that it leads to)", None);
    }

    #[test]
    fn a_header_goes_before_the_answer_and_a_webhook_is_patient() {
        let untold = refused(&error(429, "{\"retry_after\":9}", Some(65)), "chat.example", false);
        assert_eq!(untold.wait, Some(Duration::from_secs(65)));
        for status in [307, 400, 401, 403, 404, 405, 408, 413, 422, 429, 500, 503] {
            let untold = refused(&error(status, "", None), "chat.example", true);
            assert!(matches!(untold.failed, Failed::Temporary { .. }), "{status}");
        }
        let gone = refused(&error(410, "", None), "chat.example", true);
        assert!(matches!(&gone.failed, Failed::Permanent { answer } if answer.contains("no more")));
        let late = FetchError::Connect { host: "chat.example".into(), cause: "refused".into() };
        let untold = refused(&late, "chat.example", false);
        assert!(matches!(untold.failed, Failed::Temporary { .. }));
        let endless = refused(&error(429, "{\"retry_after\":1e300}", None), "chat.example", false);
        assert_eq!(endless.wait, Some(Duration::from_hours(24)));
    }

    #[test]
    fn who_took_it_may_say_as_what() {
        let taken = |said: &str| taken(said.as_bytes(), "chat.example", true);
        assert_eq!(taken("ok").unwrap(), "chat.example took it: ok");
        assert_eq!(taken("").unwrap(), "chat.example took it");
        assert_eq!(taken("{\"event_id\":\"$YU\"}").unwrap(), "chat.example took it as $YU");
        assert_eq!(taken("{\"id\":\"hw\\u001b\"}").unwrap(), "chat.example took it as hw␛");
        let refused = taken("{\"ok\":false,\"error\":\"channel_not_found\"}").unwrap_err();
        let answer = "chat.example refused it: channel_not_found".to_owned();
        assert_eq!(refused.failed, Failed::Permanent { answer });
        assert!(super::taken(b"{\"ok\":false}", "hook.example", false).is_ok());
    }
}
