//! What one alert has to say for one period: gathered here, worded in `view`, laid out in
//! [`text`] and [`html`]. What needs somebody today comes first, and what could not be heard comes
//! last but is never left out, so that quiet is not mistaken for good news.

pub mod assigned;
mod bars;
pub mod brief;
mod chart;
pub mod excerpt;
mod fold;
pub mod html;
pub mod lessons;
mod line;
pub mod operator;
pub mod page;
#[cfg(feature = "png-charts")]
pub mod picture;
#[cfg(test)]
mod sample;
pub mod spike;
mod subject;
pub mod text;
mod today;
pub mod unsubscribe;
mod view;
mod words;

pub use crate::alert::HowMany;
pub use chart::{Pieces, Volume};
pub use excerpt::Piece;
pub use line::{Blind, BlindSpot, Counts, Event, QuietLine, TicketLine};
pub use subject::subject;

use crate::brand::BrandName;
use crate::delivery::Picture;
use crate::enrich::{Label, Priority};
use crate::mention::{Mention, TicketId};
use crate::text::Language;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many mentions a digest shows in full; the others are counted.
const MOST_SHOWN: usize = 200;

/// How many tickets, and how many blind spots, a digest lists; the others are counted.
const MOST_LISTED: usize = 50;

/// Of how many brands there is a chart.
const MOST_CHARTS: usize = 4;

/// How many of the neutral and of the positive mentions are shown in full; the others in a line.
const MOST_IN_FULL: usize = 3;

/// What is to be said of a message beside what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// What came in so many minutes was gathered into one message.
    Gathered { mentions: usize, minutes: u64 },
    /// It is urgent and comes at once; what else there is waits until then.
    Urgent { until: DateTime<Utc> },
}

/// What was gathered for a digest.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The name of the alert.
    pub alert: &'a str,
    /// Which mentions it tells, as its filter is written; empty: all.
    pub filter: &'a str,
    /// The language of the digest itself.
    pub language: Language,
    /// The zone in which its times are written.
    pub zone: Tz,
    pub mentions: &'a [Mention],
    /// The overdue and urgent ones, and those of the mentions.
    pub tickets: &'a [TicketLine],
    pub blind_spots: &'a [BlindSpot],
    pub quiet: &'a [QuietLine],
    /// What is drawn, the brands most spoken of first.
    pub volumes: &'a [Volume],
    /// Where the period begins; `None` where the digest is for one batch.
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    pub how_many: HowMany,
}

/// What one alert has to say for one period.
#[derive(Debug, Clone)]
pub struct Digest {
    pub alert: String,
    /// Which mentions the alert tells, as its filter is written; empty: all.
    pub filter: String,
    pub language: Language,
    pub zone: Tz,
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    /// All mentions of the period, by brand; those not shown count as well.
    pub counts: BTreeMap<BrandName, Counts>,
    /// The headline of the mention that matters most.
    pub worst: Option<String>,
    /// The tickets that need somebody today, most pressing first; of an event its first.
    pub today: Vec<TicketLine>,
    /// How many more of those there are.
    pub today_hidden: usize,
    /// How many tickets need somebody today, each of an event counted.
    pub today_all: usize,
    /// The resolved tickets whose customers are to be asked today whether all is well; of an event its first.
    pub asked: Vec<TicketLine>,
    /// How many more of those there are.
    pub asked_hidden: usize,
    /// How many customers are to be asked, each of an event counted.
    pub asked_all: usize,
    /// The negative, the neutral, the positive; those without a mention are left out.
    pub sections: Vec<Section>,
    /// How many mentions are counted only.
    pub hidden: usize,
    /// Since when to look for the mentions that are counted only.
    pub since: DateTime<Utc>,
    pub blind_spots: Vec<BlindSpot>,
    /// How many more of those there are.
    pub blind_hidden: usize,
    /// Customers who have gone quiet since the last digest, and how many more there are.
    pub quiet: Vec<QuietLine>,
    pub quiet_hidden: usize,
    /// How many of the mentions are praise that waits for thanks.
    pub praise: usize,
    /// What is to be said of the message itself.
    pub note: Option<Note>,
    charts: Vec<chart::Chart>,
    /// The events of its tickets, by their first tickets.
    events: HashMap<TicketId, TicketId>,
}

/// The mentions of one kind.
#[derive(Debug, Clone)]
pub struct Section {
    pub label: Label,
    /// How many there are of all brands, shown or not.
    pub total: u64,
    pub groups: Vec<Group>,
}

/// The mentions of one kind of one brand.
#[derive(Debug, Clone)]
pub struct Group {
    pub brand: BrandName,
    /// How many there are, shown or not.
    pub total: u64,
    pub items: Vec<Item>,
}

/// One mention that is shown, and the ticket it has.
#[derive(Debug, Clone)]
pub struct Item {
    pub mention: Mention,
    pub title: Vec<Piece>,
    /// The sentence that names the brand; empty where the title says the same.
    pub sentence: Vec<Piece>,
    pub ticket: Option<TicketLine>,
    /// Whether a line is enough for it.
    pub in_short: bool,
}

impl Digest {
    /// Gathers what matters. What a person marked as noise, and what is taken for it, is left out.
    pub fn of(input: &Input) -> Self {
        let mut mentions: Vec<&Mention> =
            input.mentions.iter().filter(|mention| is_told(mention)).collect();
        let total = counts(&mentions);
        let praise = mentions.iter().filter(|mention| mention.waits_for_thanks()).count();
        let since = mentions.iter().map(|mention| mention.time()).chain(input.from).min();
        rank(&mut mentions, input.how_many);
        let tickets: HashMap<TicketId, &TicketLine> =
            input.tickets.iter().map(|ticket| (ticket.id, ticket)).collect();
        fold::one_an_event(&mut mentions, &tickets);
        let all = mentions.len();
        mentions.truncate(match input.how_many {
            HowMany::All => MOST_SHOWN,
            HowMany::Best(most) => most.min(MOST_SHOWN),
        });
        let [today, asked] = today::Listed::of(input.tickets, input.to, input.zone);
        // Who is to be asked anyway is not named as one of whom nothing was heard.
        let is_asked =
            |line: &&QuietLine| asked.shown.iter().any(|ticket| ticket.id == line.ticket);
        let mut quiet: Vec<QuietLine> =
            input.quiet.iter().filter(|line| !is_asked(line)).cloned().collect();
        let quiet_hidden = quiet.len().saturating_sub(MOST_LISTED);
        quiet.truncate(MOST_LISTED);
        let words = words::Words::of(input.language);
        let drawn = input.volumes.iter().take(MOST_CHARTS);
        Self {
            alert: input.alert.to_owned(),
            filter: input.filter.to_owned(),
            language: input.language,
            zone: input.zone,
            from: input.from,
            to: input.to,
            worst: worst(input.mentions),
            today: today.shown,
            today_hidden: today.hidden,
            today_all: today.all,
            asked: asked.shown,
            asked_hidden: asked.hidden,
            asked_all: asked.all,
            sections: sections(&mentions, &tickets, &total),
            counts: total,
            hidden: all - mentions.len(),
            since: since.unwrap_or(input.to),
            blind_spots: input.blind_spots.iter().take(MOST_LISTED).cloned().collect(),
            blind_hidden: input.blind_spots.len().saturating_sub(MOST_LISTED),
            quiet,
            quiet_hidden,
            praise,
            note: None,
            charts: drawn.filter_map(|it| chart::Chart::of(it, words, input.zone)).collect(),
            events: input.tickets.iter().filter_map(|it| Some((it.id, it.event?.first))).collect(),
        }
    }

    /// Returns the pictures that its HTML shows.
    pub fn pictures(&self) -> Vec<Picture> {
        self.charts.iter().filter_map(|chart| chart.picture.clone()).collect()
    }

    /// Returns how many mentions there are of each kind, whatever the brand.
    pub fn total(&self) -> Counts {
        self.counts.values().fold(Counts::default(), |sum, counts| sum.and(*counts))
    }

    /// Tells whether there is nothing that anybody would want to read.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
            && self.today.is_empty()
            && self.asked.is_empty()
            && self.blind_spots.is_empty()
            && self.quiet.is_empty()
    }
}

fn counts(mentions: &[&Mention]) -> BTreeMap<BrandName, Counts> {
    let mut counts: BTreeMap<BrandName, Counts> = BTreeMap::new();
    for mention in mentions {
        counts.entry(mention.brand.clone()).or_default().add(mention.label());
    }
    counts
}

/// Puts first what must not be cut off.
fn rank(mentions: &mut [&Mention], how_many: HowMany) {
    // The id makes the order the same whatever the order of the input.
    match how_many {
        HowMany::All => mentions.sort_by_key(|mention| (Reverse(weight(mention)), &mention.id)),
        HowMany::Best(_) => mentions.sort_by_key(|mention| {
            let reach = mention.post.author.followers.unwrap_or(0);
            let (negative, priority, time) = weight(mention);
            (Reverse((priority, negative, reach, time)), &mention.id)
        }),
    }
}

/// How much a mention matters: negative ones first, by priority, then the newest.
fn weight(mention: &Mention) -> (bool, Priority, DateTime<Utc>) {
    (mention.label() == Label::Negative, mention.priority(), mention.time())
}

/// Tells whether a mention is no noise, and not taken for it.
fn is_told(mention: &Mention) -> bool {
    !mention.is_noise() && !mention.is_muted()
}

/// The headline of the mention that matters most; the brand's own words matter least.
fn worst(mentions: &[Mention]) -> Option<String> {
    mentions
        .iter()
        .filter(|mention| is_told(mention))
        .max_by_key(|mention| (!mention.own, weight(mention), Reverse(&mention.id)))
        .map(|mention| excerpt::line(&mention.headline(), 100))
}

fn sections(
    mentions: &[&Mention],
    tickets: &HashMap<TicketId, &TicketLine>,
    counts: &BTreeMap<BrandName, Counts>,
) -> Vec<Section> {
    let section = |label: Label| {
        // The brand of whom the worst is told comes first.
        let mut groups: Vec<Group> = Vec::new();
        let of_label = mentions.iter().filter(|mention| mention.label() == label);
        for (place, mention) in of_label.enumerate() {
            let ticket = mention.ticket.and_then(|id| tickets.get(&id).copied());
            let in_short = label != Label::Negative && place >= MOST_IN_FULL && ticket.is_none();
            let item = Item { in_short, ..item(mention, ticket) };
            if let Some(group) = groups.iter_mut().find(|group| group.brand == mention.brand) {
                group.items.push(item);
                continue;
            }
            let total = counts.get(&mention.brand).map_or(0, |counts| counts.of(label));
            groups.push(Group { brand: mention.brand.clone(), total, items: vec![item] });
        }
        let total = counts.values().map(|counts| counts.of(label)).sum();
        (!groups.is_empty()).then_some(Section { label, total, groups })
    };
    [Label::Negative, Label::Neutral, Label::Positive].into_iter().filter_map(section).collect()
}

fn item(mention: &Mention, ticket: Option<&TicketLine>) -> Item {
    let title = excerpt::title(mention);
    let sentence = excerpt::sentence(mention);
    let plain =
        |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
    let same = plain(&title) == plain(&sentence);
    // Of the mention only what is shown is kept: a text may be megabytes long.
    let mut kept = (*mention).clone();
    kept.post.text = String::new();
    Item {
        mention: kept,
        title,
        sentence: if same { Vec::new() } else { sentence },
        ticket: ticket.cloned(),
        in_short: false,
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{digest, input, mention, morning, now};
    use super::*;
    use crate::mention::Mark;

    /// Lists the headlines of what is shown, section by section.
    fn shown(digest: &Digest) -> Vec<String> {
        let groups = digest.sections.iter().flat_map(|section| &section.groups);
        groups.flat_map(|group| &group.items).map(|item| item.mention.headline()).collect()
    }

    fn titled(number: u8, label: Label, priority: Priority, title: &str) -> Mention {
        let mut mention = mention(number, label, Some(title), "About Acme.");
        mention.insight.priority = priority;
        mention
    }

    #[test]
    fn negative_mentions_come_first_by_priority_and_then_the_newest() {
        let mentions = [
            titled(1, Label::Positive, Priority::Normal, "praise"),
            titled(2, Label::Negative, Priority::Normal, "newer"),
            titled(3, Label::Neutral, Priority::Normal, "news"),
            titled(9, Label::Negative, Priority::Normal, "older"),
            titled(8, Label::Negative, Priority::Urgent, "urgent"),
        ];
        let digest = digest(&mentions, &[]);
        assert_eq!(shown(&digest), ["urgent", "newer", "older", "news", "praise"]);
        assert_eq!(digest.total(), Counts { negative: 3, neutral: 1, positive: 1 });
    }

    #[test]
    fn the_brand_of_whom_the_worst_is_told_comes_first() {
        let mut urgent = titled(2, Label::Negative, Priority::Urgent, "worse");
        urgent.brand = BrandName("Zeta".into());
        let digest = digest(&[titled(1, Label::Negative, Priority::Low, "bad"), urgent], &[]);
        assert_eq!(shown(&digest), ["worse", "bad"]);
    }

    #[test]
    fn what_a_person_marked_counts_before_what_we_thought() {
        let mut noise = titled(1, Label::Negative, Priority::Urgent, "noise");
        noise.mark = Some(Mark::Noise);
        let mut fine = titled(2, Label::Negative, Priority::Urgent, "fine");
        fine.mark = Some(Mark::Positive);
        let digest = digest(&[noise, fine], &[]);
        assert_eq!(digest.total(), Counts { negative: 0, neutral: 0, positive: 1 });
        assert_eq!(digest.worst.as_deref(), Some("fine"));
    }

    #[test]
    fn the_best_are_chosen_by_priority_reach_and_freshness() {
        let mut known = titled(9, Label::Negative, Priority::Normal, "widely read");
        known.post.author.followers = Some(5000);
        let mentions = [
            titled(1, Label::Neutral, Priority::Normal, "news"),
            titled(3, Label::Negative, Priority::Normal, "older"),
            titled(2, Label::Negative, Priority::Normal, "newer"),
            known,
            titled(8, Label::Negative, Priority::High, "high"),
        ];
        let best =
            |most| Digest::of(&Input { how_many: HowMany::Best(most), ..input(&mentions, &[]) });
        assert_eq!(shown(&best(1)), ["high"]);
        assert_eq!(shown(&best(3)), ["high", "widely read", "newer"]);
        assert_eq!((best(3).hidden, best(3).total().all()), (2, 5));
    }

    #[test]
    fn beyond_two_hundred_the_mentions_are_counted_and_the_worst_kept() {
        let mut mentions: Vec<Mention> = (0..500_u16)
            .map(|number| {
                let mut mention = titled(7, Label::Neutral, Priority::Normal, "news");
                mention.id = crate::mention::MentionId(format!("m{number}"));
                mention
            })
            .collect();
        mentions.push(titled(8, Label::Negative, Priority::Normal, "bad"));
        mentions[0].post.published = Some(now() - chrono::TimeDelta::days(3));
        let digest = digest(&mentions, &[]);
        assert_eq!((shown(&digest).len(), digest.hidden, digest.total().all()), (200, 301, 501));
        assert_eq!(shown(&digest)[0], "bad");
        let text = text::render(&digest);
        assert!(
            text.contains("And 301 more: vahti mentions --since 2026-11-18T08:00:00Z --limit 0\n")
        );
        assert!(text.contains("Neutral (500)"), "what is hidden is counted");
    }

    #[test]
    fn a_title_that_says_the_same_as_the_text_is_said_once() {
        let twice = mention(1, Label::Neutral, Some("Acme opens."), "Acme opens.");
        let digest = digest(&[twice], &[]);
        let item = &digest.sections[0].groups[0].items[0];
        assert_eq!((item.title.len(), item.sentence.len()), (2, 0));
    }

    #[test]
    fn the_order_of_the_input_changes_nothing() {
        let mut mentions: Vec<Mention> =
            (0..50).map(|number| mention(number, Label::Neutral, None, "Acme")).collect();
        for mention in &mut mentions {
            mention.post.published = None;
        }
        let one = text::render(&digest(&mentions, &[]));
        mentions.reverse();
        assert_eq!(one, text::render(&digest(&mentions, &[])));
    }

    #[test]
    fn a_morning_is_not_empty_and_nothing_is() {
        assert!(!morning(Language::ENGLISH).is_empty());
        assert!(digest(&[], &[]).is_empty());
    }
}
