//! A notice as JSON, for programs: the body of a webhook, and what a hook reads.

use super::fitted::brief;
use crate::delivery::Notice;
use serde_json::{Value, json};

/// Returns a notice as programs get it. Its `id` is the same at every attempt.
pub(super) fn letter(notice: &Notice) -> Value {
    json!({
        "id": notice.message_id,
        "alert": notice.alert,
        "created": notice.created,
        "subject": notice.subject,
        "text": notice.text,
        "brief": whole(notice),
        "mentions": notice.enclosed.tells,
        "thread": notice.enclosed.thread,
    })
}

/// Returns what a webhook is sent.
pub(super) fn event(notice: &Notice) -> Value {
    json!({ "type": "alert", "timestamp": notice.created, "data": letter(notice) })
}

/// Every key is there, whatever the store leaves out.
fn whole(notice: &Notice) -> Value {
    let brief = brief(notice);
    let lines = brief.lines.iter().map(
        |line| json!({ "headline": line.headline, "link": line.link, "details": line.details }),
    );
    json!({
        "title": brief.title,
        "lines": lines.collect::<Vec<_>>(),
        "footer": brief.footer,
        "urgent": brief.urgent,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::notice;
    use super::*;

    #[test]
    fn a_program_is_told_all_of_it() {
        insta::assert_json_snapshot!(event(&notice()));
    }
}
