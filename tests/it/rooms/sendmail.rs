//! Mail that leaves by `sendmail`.

use super::hooks::script;
use super::{outbox, watching};
use serde_json::Value;

const MAIL: &str = "[mail]\nfrom = \"Vahti <alerts@acme.example>\"\nsendmail = \"./sendmail\"\n";

#[test]
fn mail_is_handed_to_the_program_and_waits_while_it_cannot() {
    let (_feed, world) = watching("\"care@acme.example\"", MAIL);
    script(&world, "sendmail", "echo queue is full >&2; exit 75");
    world.vahti("run --once").ok();
    let waiting = outbox(&world);
    assert_eq!(waiting[0]["state"], "queued");
    let answer = waiting[0]["last_answer"].as_str().unwrap();
    assert!(answer.ends_with("sendmail ended with 75: queue is full"), "{answer}");

    let kept = world.path("kept");
    script(&world, "sendmail", &format!("{{ echo \"$@\"; cat; }} > {}", kept.display()));
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world), Value::Array(Vec::new()));
    let mail = std::fs::read_to_string(&kept).unwrap();
    let (arguments, mail) = mail.split_once('\n').unwrap();
    assert_eq!(arguments, "-i -f alerts@acme.example -- care@acme.example");
    assert!(mail.contains("To: care@acme.example\n") && !mail.contains('\r'), "{mail}");
    assert!(mail.contains("Message-ID: <") && mail.contains("worst service ever"), "{mail}");
}

#[test]
fn an_address_that_the_program_refuses_is_dead() {
    let (_feed, world) = watching("\"-oQ/tmp@acme.example\"", MAIL);
    let ran = world.path("ran");
    script(&world, "sendmail", &format!("echo \"$4 $5\" >> {}; exit 67", ran.display()));
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world)[0]["state"], "dead");
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "-- -oQ/tmp@acme.example\n");
}
