//! Which of the house's files is taken, what is told of faulty ones, and that no post makes one run.

use super::*;
use crate::mention::Mention;
use crate::ticket::Ticket;
use crate::ticket::reply::suggest;
use crate::ticket::sample::{at, complaint_of};
use proptest::prelude::*;

fn own(files: &[(&str, &str)]) -> Result<Own, Vec<Fault>> {
    let named = |(name, text): &(&str, &str)| (PathBuf::from(name), (*text).to_owned());
    Own::of(files.iter().map(named).collect())
}

fn complaint(code: &str, complainer: Option<Complainer>, matter: Option<Matter>) -> Mention {
    let language = code.parse().unwrap();
    let mut mention =
        complaint_of("Acme charged me twice for one box.", language, complainer, &[], &[]);
    mention.insight.complaint.as_mut().unwrap().matter = matter;
    mention
}

fn reply(mention: &Mention, own: &Own) -> String {
    let ticket = Ticket::open(crate::mention::TicketId(7), mention, at(0), at(0));
    suggest(mention, ticket.facts(), at(1), chrono_tz::UTC, own).reply
}

#[test]
fn the_most_special_file_is_taken_and_the_built_in_text_where_none_fits() {
    let own = own(&[
        ("r/en.txt", "any"),
        ("r/en-billing.txt", "bill"),
        ("r/en-meek.txt", "meek"),
        ("r/en-meek-billing.txt", "meek bill"),
        ("r/en-billing-private.txt", "never in public"),
        ("r/en-update.txt", "update"),
        ("r/en-follow_up.txt", "all well?"),
        ("r/tr-price.txt", "fiyat"),
    ])
    .unwrap();
    let (meek, billing) = (Some(Complainer::Meek), Some(Matter::Billing));
    assert_eq!(reply(&complaint("en", None, None), &own), "any");
    assert_eq!(reply(&complaint("en", None, billing), &own), "bill");
    assert_eq!(reply(&complaint("en", meek, Some(Matter::Price)), &own), "meek");
    assert_eq!(reply(&complaint("en", meek, billing), &own), "meek bill");
    assert_eq!(reply(&complaint("sv", meek, billing), &own), "meek bill", "as the built-in ones");
    assert_eq!(reply(&complaint("tr", meek, Some(Matter::Price)), &own), "fiyat");
    assert!(reply(&complaint("tr", meek, billing), &own).starts_with("Merhaba"));
    assert!(reply(&complaint("fi", None, None), &own).starts_with("Hei"));
    let mut private = complaint("en", None, billing);
    private.post.is_private = true;
    assert_eq!(reply(&private, &own), "never in public");
}

#[test]
fn who_threatens_or_is_in_danger_gets_only_a_text_that_was_written_for_it() {
    let own = own(&[
        ("en.txt", "We are so sorry"),
        ("en-safety.txt", "Stop using it"),
        ("en-churn.txt", "Stay"),
    ])
    .unwrap();
    let flagged = |flags: &[Flag]| {
        let mut mention = complaint("en", None, None);
        mention.insight.complaint.as_mut().unwrap().flags = flags.to_vec();
        reply(&mention, &own)
    };
    assert_eq!(flagged(&[Flag::Safety]), "Stop using it");
    assert_eq!(flagged(&[Flag::Churn]), "Stay");
    assert!(flagged(&[Flag::LegalThreat, Flag::Churn]).contains("handles legal matters"));
    assert!(flagged(&[Flag::Safety, Flag::LegalThreat]).contains("handles legal matters"));
}

#[test]
fn a_file_is_filled_in_with_what_is_known() {
    let text = "{% if name %}Hi {{ name }}, {% endif %}{{ quote }} {{ date }} {{ place }} {{ link }} \
                {{ brand }} {{ measure }} {{ type }}/{{ matter }}/{{ flags|join(',') }} \
                {{ ticket }} {{ public }} {{ language }} {{ occasion }} {{ cause }}{{ rating }}\n";
    let mut mention = complaint("en", Some(Complainer::Meek), Some(Matter::Billing));
    mention.insight.complaint.as_mut().unwrap().flags = vec![Flag::Churn];
    insta::assert_snapshot!(reply(&mention, &own(&[("en.txt", text)]).unwrap()), @"Hi Maija M., Acme charged me twice for one box. Tuesday 24 November forum.example https://www.forum.example/t/5#p9 Acme Please send us your customer number in a private message, not here, and we will go through your bill. meek/billing/churn 7 True en answer None");
    let swedish = own(&[("sv.txt", "{{ date }}{{ measure }}")]).unwrap();
    assert_eq!(reply(&complaint("sv", None, None), &swedish), "2026-11-24");
}

#[track_caller]
fn check_fault(name: &str, text: &str, line: usize, what: &str) {
    let faults = own(&[(name, text)]).unwrap_err();
    let fault = &faults[0];
    let said = format!("{}; {}", fault.what, fault.hint.clone().unwrap_or_default());
    assert!(fault.line == line && said.contains(what), "{fault:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    check_fault("en.txt", "Hi\n{{ nam }}", 2, "`nam` is not defined; did you mean `name`?");
    check_fault("en.txt", "a\n\n{% if name %}{{ quotee }}{% endif %}", 3, "`quotee`");
    check_fault("en.txt", "Hi\n{{ name", 2, "syntax error");
    check_fault("en.txt", "Hi\n\n{{ name|shout }}", 3, "shout");
    check_fault("en.txt", "{% include 'secret.txt' %}", 1, "include");
    check_fault("en.txt", "\n{{ name.first }}", 2, "undefined");
    check_fault("en.txt", "{% for a in range(9999) %}{{ a }}{% endfor %}", 1, "fuel");
    check_fault("en.txt", "{{ quote * 90000 }}", 0, "more than 32768 bytes");
    check_fault("finnish.txt", "", 0, "does not begin with a language");
    check_fault("en-meak.txt", "", 0, "did you mean `meek`?");
    check_fault(
        "en-meek-chronic.txt",
        "",
        0,
        "`chronic` in the name says nothing, or is said twice",
    );
    let twice = own(&[("en-meek-price.txt", ""), ("en-price-meek.txt", "")]).unwrap_err();
    assert_eq!(twice[0].what, "en-meek-price.txt is for the same");
}

proptest! {
    #[test]
    fn whatever_a_customer_writes_is_quoted_and_never_run(
        text in "\\PC{0,200}|[a-z{}%# .|'\"\n\t]{0,200}",
        name in "\\PC{0,100}|[{}%a-z ]{0,60}",
        code in prop::sample::select(vec!["fi", "tr", "en", "sv"]),
        matter in prop::option::of(prop::sample::select(MATTERS.to_vec())),
        kind in prop::option::of(prop::sample::select(TYPES.map(|(_, kind)| kind).to_vec())),
        flags in prop::sample::subsequence(FLAGS.map(|(_, flag)| flag).to_vec(), 0..4),
        is_private: bool,
        has_own: bool,
    ) {
        let language = code.parse().unwrap();
        let text = format!("{text} {{{{ 7 * 191 }}}} {{% for i in range(9) %}}x{{% endfor %}}");
        let mut mention = complaint_of(&text, language, kind, &flags, &[]);
        mention.insight.complaint.as_mut().unwrap().matter = matter;
        mention.post.author.name = Some(name);
        mention.post.is_private = is_private;
        let template = "{{ name }}|{{ quote }}|{{ link }}|{{ measure|upper }}";
        let files = ["fi.txt", "tr.txt", "en.txt"];
        let own = if has_own {
            own(&files.map(|name| (name, template))).unwrap()
        } else {
            Own::default()
        };
        let ticket = Ticket::open(crate::mention::TicketId(7), &mention, at(0), at(0));
        let said = suggest(&mention, ticket.facts(), at(1), chrono_tz::UTC, &own);
        for text in std::iter::once(&said.reply).chain(&said.private) {
            prop_assert!(text.chars().count() < 3_000, "{}", text);
            prop_assert!(!text.contains("1337"), "{}", text);
        }
        prop_assert_eq!(said.private.is_none(), is_private);
        let thanks = crate::ticket::reply::thanks(&mention, chrono_tz::UTC, &own);
        prop_assert!(thanks.chars().count() < 3_000);
    }
}
