//! Eight weeks in the life of one desk, played through the real program on a clock of its own: what each
//! person sees on each day, in three languages. `weeks/week-N.txt` says what happens, and what must be so;
//! the snapshots beside it are what was seen.
//!
//! A line of such a file begins with the time of the day in Helsinki, and then says
//!
//! - `run`: everything once, as a timer would; the mails that go out are seen,
//! - `says WHO ID [>PARENT] | TEXT`: somebody posts on the forum,
//! - `article FEED ID | TITLE | TEXT`: a paper writes, which `run` or `poll` finds,
//! - `down FEED` and `up FEED`: the paper's site does not answer, and does again,
//! - `do WORDS`: a command that must succeed, `refused WORDS` one that must not,
//! - `see WORDS`: a command whose output is seen.
//!
//! `want ID WHO STATUS PRIORITY [due|late|asked TIME] [log N]` says how a ticket must stand then. `ID` of a
//! mention is written `{ID}` in commands.

mod player;

use player::Desk;

/// Returns the desk after the first weeks, or nothing where the clock cannot be set.
fn played(weeks: usize, test: &str) -> Option<Desk> {
    let mut desk = Desk::open(test)?;
    for week in 1..=weeks {
        let seen = desk.play(week);
        insta::with_settings!({ snapshot_path => "weeks", prepend_module_to_snapshot => false,
                                omit_expression => true }, {
            insta::assert_snapshot!(format!("week-{week}"), seen);
        });
    }
    Some(desk)
}

#[test]
fn eight_weeks_of_one_desk() {
    let Some(desk) = played(9, "weeks::eight_weeks_of_one_desk") else { return };
    assert!(desk.wrong.is_empty(), "{}", desk.wrong.join("\n"));
    nobody_is_forgotten(&desk);
    nothing_is_told_twice(&desk);
}

/// Whoever complained has a ticket, and each ticket a log that holds.
fn nobody_is_forgotten(desk: &Desk) {
    let negative = desk.json("mentions --sentiment negative --copies --limit 0");
    let negative = negative.as_array().unwrap();
    assert_eq!(
        negative.len(),
        23,
        "all that the weeks tell of but the cartoon, and the copy of an article"
    );
    for mention in negative {
        assert!(mention["ticket"].is_u64(), "{mention:#}");
    }
    let tickets = desk.json("tickets --status all --limit 0");
    assert_eq!(tickets.as_array().unwrap().len(), 23, "the copy has that of the article");
    assert_eq!(desk.json("fsck"), serde_json::json!([]));
    assert_eq!(desk.json("outbox"), serde_json::json!([]));
}

/// No mail comes twice to one person, no mention stands in two digests of one alert.
fn nothing_is_told_twice(desk: &Desk) {
    let mut mails: Vec<&(String, String)> = desk.mails.iter().collect();
    let all = mails.len();
    mails.sort();
    mails.dedup();
    assert_eq!(mails.len(), all);
    for (id, digests) in desk.told() {
        assert_eq!(digests.len(), 1, "{id:?}: {digests:?}");
    }
}
