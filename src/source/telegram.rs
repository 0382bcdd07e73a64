//! Telegram, by a bot: what is written to it, and in the groups and channels that it was added to.
//!
//! Its facts are those of <https://core.telegram.org/bots/api>: there is no search. The server keeps what
//! the bot hears for a day, and forgets it as soon as it is asked for what follows. So a poll asks once,
//! and only the next one, when all this is stored, asks for what follows.

use super::site::{Key, Site, Sort, Watch, Wrong};
use super::{Cursor, Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Reply, Request, Secret};
use crate::post::Concerns;
use crate::text::{cut, json, visible};
use chrono::Duration;
use message::Found;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

mod message;

pub const SITE: Site = Site {
    kind: Kind::Telegram,
    host: "https://api.telegram.org",
    keys: &[
        Key {
            name: "token",
            sort: Sort::Secret,
            is_needed: true,
            such: "{ env = \"TELEGRAM_TOKEN\" }",
        },
        Key {
            name: "chats",
            sort: Sort::Texts,
            is_needed: false,
            such: "[\"@acme_users\", \"-1001234567890\"]",
        },
    ],
    concerns: Concerns::Desk,
    needs: "the token of a bot of its own, made with @BotFather, without a webhook, and added to the \
            groups and channels that count",
    build,
};

/// Updates of one answer: the most that there are.
const MOST_UPDATES: usize = 100;

/// What is wanted of all that a bot may hear.
const SORTS: [&str; 4] = ["message", "edited_message", "channel_post", "edited_channel_post"];

/// How long another program that reads the same bot is given to end.
const OTHERS_REST: Duration = Duration::minutes(10);

struct Telegram {
    base: Url,
    access: Access,
    /// The number in front of the token: the bot's own id, which is no secret.
    bot: String,
    chats: Vec<String>,
}

/// Up to where a bot was read.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Reached {
    /// Numbers of updates are each bot's own.
    bot: String,
    /// The update to go on with: sending it lets the server forget all before.
    offset: i64,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let token = watch.given.secret("token").filter(|token| !token.is_empty());
    let bot = match token {
        Some(token) => bot(token)?,
        None => String::new(),
    };
    let chats: Result<Vec<String>, Wrong> =
        watch.given.texts("chats").iter().map(|written| chat(written)).collect();
    Ok(Box::new(Telegram {
        access: Access { token: token.cloned(), ..Access::default() },
        bot,
        chats: chats?,
        base: watch.base,
    }))
}

/// Returns the id of the bot that a token is of.
fn bot(token: &Secret) -> Result<String, Wrong> {
    let parts = token.expose().split_once(':').filter(|(id, rest)| {
        let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let is_id = !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit());
        is_id && !rest.is_empty() && rest.chars().all(is_sign)
    });
    match parts {
        Some((id, _)) => Ok(id.to_owned()),
        None => Err(Wrong::new("token", "this is no token of a bot")
            .hint("@BotFather gives one: a number, a colon, letters and digits")),
    }
}

/// Returns the name or id of a chat as it is compared: without `@`, in lower case.
fn chat(written: &str) -> Result<String, Wrong> {
    let name = written.trim();
    let name = name.strip_prefix("https://t.me/").unwrap_or(name);
    let name = name.strip_prefix('@').unwrap_or(name).to_lowercase();
    let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_sign) {
        return Err(Wrong::new("chats", format!("`{}` is no chat", visible(written)))
            .hint("write its public name, \"@acme_users\", or its id, \"-1001234567890\""));
    }
    Ok(name)
}

impl Source for Telegram {
    fn open(&self, visit: &Visit) -> Request {
        let reached = self.reached(&visit.cursor);
        let (most, offset) = (MOST_UPDATES.to_string(), reached.offset.to_string());
        let sorts = serde_json::to_string(&SORTS).unwrap_or_default();
        let mut query = vec![("limit", most.as_str()), ("timeout", "0")];
        query.push(("allowed_updates", &sorts));
        if reached.offset > 0 {
            query.push(("offset", &offset));
        }
        let url = super::site::at(&self.base, "/bot{token}/getUpdates", &query);
        Request::api(url).with(&self.access)
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let updates = updates(reply)?;
        let mut page = Page::default();
        for update in &updates {
            match message::read(update, &self.bot, &self.chats) {
                Found::Post(post) => page.posts.push(*post),
                Found::Nothing => {}
                Found::Broken => page.skipped += 1,
            }
        }
        let last = updates.iter().filter_map(|update| update.get("update_id")?.as_i64()).max();
        if let Some(last) = last {
            let before = self.reached(&visit.cursor).offset;
            let offset = last.saturating_add(1);
            page.again = updates.len() >= MOST_UPDATES && offset != before;
            let reached = Reached { bot: self.bot.clone(), offset };
            page.cursor = Some(Cursor(serde_json::to_string(&reached).unwrap_or_default()));
        }
        Ok(page)
    }

    fn refused(&self, _: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let answer = refusal.json().unwrap_or_default();
        let said = said(&answer).unwrap_or_else(|| format!("status {}", refusal.status));
        match refusal.status {
            // What is no token at all is nowhere.
            401 | 404 => Verdict::Stop(format!(
                "Telegram refuses the token ({said}): ask @BotFather for the bot's token, and write it \
                 in `token`"
            )),
            409 if said.contains("webhook") => Verdict::Stop(format!(
                "Telegram sends what this bot hears to a webhook ({said}): call deleteWebhook, or give \
                 vahti a bot of its own"
            )),
            409 => Verdict::Wait(
                visit.now + OTHERS_REST,
                format!(
                    "another program reads what this bot hears ({said}): give vahti a bot of its own"
                ),
            ),
            429 => match wait(&answer) {
                Some(wait) => Verdict::Wait(visit.now + wait, format!("Telegram says: {said}")),
                None => Verdict::AsItSays,
            },
            _ => Verdict::AsItSays,
        }
    }

    fn never_looks_again(&self) -> bool {
        true
    }
}

impl Telegram {
    /// Reads a cursor; that of another bot is a beginning.
    fn reached(&self, cursor: &Cursor) -> Reached {
        let reached: Reached = serde_json::from_str(&cursor.0).unwrap_or_default();
        if reached.bot == self.bot { reached } else { Reached::default() }
    }
}

/// Reads an answer; an update that was saved by itself is a list of one.
fn updates(reply: &Reply) -> Result<Vec<Value>, Unreadable> {
    let text = String::from_utf8_lossy(&reply.body);
    let mut answer =
        json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
    if answer.get("update_id").is_some() {
        return Ok(vec![answer]);
    }
    if answer.get("ok").and_then(Value::as_bool) != Some(true) {
        let said = said(&answer);
        return Err(Unreadable(match said {
            Some(said) => format!("Telegram says: {said}"),
            None => "this is no answer of the Bot API: it does not say `ok`".into(),
        }));
    }
    match answer.get_mut("result").map(Value::take) {
        Some(Value::Array(updates)) => Ok(updates),
        _ => Err(Unreadable("the answer holds no updates".into())),
    }
}

/// Returns what Telegram says of a fault.
fn said(answer: &Value) -> Option<String> {
    let said = answer.get("description")?.as_str()?;
    Some(cut(&visible(said), 200))
}

/// Returns how long Telegram says that it wants to be left alone: at most a day.
fn wait(answer: &Value) -> Option<Duration> {
    let seconds = answer.get("parameters")?.get("retry_after")?.as_i64()?;
    Some(Duration::seconds(seconds.clamp(1, 24 * 3600)))
}

#[cfg(test)]
mod tests;
