//! The JSON of mentions, tickets and status: public formats, apart from the types inside.

use super::Refusal;
use crate::brand::Hit;
use crate::delivery::Enclosed;
use crate::enrich::{Complaint, Label, Priority};
use crate::mention::{Mark, Mention, MentionId, Version};
use crate::pipeline::Rules;
use crate::post::{Author, Engagement};
use crate::store::Store;
use crate::text::Language;
use crate::ticket::{Change, Facts, Status, Ticket, card, reply};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod alert;
mod customer;
mod elsewhere;
pub mod marks;
mod notice;
mod operator;
mod status;
mod trace;

pub use alert::{AlertInFullView, RecipientView};
pub use customer::{CustomerView, HandleView, LinkView};
pub use elsewhere::ElsewhereView;
pub use marks::{MarkView, TaughtView};
pub use notice::{NoticeView, TryMadeView};
pub use operator::{CanaryView, OperatorView, UnreachedView};
pub use status::{AlertView, BudgetView, OutboxView, SourceView, SpikeView, StatusView, StoreView};
pub use trace::{StepView, ToldView, TraceView, TracedView, UnmatchedView, WhyView};

/// How a mention speaks of its brand, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentimentView {
    pub label: Label,
    pub score: f64,
    pub confidence: f64,
}

/// A mention, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct MentionView {
    pub id: String,
    pub brand: String,
    pub source: String,
    pub kind: String,
    pub url: Option<String>,
    pub title: Option<String>,
    /// Null where the post is nothing but its title.
    pub text: Option<String>,
    pub author: Option<Author>,
    pub published: Option<DateTime<Utc>>,
    pub seen: DateTime<Utc>,
    pub language: Option<Language>,
    pub matches: Vec<Hit>,
    pub sentiment: SentimentView,
    pub complaint: Option<Complaint>,
    pub priority: Priority,
    pub review: bool,
    pub own: bool,
    pub story: String,
    pub copies: u32,
    pub ticket: Option<u64>,
    pub why: Vec<String>,
    /// A person's correction, if there is one.
    pub mark: Option<Mark>,
    /// Whether it was taken to be noise, by what people marked: no ticket, and told to nobody.
    pub muted: bool,
    /// The site's ids of what it answers, and of the conversation or thing reviewed.
    pub parent: Option<String>,
    pub thread: Option<String>,
    /// Stars given with it, 1 (bad) to 5.
    pub rating: Option<u8>,
    pub engagement: Option<Engagement>,
    /// When its author last changed it, where the site tells.
    pub edited: Option<DateTime<Utc>>,
    /// What it said before, oldest first.
    pub versions: Vec<Version>,
    /// Whether its site has it no more; its words were taken out then.
    pub deleted: bool,
    /// `todo`, `thanked` or null: whether somebody who praises is to be thanked.
    pub praise: Option<String>,
    /// What might be said to them; null in lists.
    pub suggested_thanks: Option<String>,
}

/// Returns why a mention is muted, and was judged so; of a deleted one both are the same.
fn reasons(mention: &Mention) -> Vec<String> {
    let why = &mention.insight.why;
    mention.muted.iter().filter(|muted| !why.contains(muted)).chain(why).cloned().collect()
}

/// Returns the view of a mention.
pub fn mention(mention: &Mention) -> MentionView {
    let insight = &mention.insight;
    let (label, judged) = (mention.label(), insight.sentiment.label);
    let sentiment = match mention.mark {
        None => SentimentView {
            label: judged,
            score: rounded(insight.sentiment.score),
            confidence: rounded(insight.sentiment.confidence),
        },
        // A person's word is certain.
        Some(_) => SentimentView {
            label,
            score: match label {
                Label::Negative => -1.0,
                Label::Neutral => 0.0,
                Label::Positive => 1.0,
            },
            confidence: 1.0,
        },
    };
    let why = match mention.mark {
        None => reasons(mention),
        Some(mark) => {
            let word = mark.word();
            vec![format!("a person marked it {word}; vahti had judged it {}", self::label(judged))]
        }
    };
    MentionView {
        id: mention.id.to_string(),
        brand: mention.brand.to_string(),
        source: mention.source.to_string(),
        kind: mention.kind.to_string(),
        url: mention.post.url.clone(),
        title: mention.post.title.clone(),
        text: Some(mention.post.text.clone()).filter(|text| !text.is_empty()),
        author: (!mention.post.author.is_unknown()).then(|| mention.post.author.clone()),
        published: mention.post.published,
        seen: mention.seen,
        language: insight.language,
        matches: mention.hits.clone(),
        sentiment,
        complaint: (label == Label::Negative)
            .then(|| insight.complaint.clone().unwrap_or_default()),
        priority: mention.priority(),
        review: mention.wants_review(),
        own: mention.own,
        story: mention.story.to_string(),
        copies: mention.copies,
        ticket: mention.ticket.map(|ticket| ticket.0),
        why,
        mark: mention.mark,
        muted: mention.is_muted(),
        parent: mention.post.parent.clone(),
        thread: mention.post.thread.clone(),
        rating: mention.post.rating,
        engagement: Some(mention.post.engagement).filter(|known| !known.is_unknown()),
        edited: mention.post.edited,
        versions: mention.versions.clone(),
        deleted: mention.post.is_gone,
        praise: Some(mention.praise_word()).filter(|word| *word != "none").map(str::to_owned),
        suggested_thanks: None,
    }
}

/// Returns the view of one mention in full.
pub fn mention_in_full(one: &Mention, rules: &Rules) -> MentionView {
    let thanks = || reply::thanks(one, rules.zone, &rules.replies);
    MentionView { suggested_thanks: one.waits_for_thanks().then(thanks), ..mention(one) }
}

/// The word for a label.
pub fn label(label: Label) -> &'static str {
    match label {
        Label::Negative => "negative",
        Label::Neutral => "neutral",
        Label::Positive => "positive",
    }
}

/// The word for a priority.
pub fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Normal => "normal",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}

/// Three digits are all that the judge knows.
pub fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

/// A ticket, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketView {
    pub id: u64,
    pub mention: String,
    pub brands: Vec<String>,
    /// The event that it is a part of, by the number of its first ticket.
    pub incident: Option<u64>,
    pub customer: Option<Author>,
    /// What names the customer in commands: the site, and who they are there.
    pub customer_key: Option<String>,
    pub status: Status,
    pub priority: Priority,
    pub review: bool,
    pub assignee: Option<String>,
    pub opened: DateTime<Utc>,
    pub due: Option<DateTime<Utc>>,
    pub overdue: bool,
    /// What to do next, and by when.
    pub next_step: String,
    pub answered: Option<DateTime<Utc>>,
    pub resolved: Option<DateTime<Utc>>,
    pub follow_up: Option<DateTime<Utc>>,
    pub cause: Option<String>,
    pub lesson: Option<String>,
    pub rating: Option<u8>,
    pub headline: String,
    /// Where to answer.
    pub url: Option<String>,
    pub suggested_reply: Option<String>,
    /// The full answer to a public complaint, for a private message.
    pub suggested_private: Option<String>,
    pub answer: Option<AnswerView>,
    /// The customer's earlier tickets.
    pub history: Vec<HistoryView>,
    pub card: Option<CardView>,
    /// Of a thread of private messages all that the customer wrote, oldest first.
    pub messages: Vec<MessageView>,
    /// The same ticket at other desks.
    pub elsewhere: Vec<ElsewhereView>,
    pub log: Vec<LogView>,
}

/// An incident, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentView {
    pub id: u64,
    /// When its first and its last ticket were opened.
    pub began: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    /// How many of its tickets are resolved or closed.
    pub done: usize,
    /// Most urgent first.
    pub tickets: Vec<TicketView>,
}

/// Where to answer, and who may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerView {
    /// What people call the place.
    pub place: String,
    /// The permalink of the post; of what it stands in where `exact` is false.
    pub url: Option<String>,
    pub exact: bool,
    /// Whether everybody can read what is answered there.
    pub public: bool,
    pub who: String,
}

/// One message of a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageView {
    pub mention: String,
    pub at: DateTime<Utc>,
    pub text: String,
}

/// One earlier ticket of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryView {
    pub id: u64,
    pub status: Status,
    pub opened: DateTime<Utc>,
    pub cause: Option<String>,
    pub rating: Option<u8>,
}

/// The complainer card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardView {
    #[serde(rename = "type")]
    pub complainer: Option<crate::enrich::Complainer>,
    /// A guess at what the complaint is about.
    pub matter: Option<crate::enrich::Matter>,
    pub signs: String,
    pub how_to_answer: String,
    pub avoid: String,
}

/// One line of a ticket's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogView {
    pub at: DateTime<Utc>,
    pub by: String,
    pub action: String,
    pub text: String,
}

/// Returns the view of a ticket, with what the store knows of its mention and customer.
pub fn ticket(
    ticket: &Ticket,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<TicketView, Refusal> {
    let (facts, zone) = (ticket.facts(), rules.zone);
    let messages = messages(facts, store)?;
    // Of a thread the last message says what is to be answered.
    let last = messages
        .last()
        .map_or_else(|| facts.mention.clone(), |last| MentionId(last.mention.clone()));
    let mention = store.mention(&last)?;
    let complaint = mention.as_ref().and_then(|mention| mention.insight.complaint.clone());
    let language = facts.language.unwrap_or(Language::ENGLISH);
    let customer = mention.as_ref().map(|mention| mention.post.author.clone());
    let suggested =
        mention.as_ref().map(|mention| reply::suggest(mention, facts, now, zone, &rules.replies));
    let (suggested_reply, suggested_private) =
        suggested.map_or((None, None), |suggested| (Some(suggested.reply), suggested.private));
    Ok(TicketView {
        id: facts.id.0,
        mention: facts.mention.to_string(),
        brands: facts.brands.iter().map(ToString::to_string).collect(),
        incident: facts.incident.map(|first| first.0),
        customer: customer.filter(|author| !author.is_unknown()),
        customer_key: facts.customer.clone(),
        status: facts.status,
        priority: facts.priority,
        review: facts.review,
        assignee: facts.assignee.clone(),
        opened: facts.opened,
        due: facts.due,
        overdue: ticket.is_overdue(now),
        next_step: reply::next_step(facts, now, zone),
        answered: facts.answered,
        resolved: facts.resolved,
        follow_up: facts.follow_up,
        cause: facts.cause.clone(),
        lesson: facts.lesson.clone(),
        rating: facts.rating,
        headline: mention.as_ref().map(Mention::headline).unwrap_or_default(),
        url: mention.as_ref().and_then(|mention| mention.post.url.clone()),
        suggested_reply,
        suggested_private,
        answer: mention.as_ref().map(answer_view),
        history: history(facts, store)?,
        card: Some(card_view(&complaint.unwrap_or_default(), language)),
        messages,
        elsewhere: elsewhere::views(facts.id, store)?,
        log: facts.log.iter().map(log_view).collect(),
    })
}

/// Returns what was written in the thread that a ticket is of, if it is of one.
fn messages(facts: &Facts, store: &dyn Store) -> Result<Vec<MessageView>, Refusal> {
    let mut messages = Vec::new();
    for id in std::iter::once(&facts.mention).chain(&facts.also) {
        let Some(mention) = store.mention(id)? else { continue };
        if mention.post.is_private {
            let (id, at) = (mention.id.to_string(), mention.time());
            messages.push(MessageView { mention: id, at, text: mention.post.text });
        }
    }
    messages.sort_by_key(|message| message.at);
    Ok(messages)
}

fn history(facts: &Facts, store: &dyn Store) -> Result<Vec<HistoryView>, Refusal> {
    let Some(customer) = &facts.customer else { return Ok(Vec::new()) };
    let mut earlier = Vec::new();
    for id in store.tickets_of(customer)? {
        if id >= facts.id {
            continue;
        }
        earlier.extend(store.ticket(id)?.map(|ticket| HistoryView::of(ticket.facts())));
    }
    Ok(earlier)
}

fn card_view(complaint: &Complaint, language: Language) -> CardView {
    let card::Card { complainer, signs, how_to_answer, avoid } = card::card(complaint, language);
    CardView { complainer, matter: complaint.matter, signs, how_to_answer, avoid }
}

fn answer_view(mention: &Mention) -> AnswerView {
    AnswerView {
        place: reply::place::name(mention),
        url: mention.post.url.clone(),
        exact: mention.post.url.is_some() && mention.post.has_own_url,
        public: !mention.post.is_private,
        who: reply::place::who(mention).to_owned(),
    }
}

fn log_view(change: &Change) -> LogView {
    let Change { at, by, action, text, .. } = change.clone();
    LogView { at, by, action, text }
}

/// What an alert would say now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    pub alert: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub mentions: usize,
    /// When it speaks next, and how many mentions it keeps back until then, as in `status`.
    pub next: Option<DateTime<Utc>>,
    pub held: usize,
    /// What goes with it.
    #[serde(default)]
    pub enclosed: Enclosed,
}

/// One thing wrong with what is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultView {
    pub fault: String,
}

/// What polls led to: of one run, or of the sources that somebody asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SummaryView {
    /// Sources that were to be polled.
    pub sources: usize,
    /// Sources that answered.
    pub polled: usize,
    /// Of those, sources that had nothing new to say.
    pub unchanged: usize,
    pub failed: Vec<FailedView>,
    /// Posts in the replies.
    pub posts: usize,
    /// Malformed entries that were left out.
    pub skipped: usize,
    /// New mentions.
    pub mentions: usize,
    /// New tickets.
    pub tickets: usize,
    /// Their numbers.
    pub opened: Vec<u64>,
    pub notices: SentView,
    /// What each source brought, in the order of their names.
    pub by_source: Vec<PolledView>,
}

/// What one source brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolledView {
    pub source: String,
    pub unchanged: bool,
    pub posts: usize,
    pub skipped: usize,
    pub mentions: usize,
    pub tickets: usize,
}

/// A source that could not be polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedView {
    pub source: String,
    pub error: String,
}

/// How many notices went out, and how many did not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SentView {
    pub sent: usize,
    pub queued: usize,
    pub dead: usize,
    /// Where the sent ones went: the server's answer, or the file.
    pub answers: Vec<String>,
}
