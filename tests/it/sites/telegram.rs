//! Telegram, as its Bot API answers: what is confirmed is forgotten.

use super::kept::{keeps, sample_is_fine};
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, poll, stored};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};
use std::sync::Mutex;

const TOKEN: &str = "4711:AAH-test_token";

/// Updates that wait when the bot is first asked.
const WAITING: usize = 250;

/// Posts among them that name the brand.
const NAMED: usize = 25;

/// What the server has for a bot.
struct Server {
    updates: Vec<(i64, Value)>,
    /// The request, counted from 1, of which the answer is lost although it was heard.
    lost: usize,
    heard: usize,
}

fn server() -> StandIn {
    serving(updates(), 0)
}

fn serving(updates: Vec<(i64, Value)>, lost: usize) -> StandIn {
    let server = Mutex::new(Server { updates, lost, heard: 0 });
    StandIn::start(move |asked| server.lock().unwrap().play(asked))
}

impl Server {
    /// Answers as the server does: oldest first, at most a hundred; what stands before the offset is
    /// gone for good.
    fn play(&mut self, asked: &Asked) -> Answer {
        let fault = |code: u16, said: &str| {
            json(code, value!({"ok": false, "error_code": code, "description": said}).to_string())
        };
        if asked.path != format!("/bot{TOKEN}/getUpdates") {
            return fault(401, "Unauthorized");
        }
        let sorts: Vec<String> = serde_json::from_str(asked.get("allowed_updates")).unwrap();
        assert_eq!(asked.get("timeout"), "0");
        if let Ok(offset) = asked.get("offset").parse::<i64>() {
            assert!(offset > 0, "a negative offset forgets what was never read");
            self.updates.retain(|(id, _)| *id >= offset);
        }
        self.heard += 1;
        if self.heard == self.lost {
            return fault(502, "Bad Gateway");
        }
        let limit: usize = asked.get("limit").parse().unwrap();
        let is_wanted = |update: &Value| sorts.iter().any(|sort| update.get(sort).is_some());
        let wanted = self.updates.iter().map(|(_, update)| update).filter(|u| is_wanted(u));
        let result: Vec<&Value> = wanted.take(limit.min(100)).collect();
        json(200, value!({"ok": true, "result": result}).to_string())
    }
}

/// Posts in a group, of which every tenth names the brand; two talks with the bot; an edit.
fn updates() -> Vec<(i64, Value)> {
    let begun = chrono::Utc::now().timestamp() / 3600 * 3600 - 6 * 3600;
    let group = value!({"id": -1_001_234, "title": "Users", "type": "supergroup"});
    let mut updates: Vec<(i64, Value)> = (1_i64..)
        .map(|id| {
            let talk = value!({"id": id % 50 + 1, "first_name": "Ada", "type": "private"});
            let (chat, text) = match id % 25 {
                0 => (talk, format!("Where is my order {id}?")),
                _ if id % 10 == 2 => {
                    (group.clone(), format!("Acme opens at nine, says number {id}"))
                }
                _ => (group.clone(), format!("Nothing of note {id}")),
            };
            let message = value!({"message_id": id, "chat": chat, "date": begun + id, "text": text,
            "from": {"id": id, "first_name": format!("Nr {id}")}});
            (id, value!({"update_id": id, "message": message}))
        })
        .take(WAITING - 1)
        .collect();
    let edited = value!({"message_id": 2, "chat": group, "date": begun + 2, "edit_date": begun + 999,
        "text": "Acme, all in all", "from": {"id": 2, "first_name": "Nr 2"}});
    updates.push((250, value!({"update_id": 250, "edited_message": edited})));
    updates
}

fn config(site: &StandIn) -> String {
    with_token(site, TOKEN)
}

fn with_token(site: &StandIn, token: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"bot\"\ntelegram.url = \"{}\"\ntelegram.token = \"{token}\"\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(server, config);
    let talks = mentions.iter().filter(|line| line.contains("Where is my order")).count();
    assert_eq!((mentions.len(), talks), (NAMED + 9, 9));
    assert!(mentions.iter().filter(|line| line.contains("order")).all(|l| l.ends_with("+ticket")));
    assert_eq!(tickets, 2, "one for each talk");
    assert!(
        mentions.iter().any(|line| line.contains("t.me/c/1234/2 ") && line.contains("all in all"))
    );
}

#[test]
fn an_answer_that_is_lost_on_its_way_loses_nothing() {
    let run = |lost: usize| {
        let site = serving(updates(), lost);
        let world = World::new(&config(&site));
        for _ in 0..4 {
            poll(&world);
        }
        stored(&world)
    };
    let expected = run(0);
    assert_eq!(expected.0.len(), NAMED + 9);
    for lost in 1..=4 {
        assert_eq!(run(lost), expected, "the answer to request {lost} is lost");
    }
}

#[test]
fn one_poll_brings_all_and_confirms_only_what_it_stored() {
    let site = server();
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let offsets =
        || site.seen().iter().map(|asked| asked.get("offset").to_owned()).collect::<Vec<_>>();
    assert_eq!(offsets(), ["", "101", "201"]);
    world.vahti("poll").ok();
    assert_eq!(offsets(), ["", "101", "201", "251"]);
    assert!(site.seen().iter().all(|asked| asked.method == "GET"));
}

#[test]
fn a_probe_shows_what_is_there_and_lets_nothing_be_forgotten() {
    let site = server();
    let world = World::new(&config(&site));
    for _ in 0..2 {
        let shown = world.vahti("probe bot").ok();
        assert!(shown.contains("Where is my order 25?"), "{shown}");
    }
    poll(&world);
    assert_eq!(stored(&world).0.len(), NAMED + 9);
}

#[test]
fn a_wrong_token_is_told_and_none_is_shown() {
    let site = server();
    let world = World::new(&with_token(&site, "4711:AAH-of_yesterday"));
    let ran = world.vahti("check --probe");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("Telegram refuses the token (Unauthorized)"), "{said}");
    poll(&world);
    let status = world.vahti("status --format json").out;
    assert!(status.contains("ask @BotFather"), "{status}");
    keeps(&world, &["AAH-of_yesterday"]);
    let world = World::new(&config(&site));
    keeps(&world, &["AAH-test_token"]);
    assert_eq!(stored(&world).0.len(), NAMED + 9);
}

#[test]
fn a_webhook_stands_in_the_way() {
    let site = StandIn::start(|_| {
        let said = "Conflict: can't use getUpdates method while webhook is active";
        json(409, value!({"ok": false, "error_code": 409, "description": said}).to_string())
    });
    let world = World::new(&config(&site));
    let ran = world.vahti("poll");
    let said = format!("{}{}{}", ran.out, ran.err, world.vahti("status").out);
    assert!(said.contains("call deleteWebhook"), "{said}");
}

#[test]
fn the_sample_is_fine() {
    sample_is_fine("telegram", &[("TELEGRAM_TOKEN", TOKEN)], &[]);
}
