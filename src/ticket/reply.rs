//! The suggested reply, in the language of the post: it hears, confirms in the customer's own words,
//! says what will be done and by when, and thanks. Never sent by itself. And what to do next, for the
//! agent. The built-in texts lie in `texts/reply-*.toml`; a house may have its own, see [`own`].

pub mod own;
pub mod place;
mod quote;
mod texts;

use crate::enrich::{Complainer, Flag, Label, Matter};
use crate::mention::Mention;
use crate::text::{self, Language};
use crate::ticket::{Facts, Status, clock, customer};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use own::{Own, Values};
use texts::texts;

/// How many characters of an address are repeated.
const MOST_LINK: usize = 500;

/// What might be answered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// To be posted where the post stands.
    pub reply: String,
    /// The full answer to a public complaint, for the private message that the short one invites to.
    pub private: Option<String>,
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The first answer to a complaint.
    Answer,
    /// The same where somebody threatens with the law.
    Legal,
    /// To somebody who does not complain.
    Neutral,
    /// While the matter is being settled.
    Update,
    /// Whether all is well.
    FollowUp,
    /// It came back.
    Again,
    /// It came back because the customer was asked and is not satisfied.
    Unhappy,
    /// To somebody who praises.
    Thanks,
}

/// What decides which text fits.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) language: Option<Language>,
    pub(super) occasion: Occasion,
    pub(super) complainer: Option<Complainer>,
    pub(super) matter: Option<Matter>,
    pub(super) flags: Vec<Flag>,
    pub(super) is_public: bool,
}

/// Returns what might be answered now, in the language of the post where that is Finnish or Turkish,
/// or the house has texts of `own` in it, else in English. What only a person can know stands in
/// `[brackets]`. The date it promises is the one that the ticket will have once the reply is sent, in
/// `zone`. Where nothing is left to say, to a closed ticket, it is the question whether all is well.
pub fn suggest(
    mention: &Mention,
    facts: &Facts,
    now: DateTime<Utc>,
    zone: Tz,
    own: &Own,
) -> Suggestion {
    let complaint = mention.insight.complaint.as_ref().filter(|_| !is_praise(mention));
    let asked = Asked {
        language: facts.language.or(mention.insight.language),
        occasion: occasion(mention, facts),
        complainer: complaint.and_then(|complaint| complaint.complainer),
        matter: matter(facts).or(complaint.and_then(|complaint| complaint.matter)),
        flags: complaint.map(|complaint| complaint.flags.clone()).unwrap_or_default(),
        is_public: !mention.post.is_private,
    };
    let customer = Customer {
        mention,
        facts: Some(facts),
        name: facts.customer_name.as_deref().unwrap_or_default(),
        promised: promised(facts, now),
        zone,
    };
    let reply = customer.text(&asked, own);
    let is_first = matches!(asked.occasion, Occasion::Answer | Occasion::Legal);
    let private = (is_first && asked.is_public).then(|| {
        let text = customer.text(&Asked { is_public: false, ..asked.clone() }, own);
        customer.about(&asked).map_or(text.clone(), |about| format!("{about}\n\n{text}"))
    });
    Suggestion { reply, private }
}

/// Returns what might be said to somebody who praises.
pub fn thanks(mention: &Mention, zone: Tz, own: &Own) -> String {
    let asked = Asked {
        language: mention.insight.language,
        occasion: Occasion::Thanks,
        complainer: None,
        matter: None,
        flags: Vec::new(),
        is_public: !mention.post.is_private,
    };
    let name = customer::name(mention).unwrap_or_default();
    let promised = mention.seen;
    Customer { mention, facts: None, name: &name, promised, zone }.text(&asked, own)
}

/// Whom a text is for.
struct Customer<'a> {
    mention: &'a Mention,
    facts: Option<&'a Facts>,
    /// Empty where nobody knows it.
    name: &'a str,
    promised: DateTime<Utc>,
    zone: Tz,
}

impl Customer<'_> {
    /// Returns the text that fits: the house's own, else the built-in one.
    fn text(&self, asked: &Asked, own: &Own) -> String {
        let link = self.link();
        let place = place::name(self.mention);
        let quote =
            |language| quote::of(self.mention).unwrap_or_else(|| texts(language).no_quote.clone());
        let fitting = own.fitting(asked).and_then(|file| {
            let texts = texts(Some(file.language()));
            own.render(
                file,
                &Values {
                    name: self.name,
                    quote: &quote(Some(file.language())),
                    date: &date_in(file.language(), self.promised, self.zone),
                    place: &place,
                    link: &link,
                    brand: &self.mention.brand.0,
                    measure: if is_ours(file.language()) { texts.measure(asked) } else { "" },
                    cause: self.facts.and_then(|facts| facts.cause.as_deref()).unwrap_or_default(),
                    ticket: self.facts.map(|facts| facts.id.0),
                    rating: self.facts.and_then(|facts| facts.rating),
                    asked,
                },
            )
        });
        fitting.unwrap_or_else(|| self.built_in(asked, &place, &link, &quote(asked.language)))
    }

    fn built_in(&self, asked: &Asked, place: &str, link: &str, quote: &str) -> String {
        let texts = texts(asked.language);
        let mut body = vec![texts.fitting(asked).to_owned()];
        if matches!(
            asked.occasion,
            Occasion::Answer | Occasion::Legal | Occasion::Again | Occasion::Unhappy
        ) {
            if asked.flags.contains(&Flag::Safety) {
                body.insert(0, texts.safety.clone());
            }
            let threatens = asked.flags.contains(&Flag::LegalThreat);
            if asked.flags.contains(&Flag::Churn) && !threatens && !asked.is_public {
                body.push(texts.churn.clone());
            }
        }
        let greeting =
            if self.name.is_empty() { &texts.greeting_nameless } else { &texts.greeting };
        let is_short =
            asked.is_public && matches!(asked.occasion, Occasion::Answer | Occasion::Legal);
        let sign_off = if is_short { &texts.sign_off_public } else { &texts.sign_off };
        let template = format!("{greeting}\n\n{}\n\n{sign_off}", body.join("\n\n"));
        let date = texts.date(self.promised, self.zone);
        fill(
            &template,
            &[
                ("name", self.name),
                ("quote", quote),
                ("date", &date),
                ("brand", &self.mention.brand.0),
                ("place", place),
                ("link", link),
                ("measure", texts.measure(asked)),
            ],
        )
    }

    /// Says which public post a private message is about, where that has an address.
    fn about(&self, asked: &Asked) -> Option<String> {
        let (link, place) = (self.link(), place::name(self.mention));
        let about = &texts(asked.language).about;
        (!link.is_empty()).then(|| fill(about, &[("place", &place), ("link", &link)]))
    }

    fn link(&self) -> String {
        let link = text::visible(self.mention.post.url.as_deref().unwrap_or_default());
        // A part of an address leads nowhere.
        if link.len() <= MOST_LINK { link } else { String::new() }
    }
}

fn is_praise(mention: &Mention) -> bool {
    mention.label() == Label::Positive
}

/// Returns what is to be said now, by where the ticket stands and what the mention is.
fn occasion(mention: &Mention, facts: &Facts) -> Occasion {
    let is_waiting = matches!(facts.status, Status::New | Status::Open);
    match mention.label() {
        Label::Positive => return Occasion::Thanks,
        Label::Neutral if is_waiting => return Occasion::Neutral,
        Label::Neutral | Label::Negative => {}
    }
    match facts.status {
        Status::Answered => return Occasion::Update,
        Status::Resolved | Status::Closed => return Occasion::FollowUp,
        Status::New | Status::Open => {}
    }
    let complaint = mention.insight.complaint.as_ref();
    let is_unhappy = facts.rating.is_some_and(|rating| rating <= 2);
    if complaint.is_some_and(|complaint| complaint.flags.contains(&Flag::LegalThreat)) {
        Occasion::Legal
    } else if facts.reopened.is_some() && is_unhappy {
        Occasion::Unhappy
    } else if facts.reopened.is_some() && facts.answered.is_some() {
        Occasion::Again
    } else {
        Occasion::Answer
    }
}

/// Returns what the complaint is about where a person named one of our words as its cause: that goes
/// before the guess.
fn matter(facts: &Facts) -> Option<Matter> {
    let cause = facts.cause.as_deref()?.trim().to_lowercase();
    own::MATTERS.into_iter().find(|matter| matter.word() == cause)
}

/// Returns a day as it is written in a language; `2026-11-24` in those that have no built-in texts.
fn date_in(language: Language, at: DateTime<Utc>, zone: Tz) -> String {
    if is_ours(language) {
        texts(Some(language)).date(at, zone)
    } else {
        at.with_timezone(&zone).format("%F").to_string()
    }
}

/// Tells whether there are built-in texts in a language.
fn is_ours(language: Language) -> bool {
    matches!(language, Language::FINNISH | Language::TURKISH | Language::ENGLISH)
}

/// Returns in one English sentence what to do next, and by when in `zone`.
pub fn next_step(facts: &Facts, now: DateTime<Utc>, zone: Tz) -> String {
    let Some(due) = facts.due else {
        let why =
            if facts.is_withdrawn() { "its mention was marked noise" } else { "it is closed" };
        return format!("Nothing: {why}.");
    };
    let late = due <= now;
    let at = due.with_timezone(&zone);
    let day = if at.year() == now.with_timezone(&zone).year() {
        at.format("%a %-d %b %H:%M")
    } else {
        at.format("%a %-d %b %Y %H:%M")
    };
    let when = if late { format!("now: it was due {day}") } else { format!("by {day}") };
    match facts.status {
        Status::New | Status::Open if facts.review => {
            format!("Check whether this is a complaint, mark the mention, and answer {when}.")
        }
        Status::New => format!("Assign it to somebody, and answer the customer {when}."),
        Status::Open => format!("Answer the customer {when}."),
        Status::Answered => {
            format!("Settle the matter, and resolve the ticket with its cause {when}.")
        }
        Status::Resolved if late => {
            format!("Ask the customer whether all is well, and rate the answer 1 to 5 {when}.")
        }
        Status::Resolved | Status::Closed => {
            format!("Wait until {day}, then ask the customer whether all is well.")
        }
    }
}

/// Returns the day that the reply promises: that of the resolution, as it will be after a reply.
fn promised(facts: &Facts, now: DateTime<Utc>) -> DateTime<Utc> {
    let fresh = facts.promise.unwrap_or_else(|| clock::later(now, clock::RESOLUTION));
    match facts.status {
        Status::Answered => facts.due.filter(|due| *due > now).unwrap_or(fresh),
        Status::New | Status::Open | Status::Resolved | Status::Closed => fresh,
    }
}

/// Fills in each `{key}` once, from left to right: what is filled in is not looked at again, so a
/// customer who writes `{brand}` is quoted as writing that.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(key, behind)| {
            Some((values.iter().find(|(known, _)| *known == key)?, behind))
        });
        if let Some(((_, value), behind)) = value {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests;
