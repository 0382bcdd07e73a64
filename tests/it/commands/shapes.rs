//! The names in the JSON, which other programs build on, and the same answers from both ways.

use super::{mention, seeded};
use serde_json::Value;

/// Returns the paths of all names in `value`, those of lists by their first item, with dots.
fn names(value: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, names: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = format!("{path}{name}");
                    names.push(path.clone());
                    walk(value, &format!("{path}."), names);
                }
            }
            Value::Array(items) => {
                if let Some(first) = items.first() {
                    walk(first, path, names);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found.sort();
    found
}

#[track_caller]
pub(super) fn check(value: &Value, expected: &str) {
    let mut expected: Vec<String> = expected.split_whitespace().map(str::to_owned).collect();
    expected.sort();
    assert_eq!(names(value), expected);
}

const MENTION: &str = "id brand source kind url title text
    author author.name author.handle author.url author.followers published seen language
    matches matches.keyword matches.in matches.start matches.end matches.form
    sentiment sentiment.label sentiment.score sentiment.confidence
    complaint complaint.type complaint.flags complaint.matter complaint.cues
    priority review own story copies ticket why mark muted
    parent thread rating engagement edited versions deleted praise suggested_thanks";

#[test]
fn a_mention_has_the_names_of_the_contract() {
    let world = seeded();
    let complaint = mention(&world, "worst service");
    check(&complaint, MENTION);
    assert_eq!(complaint["kind"], "feed");
    assert_eq!(complaint["published"], "2026-11-02T10:00:00Z");
    assert!(complaint["seen"].as_str().unwrap().ends_with('Z'));
    let praise = mention(&world, "wonderful");
    for unknown in ["author", "published", "complaint", "ticket"] {
        assert_eq!(praise[unknown], Value::Null, "{unknown}");
    }
    assert_eq!(praise["priority"], "low");
}

#[test]
fn a_ticket_has_the_names_of_the_contract() {
    let world = seeded();
    let ticket = world.vahti("ticket 1 --format json").json();
    check(
        &ticket,
        "id mention brands incident customer customer.name customer.handle customer.url
         customer.followers customer_key status priority review assignee opened due overdue next_step answered
         resolved follow_up cause lesson rating headline url suggested_reply suggested_private answer answer.place answer.url
         answer.exact answer.public answer.who history
         card card.type card.matter card.signs card.how_to_answer card.avoid messages elsewhere log log.at log.by log.action log.text",
    );
    for unknown in ["answered", "resolved", "follow_up", "cause", "lesson", "rating", "assignee"] {
        assert_eq!(ticket[unknown], Value::Null, "{unknown}");
    }
    assert_eq!(ticket["incident"], Value::Null);
}

#[test]
fn the_other_answers_keep_their_names() {
    let world = seeded();
    check(
        &world.vahti("status --format json").json(),
        "version config running_since sources sources.name sources.kind sources.state
         sources.last_poll sources.last_success sources.next_poll sources.failures sources.last_error
         sources.failing_since sources.trouble sources.moved_to sources.subscribed_until
         sources.silent sources.posts sources.skipped sources.mentions sources.budgets
         alerts alerts.name alerts.last alerts.next alerts.held alerts.unsubscribed alerts.unheard
         spikes
         store store.path store.mentions store.tickets store.size_bytes store.kept_posts
         store.kept_bytes store.set_aside
         outbox outbox.queued outbox.dead outbox.last_answer
         operator operator.unreached operator.canary operator.checked operator.faults",
    );
    check(
        &world.vahti_with(&["explain", "Acme is terrible", "--format", "json"], "").json(),
        "matches matches.keyword matches.in matches.start matches.end matches.form language
         sentiment sentiment.label sentiment.score sentiment.confidence
         complaint complaint.type complaint.flags complaint.matter complaint.cues priority review why",
    );
    let probed = world.vahti("probe news").ok();
    check(
        &serde_json::from_str(probed.lines().next().unwrap()).unwrap(),
        "id url title text author author.name author.handle author.url author.followers published
         language parent",
    );
    let tried = world.vahti("try --keyword terrible --format json").json();
    let lost = tried.as_array().unwrap().iter().find(|one| one["author"]["name"] == "Liisa");
    assert_eq!(lost, None, "it is unchanged");
    let tried = world.vahti("try --keyword weather --format json").json();
    let lost = tried.as_array().unwrap().iter().find(|one| one["author"]["name"] == "Liisa");
    check(
        lost.unwrap(),
        "change brand id source kind url title text author author.name author.handle author.url
         author.followers published seen matches matches.keyword matches.in matches.start
         matches.end matches.form",
    );
    let gained = tried.as_array().unwrap().iter().find(|one| one["change"] == "gained").unwrap();
    assert_eq!([&gained["id"], &gained["author"]], [&Value::Null, &Value::Null]);
    check(
        &world.vahti("alert yearly --format json").json(),
        "name language last next held
         recipients recipients.to recipients.unsubscribed recipients.by",
    );
    // What cannot be sent stays to be looked at.
    std::fs::remove_dir_all(world.path("outbox")).ok();
    world.write("outbox", "in the way");
    world.vahti("alert yearly send").ok();
    check(
        &world.vahti("outbox --format json").json(),
        "id alert to subject state created attempts next_attempt last_answer message_id mentions
         tries tries.at tries.outcome tries.answer dropped behind",
    );
    check(
        &world.vahti("run --once --format json").json(),
        "sources polled unchanged failed posts skipped mentions tickets opened notices notices.sent
         notices.queued notices.dead notices.answers by_source by_source.source by_source.unchanged
         by_source.posts by_source.skipped by_source.mentions by_source.tickets",
    );
}

#[test]
fn marks_have_their_names() {
    let world = seeded();
    let id = mention(&world, "wonderful")["id"].as_str().unwrap().to_owned();
    world.vahti(&format!("mention {id} mark noise")).ok();
    check(
        &world.vahti("judge marks --format json").json(),
        "id mention brand mark at by headline title text language rating
         matches matches.keyword matches.in matches.start matches.end matches.form
         teaches undone undone_by brought_back taught",
    );
    world.vahti(&format!("mention {id} mark positive")).ok();
    check(
        &world.vahti("judge --evaluate --format json").json(),
        "language judge marks lines precision precision_from precision_to recall recall_from
         recall_to f1 macro_f1 review calibration_error confusion
         confusion.negative confusion.negative.negative confusion.negative.neutral
         confusion.negative.positive confusion.neutral confusion.neutral.negative
         confusion.neutral.neutral confusion.neutral.positive confusion.positive
         confusion.positive.negative confusion.positive.neutral confusion.positive.positive",
    );
}

#[test]
fn answers_are_the_same_with_and_without_a_daemon() {
    let world = seeded();
    world.vahti("ticket 1 assign maija").ok();
    let marked = mention(&world, "wire.example/a")["id"].as_str().unwrap().to_owned();
    world.vahti(&format!("mention {marked} mark noise")).ok();
    let id = mention(&world, "wonderful")["id"].as_str().unwrap().to_owned();
    let questions = [
        "mentions --format json".to_owned(),
        "mentions --format ndjson terrible".to_owned(),
        "mentions --format csv --limit 2".to_owned(),
        "mentions".to_owned(),
        "mentions --sentiment negative --lang fi --source news --author Matti --brand Acme"
            .to_owned(),
        "mentions --since 2026-11-01 --until 2026-11-03 --copies --format json".to_owned(),
        format!("mention {id} --format json"),
        format!("mention {id}"),
        "tickets --format json".to_owned(),
        "tickets --status open,new --limit 1 --format json".to_owned(),
        "tickets --assignee maija".to_owned(),
        "tickets --overdue --format json".to_owned(),
        "ticket 1 --format json".to_owned(),
        "ticket 2".to_owned(),
        "ticket 1 reply".to_owned(),
        "outbox --format json".to_owned(),
        "fsck --format json".to_owned(),
        "judge marks --format json".to_owned(),
        "judge marks --words".to_owned(),
        "judge marks --tsv".to_owned(),
        "judge --evaluate".to_owned(),
        "alert yearly preview --format html".to_owned(),
        "try --keyword weather".to_owned(),
        "try --keyword weather --format ndjson".to_owned(),
        "try --since 2026-11-03 --keyword weather --format csv".to_owned(),
        "ticket 99".to_owned(),
        "mention nobody".to_owned(),
        "alert nobody preview".to_owned(),
        "ticket 2 rate 3".to_owned(),
    ];
    let ask = |question: &String| {
        let ran = world.vahti(question);
        (question.clone(), ran.code, plain(&ran.out), ran.err)
    };
    let without: Vec<_> = questions.iter().map(ask).collect();
    let mut status = world.vahti("status --format json").json();

    let daemon = world.daemon();
    for (question, expected) in questions.iter().zip(&without) {
        assert_eq!(&ask(question), expected);
    }
    let mut running = world.vahti("status --format json").json();
    // Only a daemon knows when it began and whom it asks next, and a store breathes.
    for status in [&mut status, &mut running] {
        status["running_since"] = Value::Null;
        status["store"]["size_bytes"] = Value::Null;
        for source in status["sources"].as_array_mut().unwrap() {
            source["next_poll"] = Value::Null;
        }
    }
    assert_eq!(status, running);
    assert_eq!(daemon.stop(), Some(0));
    for expected in &without[..3] {
        assert_eq!(&ask(&expected.0), expected, "and again when it is gone");
    }
}

/// Leaves out the lines that name the minute of asking.
fn plain(out: &str) -> String {
    out.lines().filter(|line| !line.contains("Time zone: ")).collect::<Vec<_>>().join("\n")
}
