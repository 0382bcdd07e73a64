//! What is asked, and which answers are read.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn service(chat: Option<&str>) -> Service {
    Service {
        url: Url::parse("http://127.0.0.1:9000/judge?key=s3cret").unwrap(),
        chat: chat.map(str::to_owned),
        token: Some("t0ken-of-ours".into()),
        timeout: Duration::from_secs(5),
        budget: 1000,
    }
}

fn inquiry(text: &str) -> Inquiry {
    let post = Post { text: text.to_owned(), ..Post::default() };
    Inquiry::of(&post, &[], &BrandName("Acme".into()), None)
}

#[test]
fn only_what_is_known_is_sent() {
    let body: Value = serde_json::from_str(&service(None).body(&inquiry("hello"))).unwrap();
    assert_eq!(body, json!({"text": "hello", "brand": "Acme"}));
    let post = Post { title: Some("hi".into()), text: "hello".into(), ..Post::default() };
    let all = Inquiry::of(&post, &[], &BrandName("Acme".into()), Some(Language::FINNISH));
    let body: Value = serde_json::from_str(&service(None).body(&all)).unwrap();
    assert_eq!(body, json!({"text": "hello", "title": "hi", "brand": "Acme", "language": "fi"}));
}

#[test]
fn a_long_text_is_sent_from_before_its_match_on() {
    let text = format!("{}Acme{}", "a".repeat(20_000), "b".repeat(20_000));
    let hit = Hit {
        keyword: "Acme".into(),
        field: Field::Text,
        start: 20_000,
        end: 20_004,
        form: "Acme".into(),
    };
    let post = Post { text, ..Post::default() };
    let sent = Inquiry::of(&post, &[hit], &BrandName("Acme".into()), None).text;
    assert_eq!(sent.chars().count(), MOST_CHARS);
    assert_eq!(sent.find("Acme"), Some(BEFORE));
}

fn check(chat: bool, answer: &str, expected: Result<(Label, f32, f32), &str>) {
    let read = service(chat.then_some("small")).read(answer.as_bytes());
    let read = read.map(|opinion| (opinion.label, opinion.score, opinion.confidence));
    assert_eq!(read, expected.map_err(|what| Unreadable(what.to_owned())), "{answer}");
}

#[test]
fn an_answer_is_read_strictly() {
    let negative = |score, sure| Ok((Label::Negative, score, sure));
    check(false, r#"{"label":"negative","confidence":0.9,"score":-0.5}"#, negative(-0.5, 0.9));
    check(false, r#"{"label":"negative","confidence":0.5}"#, negative(-0.5, 0.5));
    check(false, r#"{"label":"negative","took":"3 ms"}"#, negative(-UNSAID, UNSAID));
    check(
        false,
        r#"{"label":"neutral","score":0.2,"confidence":null}"#,
        Ok((Label::Neutral, 0.2, UNSAID)),
    );
    let none = "no JSON object with a label";
    for answer in [
        "",
        "negative",
        "[]",
        "{}",
        r#""negative""#,
        r#"{"label":"bad"}"#,
        r#"{"label":"Negative"}"#,
        r#"{"label":"negative","label":"positive"}"#,
        r#"{"label":"negative"} {"label":"positive"}"#,
        r#"{"label":"negative","confidence":"high"}"#,
    ] {
        check(false, answer, Err(none));
    }
    let range = "its confidence is not from 0 to 1";
    check(false, r#"{"label":"negative","confidence":97}"#, Err(range));
    check(false, r#"{"label":"negative","score":-1e39}"#, Err("its score is not from -1 to 1"));
    let opposite = "its score says the opposite of its label";
    check(false, r#"{"label":"negative","score":0.9}"#, Err(opposite));
}

/// Returns the answer of a chat whose model says this.
fn chat(said: &str) -> String {
    let message = json!({"role": "assistant", "content": said});
    json!({"id": "1", "choices": [{"index": 0, "message": message}], "usage": {}}).to_string()
}

#[test]
fn of_a_chat_only_one_small_object_is_read() {
    check(
        true,
        &chat(" {\"label\": \"positive\", \"confidence\": 0.8}\n"),
        Ok((Label::Positive, 0.8, 0.8)),
    );
    let talk = "the model did not say one JSON object with a label";
    check(true, &chat("It is negative."), Err(talk));
    check(true, &chat("```json\n{\"label\": \"positive\"}\n```"), Err(talk));
    check(true, &chat("{\"label\": \"positive\"} as you asked"), Err(talk));
    let long = format!("{{\"label\": \"positive\", \"why\": \"{}\"}}", "x".repeat(MOST_SAID));
    check(true, &chat(&long), Err("the model said more than 1000 bytes"));
    check(true, r#"{"choices":[]}"#, Err("the chat gave not one answer"));
    check(true, r#"{"label":"negative"}"#, Err("no answer of a chat"));
    check(true, r#"{"error":{"message":"no"}}"#, Err("no answer of a chat"));
}

#[test]
fn what_a_service_says_is_told_with_its_name_and_what_is_unsure_is_reviewed() {
    let judged = |chat, answer: &str| service(chat).read(answer.as_bytes()).unwrap().judgement();
    let Judgement { review, why, .. } = judged(None, r#"{"label":"negative","confidence":0.93}"#);
    assert!(!review);
    assert_eq!(
        why,
        ["the judge at 127.0.0.1 says that it is negative, with a confidence of 93 in 100"]
    );
    let Judgement { review, why, .. } =
        judged(Some("small"), &chat(r#"{"label":"neutral","confidence":0.4}"#));
    assert!(review);
    assert!(why[0].starts_with("the model small at 127.0.0.1 says that it is neutral"), "{why:?}");
}

#[test]
fn a_service_is_shown_without_its_secrets() {
    let shown = format!("{:?} {0}", service(Some("small")));
    assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
}

proptest! {
    #[test]
    fn a_post_stays_one_string_whatever_it_says(text in "(\"|\\}|\\]|\\\\|\n|role|system|,|:|\\PC){0,60}") {
        let service = service(Some("small"));
        let body: Value = serde_json::from_str(&service.body(&inquiry(&text))).unwrap();
        let messages = body["messages"].as_array().unwrap();
        prop_assert_eq!(messages.len(), 2);
        prop_assert_eq!(&messages[0]["content"], PROMPT);
        let asked: Value = serde_json::from_str(messages[1]["content"].as_str().unwrap()).unwrap();
        prop_assert_eq!(asked, json!({"text": text, "brand": "Acme"}));
    }

    #[test]
    fn any_answer_is_read_without_panic(answer in proptest::collection::vec(any::<u8>(), 0..200), is_chat in any::<bool>()) {
        service(is_chat.then_some("small")).read(&answer).ok();
    }
}
