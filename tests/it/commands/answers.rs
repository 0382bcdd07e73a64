//! What is answered: the house's own texts, answers by our own account in a thread, thanks for praise.

use crate::support::World;
use serde_json::{Value, json};

const BRAND: &str =
    "[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\nown = [\"@acme\"]\npraise = true\n";

/// Returns a folder in which what is in `posts.json` is read.
fn world(more: &str) -> World {
    World::new(&format!(
        "{more}\n{BRAND}[[source]]\nname = \"board\"\n[source.json]\nurl = \"posts.json\"\n\
         id = \"$.id\"\nlink = \"$.url\"\nhandle = \"$.handle\"\nauthor = \"$.name\"\nparent = \"$.parent\"\nthread = \"$.thread\"\n\
         [mail]\nfrom = \"Vahti <vahti@acme.example>\"\noutbox_dir = \"outbox\"\n\
         [[alert]]\nname = \"morning\"\nto = [\"care@acme.example\"]\nfrequency = \"daily\"\n"
    ))
}

fn complaint() -> Value {
    json!({"id": "c", "url": "https://board.example/c", "handle": "ada", "name": "Ada",
           "text": "Acme is terrible. I was charged twice on my bill and want a refund."})
}

/// Our own account's answer, which does not name the brand.
fn answer(parent: Option<&str>, thread: Option<&str>) -> Value {
    json!({"id": "r", "url": "https://board.example/r", "handle": "acme",
           "text": "We are so sorry about this. Please send us a message.",
           "parent": parent, "thread": thread})
}

fn poll(world: &World, posts: &[Value]) {
    world.write("posts.json", &json!(posts).to_string());
    world.vahti("poll").ok();
}

#[track_caller]
fn actions(world: &World) -> Vec<String> {
    let ticket = world.vahti("ticket 1 --format json").json();
    let log = ticket["log"].as_array().unwrap();
    log.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn our_own_answer_is_noticed_once_whichever_is_found_first() {
    for batches in [
        vec![vec![complaint()], vec![complaint(), answer(Some("c"), None)]],
        vec![vec![answer(None, Some("c")), complaint()]],
        vec![vec![answer(Some("c"), Some("c"))], vec![complaint()]],
    ] {
        let world = world("");
        for posts in &batches {
            poll(&world, posts);
        }
        world.vahti("poll").ok();
        assert_eq!(actions(&world), ["open", "answered"]);
        let ticket = world.vahti("ticket 1 --format json").json();
        assert_eq!(ticket["status"], "answered");
        assert!(ticket["answered"].is_string());
        assert_eq!(ticket["log"][1]["by"], "@acme");
        let text = ticket["log"][1]["text"].as_str().unwrap();
        assert!(text.ends_with(" https://board.example/r"), "{text}");
        assert_eq!(
            world.vahti("tickets --status all --format json").json().as_array().unwrap().len(),
            1
        );
        assert_eq!(world.vahti("mentions own:true --format json").json(), json!([]));
        assert_eq!(world.vahti("fsck --format json").json(), json!([]));
    }
}

#[test]
fn what_our_account_answered_before_we_knew_of_it_is_somebodys_all_the_same() {
    let world = world("[[route]]\nassign = \"maija\"\n");
    poll(&world, &[answer(None, Some("c")), complaint()]);
    assert_eq!(actions(&world), ["open", "answered", "assign"]);
    let ticket = world.vahti("ticket 1 --format json").json();
    assert_eq!([&ticket["status"], &ticket["assignee"]], ["answered", "maija"]);
}

#[test]
fn what_was_recorded_by_hand_is_not_told_again_and_others_answer_nothing() {
    let world = world("");
    let fan = json!({"id": "f", "handle": "acme_fan", "text": "Same here!", "parent": "c"});
    poll(&world, &[complaint(), fan]);
    assert_eq!(actions(&world), ["open"]);
    world.vahti_with(&["ticket", "1", "reply", "We are sorry"], "").ok();
    poll(&world, &[complaint(), answer(Some("c"), None)]);
    assert_eq!(actions(&world), ["open", "reply"]);
}

#[test]
fn a_reply_is_suggested_by_matter_with_where_to_post_it_and_who_may() {
    let world = world("");
    poll(&world, &[complaint()]);
    let said = world.vahti("ticket 1 reply").ok();
    for part in [
        "https://board.example/c",
        "On board.example, in public. Who may answer there: ",
        "Hello Ada,",
        "Please send us your customer number in a private message",
        "In a private message, once the customer writes one:",
        "This is about your post (board.example): https://board.example/c",
        "I am going through your bill item by item",
        "vahti ticket 1 reply",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    world.vahti("ticket 1 resolve --cause billing").ok();
    let follow_up = world.vahti("ticket 1 reply").ok();
    assert!(follow_up.contains("how satisfied are you"), "{follow_up}");
    assert!(!follow_up.contains("In a private message, once"), "{follow_up}");
    world.vahti("ticket 1 rate 1").ok();
    let unhappy = world.vahti("ticket 1 reply").ok();
    assert!(unhappy.contains("Thank you for your honest rating."), "{unhappy}");
}

#[test]
fn a_house_has_texts_of_its_own_and_check_reads_them() {
    let world = world("[desk]\nreplies = \"replies.d\"");
    world.write("replies.d/en.txt", "Hello {{ name }}, any matter.\n");
    world.write(
        "replies.d/en-billing.txt",
        "Dear {{ name }}, your bill: {{ quote }} By {{ date }}.\n",
    );
    world.write("replies.d/en-thanks.txt", "{{ name }}, you made our day.\n");
    world.vahti("check").ok();
    let hostile = "Acme charged me twice on my bill {{ 7 * 191 }} {% for i in range(9) %}terrible";
    poll(&world, &[json!({"id": "c", "name": "{{ name }}", "text": hostile})]);
    let suggested = world.vahti("ticket 1 --format json").json()["suggested_reply"].clone();
    let suggested = suggested.as_str().unwrap();
    assert!(suggested.starts_with("Dear {{ name }}, your bill: "), "{suggested}");
    assert!(suggested.contains("{{ 7 * 191 }}") && !suggested.contains("1337"), "{suggested}");
    world.write("replies.d/en-price.txt", "Hello,\n\nthe price is {{ price }}.\n");
    world.write("replies.d/en-prise.txt", "Hello\n");
    let ran = world.vahti("check");
    assert_eq!(ran.code, Some(1));
    for part in [
        "replies.d/en-price.txt:3:1: `price` is not defined",
        "replies.d/en-prise.txt: `prise` in the name says nothing, or is said twice; did you mean `price`?",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn praise_waits_for_thanks_until_somebody_says_that_it_was_done() {
    let world = world("");
    let praise = |id: &str, name: Value, text: &str| json!({"id": id, "name": name, "text": text});
    let posts = [
        praise("p", json!("Ada"), "Acme is wonderful, I love it so much, thank you"),
        praise("q", Value::Null, "Acme is wonderful, I love it so much, thank you all"),
        praise("s", json!("Bo"), "Love Acme"),
        complaint(),
    ];
    poll(&world, &posts);
    let todo = || world.vahti("mentions praise:todo --format json").json();
    assert_eq!(todo().as_array().unwrap().len(), 1, "{}", todo());
    let id = todo()[0]["id"].as_str().unwrap().to_owned();
    let digest = world.vahti("alert morning preview --format text").ok();
    assert!(digest.contains("1 mention worth a thank-you: vahti mentions praise:todo"), "{digest}");
    let one = world.vahti(&format!("mention {id}")).ok();
    for part in ["Praise     worth thanking", "Suggested thanks:\n  Hello Ada,", "thanked\n"] {
        assert!(one.contains(part), "{part}: {one}");
    }
    let daemon = world.daemon();
    let thanked = world.vahti(&format!("mention {id} thanked --format json")).json();
    assert_eq!(
        [&thanked["praise"], &thanked["suggested_thanks"]],
        [&json!("thanked"), &Value::Null]
    );
    daemon.stop();
    assert_eq!(todo(), json!([]));
    assert_eq!(
        world.vahti("mentions praise:thanked --format json").json().as_array().unwrap().len(),
        1
    );
    world.vahti(&format!("mention {id} thanked")).ok();
    let other = world.vahti("mentions sentiment:negative --format json").json();
    let refused = world.vahti(&format!("mention {} thanked", other[0]["id"].as_str().unwrap()));
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("praise:todo"), "{}", refused.err);
}
