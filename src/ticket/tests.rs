//! The life of a ticket: the whole table, what each move does, and what always holds.

use super::*;
use crate::ticket::sample::{at, complaint, ticket};
use proptest::prelude::*;

fn assign() -> Action {
    Action::Assign("maija".into())
}

fn reply() -> Action {
    Action::Reply("We are sorry.".into())
}

fn resolve() -> Action {
    Action::Resolve { cause: "billing".into(), lesson: None, follow_up_days: 10 }
}

fn rate(number: u8) -> Action {
    Action::Rate(number.try_into().unwrap())
}

fn join() -> Action {
    Action::Join { mention: MentionId("m4x".into()), brand: BrandName("Beta Pay".into()) }
}

fn message() -> Action {
    let (mention, brand) = (MentionId("m5y".into()), BrandName("Acme".into()));
    Action::Message { mention, brand, priority: Priority::Urgent }
}

/// Applies `moves`, one an hour from the first hour on.
#[track_caller]
fn moved(moves: &[Action]) -> Ticket {
    (1..).zip(moves).fold(ticket(&complaint("Acme lies")), |ticket, (hour, action)| {
        ticket.apply(action.clone(), "maija", at(hour)).unwrap()
    })
}

/// Returns why `action` is refused after `moves`.
#[track_caller]
fn refusal(moves: &[Action], action: Action) -> String {
    moved(moves).apply(action, "maija", at(90)).unwrap_err().to_string()
}

/// Where each move leads from each status; `-` is refused. The last column is a closed ticket whose
/// mention was marked noise.
const TABLE: &str = "
    move      new       open      answered  resolved  closed    withdrawn
    assign    open      open      answered  resolved  -         -
    note      new       open      answered  resolved  closed    closed
    reply     answered  answered  answered  resolved  -         -
    resolve   resolved  resolved  resolved  -         -         -
    rate1     -         -         -         open      open      -
    rate2     -         -         -         open      open      -
    rate3     -         -         -         closed    closed    -
    rate4     -         -         -         closed    closed    -
    rate5     -         -         -         closed    closed    -
    reopen    -         -         open      open      open      open
    close     -         -         -         closed    -         -
    priority  new       open      answered  resolved  closed    closed
    withdraw  closed    closed    closed    closed    closed    closed
    restore   new       open      answered  resolved  closed    open
    join      new       open      answered  resolved  closed    closed
    message   new       open      open      open      open      closed
    edited    new       open      answered  resolved  closed    closed
    gone      new       open      answered  resolved  closed    closed
    answered  answered  answered  -         -         -         -";

/// Returns one of each move, in the order of the table.
fn each_move() -> [Action; 19] {
    [
        assign(),
        Action::Note("called".into()),
        reply(),
        resolve(),
        rate(1),
        rate(2),
        rate(3),
        rate(4),
        rate(5),
        Action::Reopen(None),
        Action::Close,
        Action::Priority(Priority::Low),
        Action::Withdraw,
        Action::Restore,
        join(),
        message(),
        Action::Edited(Priority::High),
        Action::Gone,
        answered(),
    ]
}

fn answered() -> Action {
    Action::Answered { sent: at(2), post: "https://forum.example/t/5#p10".into() }
}

#[test]
fn the_whole_table_of_moves() {
    let starts: [&[Action]; 6] = [
        &[],
        &[assign()],
        &[reply()],
        &[resolve()],
        &[resolve(), Action::Close],
        &[Action::Withdraw],
    ];
    let mut seen = Vec::new();
    for action in each_move() {
        let number = if let Action::Rate(rating) = &action {
            rating.get().to_string()
        } else {
            String::new()
        };
        let mut row = vec![format!("{}{number}", action.word())];
        for start in starts {
            let from = moved(start);
            row.push(match from.clone().apply(action.clone(), "maija", at(50)) {
                Ok(to) => {
                    assert_eq!(to.facts().log.len(), from.facts().log.len() + 1);
                    to.facts().status.to_string()
                }
                Err(refused) => {
                    assert_eq!(refused.status, from.facts().status);
                    assert!(!refused.remedy.contains('{'), "{refused}");
                    "-".to_owned()
                }
            });
        }
        seen.push(row);
    }
    let expected: Vec<Vec<&str>> =
        TABLE.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_refusal_says_what_is_and_what_may_be_done_instead() {
    for (moves, action, expected) in [
        (
            &[][..],
            Action::Close,
            "ticket 7 is new, so it cannot be closed; resolve it first: vahti ticket 7 resolve --cause CAUSE",
        ),
        (
            &[reply()],
            rate(5),
            "ticket 7 is answered, so it cannot be rated; resolve it first: vahti ticket 7 resolve --cause CAUSE",
        ),
        (
            &[],
            Action::Reopen(None),
            "ticket 7 is new already; answer it: vahti ticket 7 reply TEXT",
        ),
        (
            &[resolve()],
            resolve(),
            "ticket 7 is resolved already; rate it, which closes it or opens it again: vahti ticket 7 rate 1..5, or reopen it: vahti ticket 7 reopen",
        ),
        (
            &[resolve(), Action::Close],
            assign(),
            "ticket 7 is closed, so it cannot be assigned; reopen it first: vahti ticket 7 reopen, or only note it: vahti ticket 7 note TEXT",
        ),
        (
            &[resolve(), Action::Close],
            Action::Close,
            "ticket 7 is closed already; leave it, or open it again: vahti ticket 7 reopen",
        ),
        (
            &[Action::Withdraw],
            rate(4),
            "ticket 7 cannot be rated: its mention was marked noise; if it is a complaint after all, mark that: vahti mention m3k9 mark negative",
        ),
    ] {
        assert_eq!(refusal(moves, action), expected);
    }
}

#[test]
fn a_move_that_says_nothing_is_refused_in_every_status() {
    let empty = |cause: &str| Action::Resolve {
        cause: cause.into(),
        lesson: Some("call".into()),
        follow_up_days: 10,
    };
    for (action, expected) in [
        (
            Action::Assign(" ".into()),
            "ticket 7: nobody was named; say who: vahti ticket 7 assign WHO",
        ),
        (
            Action::Note("\n".into()),
            "ticket 7: the note is empty; say what to remember: vahti ticket 7 note TEXT",
        ),
        (
            Action::Reply("\t ".into()),
            "ticket 7: the reply is empty; say what the customer was told: vahti ticket 7 reply TEXT",
        ),
        (
            empty("  "),
            "ticket 7: no cause was named; name the cause in a few words: vahti ticket 7 resolve --cause CAUSE",
        ),
        (
            empty("Noise "),
            "ticket 7: the cause `noise` is not for resolving; if its mention is none, mark that, which closes the ticket: vahti mention m3k9 mark noise",
        ),
    ] {
        assert_eq!(refusal(&[], action), expected);
    }
    assert!(refusal(&[], Action::Note("ä".repeat(20_001))).contains("more than 20000"));
    assert!(refusal(&[], Action::Assign("ä".repeat(201))).contains("more than 200 "));
    moved(&[Action::Note("ä".repeat(20_000)), Action::Assign("ä".repeat(200))]);
}

#[test]
fn a_ticket_opens_with_what_its_mention_tells() {
    let ticket = ticket(&complaint("Acme lies"));
    let facts = ticket.facts();
    assert_eq!((facts.status, facts.priority, facts.review), (Status::New, Priority::High, false));
    assert_eq!(facts.customer.as_deref(), Some("forum.example \"maija m.\""));
    assert_eq!(facts.customer_name.as_deref(), Some("Maija M."));
    let [line] = facts.log.as_slice() else { panic!("{:?}", facts.log) };
    assert_eq!((line.at, line.by.as_str(), line.action.as_str()), (at(0), "vahti", "open"));
    assert_eq!(line.text, "negative mention of Acme; `lies` speaks ill");
}

#[test]
fn the_log_quotes_nothing_of_what_may_be_deleted() {
    let mut mention = complaint("Acme lies");
    mention.insight.why = vec![
        "\"lies\" (-2.0) speaks against it".into(),
        "high priority: it is negative (+3), its words are strong: \"lies\", \"fraud\" (+1)".into(),
    ];
    let ticket = ticket(&mention);
    assert_eq!(
        ticket.facts().log[0].text,
        "negative mention of Acme; high priority: it is negative (+3), its words are strong (+1)"
    );
}

#[test]
fn what_vahti_is_not_sure_of_opens_at_normal_until_a_person_says_so() {
    let mut mention = complaint("Acme lies");
    mention.insight.review = true;
    let unsure = ticket(&mention);
    assert_eq!((unsure.facts().priority, unsure.facts().review), (Priority::Normal, true));
    assert!(unsure.facts().log[0].text.contains("not surely: please check"));
    assert!(!unsure.apply(Action::Restore, "maija", at(1)).unwrap().facts().review);
    mention.mark = Some(Mark::Negative);
    let sure = ticket(&mention);
    assert_eq!((sure.facts().priority, sure.facts().review), (Priority::High, false));
    mention.insight.sentiment.label = Label::Neutral;
    mention.insight.priority = Priority::Low;
    assert_eq!(ticket(&mention).facts().priority, Priority::Normal, "vahti saw no complaint");
}

#[test]
fn the_first_answer_is_remembered_and_reopening_leaves_it() {
    let ticket = moved(&[reply(), reply(), resolve(), Action::Reopen(Some("again".into()))]);
    let facts = ticket.facts();
    assert_eq!((facts.answered, facts.last_reply), (Some(at(1)), Some(at(2))));
    assert_eq!((facts.resolved, facts.follow_up, facts.reopened), (None, None, Some(at(4))));
    assert_eq!(facts.log.last().map(|line| line.text.as_str()), Some("again"));
}

#[test]
fn a_resolution_is_followed_up_after_ten_days_and_forgets_the_rating_of_the_one_before() {
    let lesson = Some(" call first ".into());
    let action = Action::Resolve { cause: " late\nbox ".into(), lesson, follow_up_days: 10 };
    let ticket = moved(&[resolve(), rate(2), action]);
    let facts = ticket.facts();
    assert_eq!((facts.resolved, facts.follow_up), (Some(at(3)), Some(at(3 + 240))));
    assert_eq!(facts.cause.as_deref(), Some("late box"));
    assert_eq!(facts.lesson.as_deref(), Some("call first"));
    assert_eq!(facts.rating, None);
    assert_eq!(facts.priority, Priority::Urgent);
}

#[test]
fn an_unhappy_customer_makes_it_more_urgent() {
    for (from, to) in [
        (Priority::Low, Priority::Normal),
        (Priority::Normal, Priority::High),
        (Priority::High, Priority::Urgent),
        (Priority::Urgent, Priority::Urgent),
    ] {
        let unhappy = moved(&[Action::Priority(from), resolve(), rate(2)]);
        assert_eq!((unhappy.facts().priority, unhappy.facts().rating), (to, Some(2)));
        let happy = moved(&[Action::Priority(from), resolve(), rate(3)]);
        assert_eq!((happy.facts().priority, happy.facts().rating), (from, Some(3)));
    }
}

#[test]
fn what_is_withdrawn_counts_as_no_resolution_and_can_come_back() {
    let withdrawn = moved(&[reply(), resolve(), rate(5), Action::Withdraw]);
    let facts = withdrawn.facts();
    assert!(facts.is_withdrawn());
    assert_eq!(facts.cause.as_deref(), Some("noise"));
    assert_eq!((facts.resolved, facts.follow_up, facts.rating), (None, None, None));
    assert!(!withdrawn.is_overdue(at(9_999)));
    let back = withdrawn.apply(Action::Restore, "maija", at(9)).unwrap();
    assert_eq!((back.facts().status, &back.facts().cause), (Status::Open, &None));
    assert_eq!(back.facts().due, Some(at(9 + 4)));
}

#[test]
fn another_brand_in_the_same_post_joins_once() {
    let itself =
        Action::Join { mention: MentionId("m3k9".into()), brand: BrandName("Acme".into()) };
    let ticket = moved(&[join(), join(), itself]);
    let names: Vec<&str> = ticket.facts().brands.iter().map(|brand| brand.0.as_str()).collect();
    assert_eq!(names, ["Acme", "Beta Pay"]);
    assert_eq!(ticket.facts().also, [MentionId("m4x".into())]);
}

#[test]
fn it_is_overdue_from_the_moment_it_is_due() {
    let ticket = ticket(&complaint("Acme lies"));
    let due = ticket.facts().due.unwrap();
    assert!(!ticket.is_overdue(due - chrono::TimeDelta::seconds(1)));
    assert!(ticket.is_overdue(due));
    assert!(moved(&[resolve()]).is_overdue(at(1 + 240)), "nobody has asked how it went");
}

#[test]
fn a_message_brings_an_answered_ticket_back_and_counts_once() {
    let ticket = moved(&[reply(), message(), message()]);
    let facts = ticket.facts();
    assert_eq!((facts.status, &facts.also[..]), (Status::Open, &[MentionId("m5y".into())][..]));
    assert_eq!(facts.reopened, Some(at(2)));
    assert_eq!(facts.brands.len(), 1);
    assert_eq!(facts.priority, Priority::Urgent, "as pressing as what was written last");
    let chosen = moved(&[Action::Priority(Priority::Low), message()]);
    assert_eq!(chosen.facts().priority, Priority::Low, "a person's choice stands");
}

#[test]
fn of_a_post_that_is_no_more_the_name_of_its_author_goes() {
    let ticket = moved(&[Action::Gone]);
    assert_eq!(ticket.facts().customer_name, None);
    assert_eq!(ticket.verify(), Ok(()));
}

#[test]
fn words_and_numbers_are_read_back() {
    for status in Status::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
        let json = serde_json::to_string(&status).unwrap();
        assert_eq!(json, format!("\"{status}\""));
    }
    assert!("reopened".parse::<Status>().is_err());
    let fitting: Vec<u8> = (0..=255).filter(|number| Rating::try_from(*number).is_ok()).collect();
    assert_eq!(fitting, [1, 2, 3, 4, 5]);
    assert!(serde_json::from_str::<Rating>("6").is_err());
}

/// Any action, with texts such as somebody might send.
fn any_action() -> impl Strategy<Value = Action> {
    let text = || "\\PC{0,12}|[ \n]{0,3}|lesson: x\n";
    let maybe = || proptest::option::of(text());
    prop_oneof![
        text().prop_map(Action::Assign),
        text().prop_map(Action::Note),
        text().prop_map(Action::Reply),
        (text(), maybe()).prop_map(|(cause, lesson)| Action::Resolve {
            cause,
            lesson,
            follow_up_days: 10
        }),
        (1_u8..=5).prop_map(rate),
        maybe().prop_map(Action::Reopen),
        Just(Action::Close),
        prop_oneof![Just(Priority::Low), Just(Priority::Urgent)].prop_map(Action::Priority),
        Just(Action::Withdraw),
        Just(Action::Restore),
        ("m[a-z2-7]{3}", "[A-C ]{1,2}").prop_map(|(id, brand)| Action::Join {
            mention: MentionId(id),
            brand: BrandName(brand)
        }),
        Just(message()),
        Just(Action::Edited(Priority::High)),
        Just(Action::Gone),
        Just(answered()),
    ]
}

proptest! {
    #[test]
    fn any_life_leaves_a_line_for_each_accepted_move_and_a_log_that_holds(
        moves in proptest::collection::vec((any_action(), 0_i64..1_000_000_000_000), 0..40)
    ) {
        let mut ticket = ticket(&complaint("Acme lies"));
        let mut accepted = 0;
        for (action, nanos) in moves {
            let before = ticket.clone();
            let when = at(1) + chrono::TimeDelta::nanoseconds(nanos);
            match ticket.clone().apply(action, "maija", when) {
                Ok(moved) => {
                    accepted += 1;
                    let kept = before.facts().log.as_slice();
                    prop_assert!(moved.facts().log.starts_with(kept), "nothing is rewritten");
                    ticket = moved;
                }
                Err(refused) => prop_assert!(!refused.why.is_empty() && !refused.remedy.is_empty()),
            }
            let facts = ticket.facts();
            prop_assert_eq!(facts.log.len(), accepted + 1);
            prop_assert_eq!(ticket.verify(), Ok(()));
            prop_assert_eq!(facts.due.is_none(), facts.status == Status::Closed);
            prop_assert_eq!(facts.due.is_none(), facts.due_reason.is_none());
            prop_assert!(facts.status != Status::New || facts.reopened.is_none());
            if facts.status == Status::Resolved {
                prop_assert!(facts.resolved.is_some() && facts.follow_up.is_some());
            }
        }
        let json = serde_json::to_string(ticket.facts()).unwrap();
        let read = Ticket::restore(serde_json::from_str(&json).unwrap());
        prop_assert_eq!(read.verify(), Ok(()));
        prop_assert_eq!(&read, &ticket);
        let bytes = postcard::to_stdvec(ticket.facts()).unwrap();
        prop_assert_eq!(&Ticket::restore(postcard::from_bytes(&bytes).unwrap()), &ticket);
    }
}
