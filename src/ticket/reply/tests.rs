//! What a customer would read, and what the agent is told to do.

use super::*;
use crate::enrich::Flag;
use crate::mention::Mark;
use crate::ticket::Action;
use crate::ticket::sample::{at, complaint, complaint_of, ticket};
use chrono_tz::Europe::Helsinki;
use insta::assert_snapshot;

/// Suggests what to say an hour after the ticket was opened and `moves` were made.
fn said(mention: &Mention, moves: &[Action]) -> Suggestion {
    let mut ticket = ticket(mention);
    for action in moves {
        ticket = ticket.apply(action.clone(), "maija", at(1)).unwrap();
    }
    suggest(mention, ticket.facts(), at(1), Helsinki, &Own::default())
}

/// Suggests a reply to the same as a private message.
fn suggested(mention: &Mention, moves: &[Action]) -> String {
    let mut message = mention.clone();
    message.post.is_private = true;
    said(&message, moves).reply
}

/// Returns a complaint by somebody of this type about this.
fn about(text: &str, code: &str, complainer: Complainer, matter: Matter) -> Mention {
    let mut mention = complaint_of(text, code.parse().unwrap(), Some(complainer), &[], &[]);
    mention.insight.complaint.as_mut().unwrap().matter = Some(matter);
    mention
}

fn resolve() -> Action {
    Action::Resolve { cause: "billing".into(), lesson: None, follow_up_days: 10 }
}

#[test]
fn a_loud_finn_is_heard_and_told_what_happens_and_when() {
    let mention = complaint_of(
        "mitä helvettiä Acme!!! Sähkölasku oli 1140 euroa kaksiosta. Ootteko ihan terveitä",
        Language::FINNISH,
        Some(Complainer::Aggressive),
        &[],
        &["mitä helvettiä", "ootteko ihan terveitä"],
    );
    assert_snapshot!(suggested(&mention, &[]), @r#"
    Hei Maija M.!

    Kiitos, että sanoit suoraan. Kirjoitit: ”Sähkölasku oli 1140 euroa kaksiosta.” Ongelma on todellinen, ja olen pahoillani vaivasta, jota siitä on sinulle ollut.

    Otin asian hoitaakseni. [Mitä teemme asialle.] Viimeistään tiistaina 24.11. kerron sinulle itse, missä mennään. Mitä muuta minun olisi hyvä tietää?

    Ystävällisin terveisin
    [oma nimesi], Acme
    "#);
}

#[test]
fn a_meek_turk_who_may_leave_is_asked_for_a_chance() {
    let mention = complaint_of(
        "Belki ben yanlış anladım ama Acme siparişim iki haftadır gelmedi.",
        Language::TURKISH,
        Some(Complainer::Meek),
        &[Flag::Churn],
        &["belki ben yanlış anladım"],
    );
    assert_snapshot!(suggested(&mention, &[]), @r#"
    Merhaba Maija M.,

    Bunu dile getirdiğiniz için teşekkür ederim. Büyük bir nezaketle yazmışsınız: “Belki ben yanlış anladım ama Acme siparişim iki haftadır gelmedi.” Konu bizim için önemli; böyle bir durum yaşamanıza üzüldüm.

    [Bunun için ne yapıyoruz.] Sizin ayrıca bir şey yapmanıza gerek yok. En geç 24 Kasım Salı günü size haber vereceğim. Yolunda gitmeyen başka bir şey varsa lütfen çekinmeden yazın.

    Ayrılmayı düşünüyorsanız sizi anlıyorum. Yine de önce sorunu çözmemiz için bize bir fırsat vermenizi rica ederim.

    Saygılarımla,
    [adınız], Acme
    "#);
}

#[test]
fn danger_comes_before_everything_else() {
    let mention = complaint_of(
        "The Acme heater caught fire last night.",
        Language::ENGLISH,
        None,
        &[Flag::Safety],
        &["caught fire"],
    );
    assert_snapshot!(suggested(&mention, &[]), @r#"
    Hello Maija M.,

    Please stop using [the product] until we have looked into this. One of us will call you today: please send us your number in a private message, so that nobody else sees it.

    Thank you for telling us. You wrote: “The Acme heater caught fire last night.” I am sorry that this happened. If I understand you correctly, the problem is this: [the problem in one sentence].

    [What we are doing about it.] I will get back to you by Tuesday 24 November and tell you how it went.

    Kind regards,
    [your name], Acme
    "#);
}

#[test]
fn whoever_threatens_with_the_law_gets_no_admission() {
    for code in ["fi", "tr", "en"] {
        let language = code.parse().unwrap();
        let flags = [Flag::LegalThreat, Flag::Churn];
        let mention = complaint_of("Acme lies", language, Some(Complainer::Chronic), &flags, &[]);
        let reply = suggested(&mention, &[]);
        let texts = texts(Some(language));
        assert!(reply.contains(texts.legal_threat.split('{').next().unwrap()), "{reply}");
        for admission in ["sorry", "pahoillani", "özür", "üzgün", &texts.churn] {
            assert!(!reply.contains(admission), "{admission} in {reply}");
        }
    }
}

#[test]
fn a_finn_who_praises_is_thanked_whatever_the_ticket_says() {
    let mut mention = complaint("Acmen asiakaspalvelu oli tänään aivan mahtava!");
    mention.insight.language = Some(Language::FINNISH);
    mention.mark = Some(Mark::Positive);
    assert_snapshot!(suggested(&mention, &[]), @r#"
    Hei Maija M.!

    Kiitos! Tämä ilahdutti meitä kovasti: ”Acmen asiakaspalvelu oli tänään aivan mahtava!” Välitän kiitoksesi eteenpäin [kenelle]. Mukavaa, että olet asiakkaamme.

    Ystävällisin terveisin
    [oma nimesi], Acme
    "#);
    assert_eq!(suggested(&mention, &[]), suggested(&mention, &[resolve()]));
}

#[test]
fn what_is_said_follows_the_ticket() {
    let mention = complaint("Acme never sent my box");
    let reply = || Action::Reply("sorry".into());
    let unhappy = Action::Rate(1.try_into().unwrap());
    let cases: [(&[Action], &str); 7] = [
        (&[], &texts(None).unknown),
        (&[Action::Assign("maija".into())], &texts(None).unknown),
        (&[reply()], &texts(None).update),
        (&[reply(), resolve()], &texts(None).follow_up),
        (&[reply(), resolve(), unhappy], &texts(None).unhappy),
        (&[reply(), resolve(), Action::Reopen(None)], &texts(None).again),
        (&[reply(), resolve(), Action::Close], &texts(None).follow_up),
    ];
    for (moves, template) in cases {
        let beginning = template.split(['{', '[']).next().unwrap();
        let reply = suggested(&mention, moves);
        assert!(reply.contains(beginning), "{moves:?} gives {reply}");
    }
    let mut neutral = mention;
    neutral.insight.sentiment.label = Label::Neutral;
    assert!(suggested(&neutral, &[]).contains("Thank you for writing about us."));
}

#[test]
fn a_reply_is_in_the_language_of_the_post_else_in_english() {
    for (language, greeting) in
        [("fi", "Hei Maija M.!"), ("tr", "Merhaba Maija M.,"), ("sv", "Hello Maija M.,")]
    {
        let mention = complaint_of("Acme lies", language.parse().unwrap(), None, &[], &[]);
        assert!(suggested(&mention, &[]).starts_with(greeting), "{language}");
    }
    let mut nobody = complaint("Acme lies");
    nobody.insight.language = None;
    nobody.post.author = crate::post::Author::default();
    assert!(suggested(&nobody, &[]).starts_with("Hello,\n"));
}

#[test]
fn every_template_quotes_promises_and_leaves_nothing_unfilled() {
    for language in ["fi", "tr", "en"] {
        let texts = texts(Some(language.parse().unwrap()));
        let first = [
            &texts.unknown,
            &texts.meek,
            &texts.aggressive,
            &texts.demanding,
            &texts.benefit_hunter,
            &texts.chronic,
            &texts.legal_threat,
        ];
        for template in first {
            assert!(template.contains("{quote}"), "{template}");
        }
        for template in first.into_iter().chain([&texts.again, &texts.update]) {
            assert!(template.contains("{date}"), "{template}");
            assert!(template.contains(['[']) || template.contains("{measure}"), "{template}");
        }
        let all = [
            &texts.unhappy,
            &texts.follow_up,
            &texts.neutral,
            &texts.praise,
            &texts.safety,
            &texts.churn,
        ];
        for template in first.into_iter().chain([&texts.again, &texts.update]).chain(all) {
            let filled = fill(
                template,
                &[("quote", "q"), ("date", "d"), ("place", "p"), ("measure", "m."), ("link", "l")],
            );
            assert!(!filled.contains(['{', '}']), "{filled}");
            assert!(!filled.contains("  "), "{filled}");
            assert!(!filled.contains(".."), "{filled}");
            assert_eq!(filled.matches('[').count(), filled.matches(']').count(), "{filled}");
        }
    }
}

#[test]
fn every_month_and_weekday_has_its_name() {
    for (language, expected) in
        [("fi", "perjantaina 1.1."), ("tr", "1 Ocak Cuma"), ("en", "Friday 1 January")]
    {
        let texts = texts(Some(language.parse().unwrap()));
        let day = "2027-01-01T10:00:00Z".parse().unwrap();
        assert_eq!(texts.date(day, Tz::UTC), expected);
        let last = "2026-12-06T10:00:00Z".parse().unwrap();
        let shown = texts.date(last, Tz::UTC);
        assert!(shown.contains(texts.weekdays.last().unwrap()), "{shown}");
        assert!(shown.contains(texts.months.last().unwrap()), "{shown}");
    }
}

#[test]
fn the_promised_day_is_the_one_the_ticket_will_have_and_in_the_desks_zone() {
    let mention = complaint("Acme never sent my box");
    let ticket = ticket(&mention);
    // 23:30 in London is the next day in Helsinki.
    let now = "2026-11-21T22:30:00Z".parse().unwrap();
    let reply_in =
        |zone, now| suggest(&mention, ticket.facts(), now, zone, &Own::default()).private.unwrap();
    let helsinki = reply_in(Helsinki, now);
    assert!(helsinki.contains("by Wednesday 25 November"), "{helsinki}");
    let utc = reply_in(Tz::UTC, now);
    assert!(utc.contains("by Tuesday 24 November"), "{utc}");
    let answered = ticket.clone().apply(Action::Reply("sorry".into()), "maija", now).unwrap();
    assert_eq!(answered.facts().due, Some("2026-11-24T22:30:00Z".parse().unwrap()));
    // The day after, the promise stands; when it was broken, it is not repeated as if it were to come.
    let update = suggest(&mention, answered.facts(), at(30), Tz::UTC, &Own::default()).reply;
    assert!(update.contains("by Tuesday 24 November"), "{update}");
    let broken = suggest(&mention, answered.facts(), at(24 * 9), Tz::UTC, &Own::default()).reply;
    assert!(broken.contains("by Thursday 3 December"), "{broken}");
}

#[test]
fn what_a_customer_writes_is_quoted_and_never_filled_in() {
    let mut mention = complaint("Acme {date} {brand} {quote} {");
    mention.post.author.name = Some("{quote}".into());
    let reply = suggested(&mention, &[]);
    assert!(reply.starts_with("Hello {quote},"), "{reply}");
    assert!(reply.contains("“Acme {date} {brand} {quote} {”"), "{reply}");
}

#[test]
fn the_next_step_is_one_sentence_with_one_date() {
    let check = |moves: &[Action], hour: i64, expected: &str| {
        let mut ticket = ticket(&complaint("Acme lies"));
        for action in moves {
            ticket = ticket.apply(action.clone(), "maija", at(1)).unwrap();
        }
        assert_eq!(next_step(ticket.facts(), at(hour), Helsinki), expected);
    };
    let assign = || Action::Assign("maija".into());
    let reply = || Action::Reply("sorry".into());
    check(&[], 1, "Assign it to somebody, and answer the customer by Sat 21 Nov 14:00.");
    check(&[assign()], 1, "Answer the customer by Sat 21 Nov 14:00.");
    check(&[assign()], 4, "Answer the customer now: it was due Sat 21 Nov 14:00.");
    check(
        &[reply()],
        2,
        "Settle the matter, and resolve the ticket with its cause by Tue 24 Nov 11:00.",
    );
    check(
        &[resolve()],
        2,
        "Wait until Tue 1 Dec 11:00, then ask the customer whether all is well.",
    );
    check(
        &[resolve()],
        24 * 50,
        "Ask the customer whether all is well, and rate the answer 1 to 5 now: it was due Tue 1 Dec 2026 11:00.",
    );
    check(&[resolve(), Action::Close], 2, "Nothing: it is closed.");
    check(&[Action::Withdraw], 2, "Nothing: its mention was marked noise.");
    let mut unsure = complaint("Acme lies");
    unsure.insight.review = true;
    assert_eq!(
        next_step(ticket(&unsure).facts(), at(1), Helsinki),
        "Check whether this is a complaint, mark the mention, and answer by Sun 22 Nov 10:00."
    );
}

#[test]
fn in_public_the_answer_is_short_and_the_full_one_goes_by_private_message() {
    let text = "Tilasin Acmelta takin kaksi viikkoa sitten, eikä sitä näy. Kuka vastaa?";
    let Suggestion { reply, private } =
        said(&about(text, "fi", Complainer::Aggressive, Matter::Delivery), &[]);
    assert_snapshot!(reply);
    assert_snapshot!(private.unwrap());
    let text = "Acme kartımdan iki kez para çekti. Paramı geri istiyorum.";
    let Suggestion { reply, private } =
        said(&about(text, "tr", Complainer::Demanding, Matter::Billing), &[]);
    assert_snapshot!(reply);
    assert_snapshot!(private.unwrap());
    let text = "Acme sent my address to a stranger. Again.";
    let Suggestion { reply, private } =
        said(&about(text, "en", Complainer::Chronic, Matter::Privacy), &[]);
    assert_snapshot!(reply);
    assert_snapshot!(private.unwrap());
}

#[test]
fn every_type_and_matter_has_its_text_in_public_and_in_private() {
    use Complainer::{Aggressive, BenefitHunter, Chronic, Demanding, Meek};
    for code in ["fi", "tr", "en"] {
        let texts = texts(Some(code.parse().unwrap()));
        let mut seen = std::collections::HashSet::new();
        for complainer in [Meek, Aggressive, Demanding, BenefitHunter, Chronic] {
            for matter in own::MATTERS {
                let mention = about("Acme never sent my box.", code, complainer, matter);
                let Suggestion { reply, private } = said(&mention, &[]);
                let private = private.unwrap();
                assert!(reply.contains(texts.measure_public.of(Some(matter))), "{reply}");
                assert!(private.contains(texts.measure.of(Some(matter))), "{private}");
                for text in [&reply, &private] {
                    assert!(text.contains("Acme never sent my box."), "{text}");
                    assert!(text.contains("24"), "a date: {text}");
                    assert!(text.contains("Maija M."), "{text}");
                    assert!(!text.contains(['{', '}']) && !text.contains(".."), "{text}");
                    assert!(!text.contains("  "), "{text}");
                }
                assert!(reply.chars().count() < 600, "{reply}");
                assert!(private.contains("forum.example"), "{private}");
                seen.extend([reply, private]);
            }
        }
        assert_eq!(seen.len(), 5 * 8 * 2, "{code}: no two are the same");
    }
}

#[test]
fn a_cause_that_a_person_named_goes_before_the_guess() {
    let mention = about("Acme never sent my box.", "en", Complainer::Meek, Matter::Delivery);
    let moves = [resolve(), Action::Reopen(None)];
    assert!(suggested(&mention, &moves).contains("item by item"));
}

#[test]
fn whoever_was_asked_and_is_unhappy_is_asked_what_it_takes() {
    for (code, place) in [("fi", "forum.example"), ("tr", "forum.example"), ("en", "forum.example")]
    {
        let mention = about("Acme never sent my box.", code, Complainer::Meek, Matter::Delivery);
        let follow_up = said(&mention, &[resolve()]);
        assert!(follow_up.reply.contains(place), "{}", follow_up.reply);
        assert_eq!(follow_up.private, None);
        assert_snapshot!(format!("follow_up_{code}"), follow_up.reply);
        let unhappy = said(&mention, &[resolve(), Action::Rate(2.try_into().unwrap())]);
        assert_snapshot!(format!("unhappy_{code}"), unhappy.reply);
    }
}

#[test]
fn whoever_praises_is_thanked_in_three_languages() {
    let thanked = |code: &str, text: &str| {
        let mut mention = complaint(text);
        mention.insight.language = Some(code.parse().unwrap());
        mention.insight.sentiment.label = Label::Positive;
        thanks(&mention, Helsinki, &Own::default())
    };
    assert_snapshot!("thanks_fi", thanked("fi", "Acmen asiakaspalvelu oli aivan mahtava!"));
    assert_snapshot!("thanks_tr", thanked("tr", "Acme ekibi çok ilgiliydi, çok memnun kaldım."));
    assert_snapshot!("thanks_en", thanked("en", "Acme fixed my bike in a day, brilliant!"));
}
