//! Whatever is written reads back as it was.

use super::{Place, at, check, mention, mentions, notices};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::time::Duration;
use vahti::brand::{BrandName, Field, Hit};
use vahti::delivery::{Brief, BriefLine, Enclosed, Notice, NoticeId, Picture, Progress, Try};
use vahti::enrich::{Complainer, Complaint, Flag, Insight, Label, Matter, Priority, Sentiment};
use vahti::fetch::Validators;
use vahti::fetch::budget::{Budget, Cost, Ledger, Span, Unit};
use vahti::mention::{Mark, Mention, MentionId, PostKey, Praise, TicketId, Version};
use vahti::post::{Author, Concerns, Engagement, Post, SourceName};
use vahti::schedule::{Hints, Rhythm};
use vahti::source::websub::Subscription;
use vahti::source::{Cursor, Hub, Kind};
use vahti::store::{
    Canary, Checked, Commit, Health, Moved, Reported, Sequence, SilentBrand, SourceState, Store,
    Told, Trouble, Window,
};

fn words() -> impl Strategy<Value = String> {
    // Everything that Unicode has, and what tends to break: NUL, overrides, marks, beyond the BMP.
    let odd = prop_oneof![
        Just("\0".to_owned()),
        Just("\u{202e}\u{feff}".to_owned()),
        Just("e\u{301}\u{327}".to_owned()),
        Just("👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿".to_owned()),
        Just("İıŞß\u{1e9e}ﬃ".to_owned()),
        Just("\u{10ffff}\u{fffd}\u{7f}\u{85}".to_owned()),
        proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
    ];
    proptest::collection::vec(odd, 0..4).prop_map(|parts| parts.concat())
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    // Year 1 to 9999, to the microsecond, and often 1970 and near each other.
    let micros = prop_oneof![
        -62_135_596_800_000_000_i64..253_402_300_800_000_000,
        -3_i64..3,
        1_795_248_000_000_000_i64..1_795_248_000_000_009,
    ];
    micros.prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![Just(Label::Negative), Just(Label::Neutral), Just(Label::Positive)]
}

fn language() -> impl Strategy<Value = vahti::text::Language> {
    "[a-z]{2}".prop_map(|code| code.parse().unwrap())
}

fn post() -> impl Strategy<Value = Post> {
    use proptest::option::of;
    let author = (of(words()), of(words()), of(words()), of(any::<u64>()))
        .prop_map(|(name, handle, url, followers)| Author { name, handle, url, followers });
    let names = (of(words()), words(), of(words()), any::<bool>(), of(words()), words());
    (names, author, of(time()), of(language()), of(words())).prop_map(
        |((id, site, url, has_own_url, title, text), author, published, language, parent)| Post {
            has_own_title: !has_own_url,
            thread: parent.clone(),
            edited: published,
            engagement: Engagement { likes: author.followers.map(|_| -3), ..Engagement::default() },
            rating: author.followers.map(|_| 2),
            concerns: if has_own_url { Concerns::Named } else { Concerns::Desk },
            is_private: title.is_none(),
            is_gone: url.is_none(),
            id,
            site,
            url,
            has_own_url,
            title,
            text,
            author,
            published,
            language,
            parent,
        },
    )
}

fn insight() -> impl Strategy<Value = Insight> {
    use proptest::option::of;
    let sentiment = (label(), -1.0_f32..=1.0, 0.0_f32..=1.0)
        .prop_map(|(label, score, confidence)| Sentiment { label, score, confidence });
    let complainer = proptest::sample::select(vec![
        Complainer::Meek,
        Complainer::Aggressive,
        Complainer::Demanding,
        Complainer::BenefitHunter,
        Complainer::Chronic,
    ]);
    let flag = proptest::sample::select(vec![
        Flag::LegalThreat,
        Flag::PublicPressure,
        Flag::Safety,
        Flag::Churn,
    ]);
    let list = || proptest::collection::vec(words(), 0..3);
    let matter = proptest::sample::select(vec![Matter::Delivery, Matter::Privacy, Matter::Other]);
    let complaint =
        (of(complainer), proptest::collection::vec(flag, 0..4), of(matter), list()).prop_map(
            |(complainer, flags, matter, cues)| Complaint { complainer, flags, matter, cues },
        );
    let priority = proptest::sample::select(vec![
        Priority::Low,
        Priority::Normal,
        Priority::High,
        Priority::Urgent,
    ]);
    (of(language()), sentiment, of(complaint), priority, any::<bool>(), list()).prop_map(
        |(language, sentiment, complaint, priority, review, why)| Insight {
            language,
            sentiment,
            complaint,
            priority,
            review,
            why,
        },
    )
}

fn any_mention() -> impl Strategy<Value = Mention> {
    use proptest::option::of;
    let hit = (words(), any::<bool>(), any::<usize>(), any::<usize>(), words()).prop_map(
        |(keyword, in_title, start, end, form)| {
            let field = if in_title { Field::Title } else { Field::Text };
            Hit { keyword, field, start, end, form }
        },
    );
    let mark =
        proptest::sample::select(vec![Mark::Negative, Mark::Neutral, Mark::Positive, Mark::Noise]);
    let names = ("m[a-z2-7]{16}", any::<[u8; 16]>(), words(), words(), "m[a-z2-7]{16}");
    let rest = (any::<bool>(), any::<u32>(), of(any::<u64>()), of(mark));
    (names, post(), proptest::collection::vec(hit, 0..3), time(), insight(), rest).prop_map(
        |((id, key, brand, source, story), post, hits, seen, insight, rest)| {
            let (own, copies, ticket, mark) = rest;
            Mention {
                id: MentionId(id),
                key: PostKey(key),
                brand: BrandName(brand),
                source: SourceName(source),
                kind: Kind::Feed,
                post,
                hits,
                seen,
                insight,
                own,
                story: MentionId(story),
                copies,
                ticket: ticket.map(TicketId),
                versions: (copies % 2 == 1)
                    .then(|| Version {
                        title: None,
                        text: "as it was".into(),
                        rating: Some(1),
                        until: seen,
                    })
                    .into_iter()
                    .collect(),
                muted: mark.map(|mark| format!("as {}", mark.word())),
                praise: match copies % 3 {
                    0 => None,
                    1 => Some(Praise::Todo),
                    _ => Some(Praise::Thanked { by: "maija".into(), at: seen }),
                },
                mark,
            }
        },
    )
}

fn hub() -> Hub {
    let [hub, topic] = ["https://hub.example/", "https://a.example/feed?x=%C3%A4"];
    Hub { hub: hub.parse().unwrap(), topic: topic.parse().unwrap() }
}

fn ledger(at: Option<DateTime<Utc>>) -> Ledger {
    let budget = Budget { name: "reads", most: 9, unit: Unit::Calls, span: Span::Month };
    let mut ledger = Ledger::default();
    if let Some(at) = at {
        ledger.reserve(&Cost { budget, most: 2 }, at).unwrap();
    }
    ledger
}

fn rhythm(news: Option<DateTime<Utc>>, polled: Option<DateTime<Utc>>) -> Rhythm {
    let mut rhythm = Rhythm::default();
    if let Some(at) = polled {
        rhythm.learn(news.as_slice(), at);
    }
    rhythm
}

fn any_state() -> impl Strategy<Value = SourceState> {
    use proptest::option::of;
    let times = (of(time()), of(time()), of(time()), of(time()), of(time()), of(time()));
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u64>(), any::<bool>());
    let marks = proptest::collection::vec(any::<u64>(), 0..20);
    let validators = (of(words()), of(words()));
    (words(), validators, marks, any::<u64>(), of(words()), times, counts).prop_map(
        |(cursor, (etag, last_modified), marks, rules, last_error, times, counts)| {
            let (first_poll, last_poll, last_success, failing_since, newest, not_before) = times;
            let (failures, posts, skipped, mentions, gone) = counts;
            SourceState {
                cursor: Cursor(cursor),
                validators: Validators { etag, last_modified },
                marks,
                rules,
                ledger: ledger(first_poll),
                rechecked: first_poll,
                sent_in_full: last_poll,
                looked_again: not_before,
                named: failing_since.map(|at| at.to_string()),
                validated: gone.then(|| "https://a.example/x?y=1".parse().unwrap()),
                moved: first_poll.map(|_| Moved {
                    from: "https://a.example/feed".parse().unwrap(),
                    to: "https://b.example/?q=%C3%A4".parse().unwrap(),
                    times: failures,
                }),
                hub: gone.then(hub),
                subscription: failing_since.map(|at| {
                    let mut subscription = Subscription::new(hub(), &[9; 48]);
                    subscription.ask(at);
                    subscription
                }),
                health: Health {
                    first_poll,
                    last_poll,
                    last_success,
                    failures,
                    last_error,
                    failing_since,
                    posts,
                    skipped,
                    mentions,
                    newest,
                    gone,
                    is_spent: gone,
                    trouble_since: first_poll,
                    not_before,
                    successes: posts,
                    trouble: gone.then(|| "\0".to_owned()),
                    hints: Hints {
                        interval: gone.then(|| Duration::new(u64::from(posts), skipped)),
                        skip_hours: posts,
                        skip_days: 127,
                    },
                    fresh_for: Some(Duration::from_millis(mentions)),
                    rhythm: rhythm(newest, last_poll),
                    told: newest.map(|at| Told { of: Trouble::Silent, at, times: failures }),
                },
            }
        },
    )
}

/// Runs `test` for many values, all of them in one store: to open one takes longer than a case.
#[track_caller]
fn always<S: Strategy>(
    strategy: S,
    test: impl Fn(&dyn Store, S::Value) -> Result<(), TestCaseError>,
) {
    let place = Place::new();
    let store = place.open();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    if let Err(failed) = runner.run(&strategy, |value| test(store.as_ref(), value)) {
        panic!("{failed}");
    }
}

#[test]
fn a_mention_read_back_is_always_the_mention_written() {
    always(any_mention(), |store, written| {
        store.apply(&mentions(std::slice::from_ref(&written))).unwrap();
        prop_assert_eq!(store.mention(&written.id).unwrap(), Some(written.clone()));
        let place = store.place(&written.id).unwrap().unwrap();
        let last = store.mentions_after(Sequence(place.0 - 1)).unwrap().swap_remove(0);
        prop_assert_eq!(last, written);
        Ok(())
    });
}

#[test]
fn the_state_of_a_source_read_back_is_always_the_one_written() {
    always((words(), any_state()), |store, (name, written)| {
        let name = SourceName(name);
        let commit = Commit { source: Some((name.clone(), written.clone())), ..Commit::default() };
        store.apply(&commit).unwrap();
        prop_assert_eq!(store.source(&name).unwrap(), written);
        Ok(())
    });
}

#[test]
fn what_the_operator_was_told_read_back_is_always_what_was_written() {
    use proptest::option::of;
    let dead = proptest::collection::vec(any::<u64>().prop_map(NoticeId), 0..5);
    let strategy = (of(time()), dead, any::<usize>(), of((time(), any::<u32>())));
    always(strategy, |store, (last, dead, set_aside, full)| {
        let since = last.unwrap_or_default();
        let silent = |n: &NoticeId| SilentBrand {
            brand: BrandName(n.0.to_string()),
            since,
            at: since,
            times: 2,
        };
        let brands = dead.iter().map(silent).collect();
        let looked_at_brands = last;
        let canary = last.map(|at| Canary {
            token: "a".into(),
            released: at,
            notices: set_aside,
            fault: full.map(|_| "b".into()),
            came: full.map(|(at, _)| at),
            last_came: last,
            told: full,
        });
        let faults = vec!["c".into()];
        let checked = full.map(|(at, _)| Checked { at, faults, all: set_aside, told: full });
        let reported = Reported {
            last,
            dead,
            waiting: full,
            set_aside,
            full,
            looked_at_brands,
            brands,
            canary,
            checked,
        };
        let commit = Commit { reported: Some(reported.clone()), ..Commit::default() };
        store.apply(&commit).unwrap();
        prop_assert_eq!(store.reported().unwrap(), reported.clone());
        store.apply(&Commit::default()).unwrap();
        prop_assert_eq!(store.reported().unwrap(), reported);
        prop_assert_eq!(store.check().unwrap(), []);
        Ok(())
    });
}

#[test]
fn what_is_told_of_a_source_changes_nothing_else_of_it() {
    always((any_state(), time()), |store, (written, at)| {
        let [name, unknown] = ["news", "never polled"].map(|name| SourceName(name.to_owned()));
        let source = Some((name.clone(), written.clone()));
        store.apply(&Commit { source, ..Commit::default() }).unwrap();
        for told in [Some(Told { of: Trouble::Gone, at, times: 2 }), None] {
            let told_of = vec![(name.clone(), told), (unknown.clone(), told)];
            store.apply(&Commit { told_of, ..Commit::default() }).unwrap();
            let mut expected = written.clone();
            expected.health.told = told;
            prop_assert_eq!(store.source(&name).unwrap(), expected);
            prop_assert_eq!(store.source(&unknown).unwrap(), SourceState::default());
        }
        Ok(())
    });
}

fn enclosed() -> impl Strategy<Value = Enclosed> {
    let png = proptest::collection::vec(any::<u8>(), 0..50);
    let all = (proptest::option::of(words()), words(), png, any::<[bool; 3]>(), time());
    all.prop_map(|(thread, text, png, [shows, chats, urgent], at)| {
        let made = Try { at, outcome: Progress::Sent, answer: text.clone() };
        let picture = Picture { cid: text.clone(), alt: text.clone(), png };
        let line =
            BriefLine { headline: text.clone(), link: thread.clone(), details: vec![text.clone()] };
        let brief = Brief {
            title: text.clone(),
            lines: vec![line],
            footer: vec![text.clone()],
            urgent,
            more: [text.clone(), text.clone()],
        };
        Enclosed {
            thread,
            pictures: if shows { vec![picture] } else { Vec::new() },
            brief: chats.then_some(brief),
            unsubscribe: Some("ops@acme.example".into()),
            one_click: Some("https://acme.example/unsubscribe?t=AAAA".into()),
            tries: if chats { vec![made] } else { Vec::new() },
            dropped: shows.then_some(at),
            tells: if urgent { vec![text.clone()] } else { Vec::new() },
            counts: if shows { vec![text] } else { Vec::new() },
            since: urgent.then_some(at),
            repeats: chats,
        }
    })
}

#[test]
fn a_notice_read_back_is_always_the_notice_written() {
    let strings = (words(), words(), words(), words(), words(), words());
    let answer = proptest::option::of(words());
    let strategy = (strings, time(), time(), any::<u32>(), answer, enclosed());
    always(
        strategy,
        |store,
         (
            (alert, to, subject, text, html, message_id),
            created,
            next_attempt,
            attempts,
            last_answer,
            enclosed,
        )| {
            let progress = if attempts % 2 == 0 { Progress::Queued } else { Progress::Dead };
            let id = NoticeId(0);
            let written = Notice {
                id,
                alert,
                to,
                subject,
                text,
                html,
                message_id,
                created,
                progress,
                attempts,
                next_attempt,
                last_answer,
                enclosed,
            };
            store.apply(&notices(std::slice::from_ref(&written))).unwrap();
            let mut read = store.outbox().unwrap();
            let gone = Commit { dropped: vec![read[0].id], ..Commit::default() };
            store.apply(&gone).unwrap();
            prop_assert_eq!(read.len(), 1);
            let read = read.remove(0);
            prop_assert_ne!(read.id, id);
            prop_assert_eq!(Notice { id, ..read }, written);
            Ok(())
        },
    );
}

#[test]
fn the_order_of_time_is_always_that_of_a_plain_list() {
    // Of a ticket that is not there the store would complain.
    let any = any_mention().prop_map(|mention| Mention { ticket: None, ..mention });
    let strategy = (proptest::collection::vec(any, 0..12), time(), time());
    let mut runner =
        TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(stored, since, until)| {
        let place = Place::new();
        let store = place.open();
        // Two commits, and some of the first again in the second.
        let half = stored.len() / 2;
        store.apply(&mentions(&stored[..half])).unwrap();
        store.apply(&mentions(&stored[half / 2..])).unwrap();
        let mut expected: Vec<_> = stored.iter().enumerate().collect();
        expected.retain(|(_, mention)| since <= mention.time() && mention.time() < until);
        expected.sort_by_key(|(nth, mention)| std::cmp::Reverse((mention.time(), *nth)));
        let mut found = Vec::new();
        let each = &mut |mention: Mention| {
            found.push(mention.id);
            true
        };
        store.mentions(Window { since: Some(since), until: Some(until) }, each).unwrap();
        let expected: Vec<_> =
            expected.into_iter().map(|(_, mention)| mention.id.clone()).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(store.check().unwrap(), []);
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
}

#[test]
fn a_text_beyond_all_measure_is_stored_to_its_bound_and_whole_letters() {
    check(|store| {
        let mut long = mention("long", 0);
        long.post.text = format!("a{}", "ä".repeat(1_000_000));
        store.apply(&mentions(&[long.clone()])).unwrap();
        let read = store.mention(&long.id).unwrap().unwrap();
        assert!(
            (1_000_000..=1_048_576).contains(&read.post.text.len()),
            "{}",
            read.post.text.len()
        );
        assert!(long.post.text.starts_with(&read.post.text));
        let bounded = Mention { post: Post { text: read.post.text.clone(), ..long.post }, ..long };
        assert_eq!(read, bounded);
        assert_eq!(read.seen - at(0), TimeDelta::zero());
    });
}
