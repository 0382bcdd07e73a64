//! A digest in the words of its language, ready to be laid out. Both forms read the same view, so
//! they cannot say different things.

mod today;

pub(super) use today::{AskedTicketView, AskedView, TicketView, TodayView};

use super::bars::ChartView;
use super::words::{Words, fill};
use super::{
    BlindSpot, Counts, Digest, Group, Item, Note, Piece, QuietLine, Section, excerpt, subject,
};
use crate::brand::BrandName;
use crate::enrich::Label;
use crate::mention::Mention;
use chrono::{DateTime, SecondsFormat, Utc};
use url::Url;

/// The longest address of a post that is linked, in characters.
const LONGEST_LINK: usize = 2000;

/// The longest name, place or remark from outside, in characters.
const LONGEST_NAME: usize = 80;

/// How many words of a complaint, and how many reasons, are quoted.
const MOST_REASONS: usize = 2;

/// A whole digest in words.
pub(super) struct View {
    pub(super) language: &'static str,
    pub(super) title: String,
    /// What mail programs show beside the subject, which says the rest.
    pub(super) preview: String,
    pub(super) summary: Vec<SummaryView>,
    /// What is said of the message itself.
    pub(super) note: Option<String>,
    pub(super) period: String,
    /// Said where there was nothing.
    pub(super) nothing: Option<&'static str>,
    pub(super) today: Option<TodayView>,
    pub(super) asked: Option<AskedView>,
    pub(super) sections: Vec<SectionView>,
    /// How many mentions are not shown, and the command that shows them.
    pub(super) more: Option<Hint>,
    /// How much praise waits for thanks, and the command that shows it.
    pub(super) praise: Option<Hint>,
    pub(super) blind: Option<BlindView>,
    pub(super) quiet: Option<QuietView>,
    pub(super) footer: String,
    pub(super) open: &'static str,
}

/// What is said of a brand at the top.
pub(super) struct SummaryView {
    /// How many mentions, how many of them negative.
    pub(super) line: String,
    pub(super) chart: Option<ChartView>,
}

/// Words, and the command that belongs to them.
pub(super) struct Hint {
    pub(super) words: String,
    pub(super) command: String,
}

pub(super) struct SectionView {
    pub(super) heading: String,
    /// `negative`, `neutral` or `positive`, whatever the language.
    pub(super) tone: &'static str,
    pub(super) groups: Vec<GroupView>,
}

pub(super) struct GroupView {
    /// `None` where the digest is about one brand only.
    pub(super) brand: Option<String>,
    pub(super) items: Vec<ItemView>,
}

pub(super) struct ItemView {
    pub(super) title: Vec<Piece>,
    pub(super) sentence: Vec<Piece>,
    /// The language of the post, where it is known.
    pub(super) language: Option<String>,
    /// Where, who, when.
    pub(super) origin: Vec<String>,
    pub(super) why: String,
    pub(super) link: Option<String>,
    pub(super) ticket: Option<Hint>,
    pub(super) mark: Hint,
    /// Whether a line is enough for it.
    pub(super) in_short: bool,
}

pub(super) struct BlindView {
    pub(super) heading: &'static str,
    pub(super) meaning: &'static str,
    pub(super) spots: Vec<SpotView>,
    pub(super) more: Option<Hint>,
}

pub(super) struct QuietView {
    pub(super) heading: &'static str,
    pub(super) meaning: &'static str,
    pub(super) customers: Vec<CustomerView>,
    pub(super) more: Option<Hint>,
}

pub(super) struct CustomerView {
    pub(super) name: String,
    pub(super) headline: String,
    pub(super) last: String,
    pub(super) command: String,
}

pub(super) struct SpotView {
    pub(super) source: String,
    pub(super) what: String,
    /// What happened; may be empty.
    pub(super) cause: String,
}

impl View {
    /// Words a digest.
    pub(super) fn of(digest: &Digest) -> Self {
        let words = Words::of(digest.language);
        let wording = Wording { words, digest };
        let is_quiet =
            digest.counts.is_empty() && digest.today.is_empty() && digest.asked.is_empty();
        Self {
            language: words.code(),
            title: subject(digest),
            summary: digest
                .counts
                .iter()
                .map(|(brand, counts)| wording.summary(brand, *counts))
                .collect(),
            preview: wording.preview(),
            note: wording.note(),
            period: wording.period(),
            nothing: (is_quiet && digest.quiet.is_empty()).then_some(words.nothing.as_str()),
            today: wording.today(),
            asked: wording.asked(),
            sections: digest.sections.iter().map(|section| wording.section(section)).collect(),
            more: wording.more(),
            praise: wording.praise(),
            blind: wording.blind(),
            quiet: wording.quiet(),
            footer: fill(&words.footer, &[("alert", &excerpt::line(&digest.alert, LONGEST_NAME))]),
            open: &words.open,
        }
    }
}

/// A digest and the words for it.
struct Wording<'a> {
    words: &'static Words,
    digest: &'a Digest,
}

/// The longest filter that a command repeats, in bytes.
const LONGEST_FILTER: usize = 300;

impl Wording<'_> {
    fn summary(&self, brand: &BrandName, counts: Counts) -> SummaryView {
        let chart = self.digest.charts.iter().find(|chart| chart.brand == *brand);
        let name = excerpt::line(&brand.0, LONGEST_NAME);
        SummaryView {
            line: format!("{name}: {}", self.words.counts(counts)),
            chart: chart.map(|chart| ChartView::of(chart, self.words)),
        }
    }

    /// What there is beside the mentions.
    fn preview(&self) -> String {
        let (digest, words) = (self.digest, self.words);
        let parts = [
            (digest.today_all, &words.count.tickets),
            (digest.asked_all, &words.asked.short),
            (digest.quiet.len() + digest.quiet_hidden, &words.quiet.short),
            (digest.blind_spots.len() + digest.blind_hidden, &words.count.sources),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts = parts.map(|(number, forms)| words.count(number as u64, forms));
        parts.collect::<Vec<_>>().join(" · ")
    }

    /// What is said of the message itself.
    fn note(&self) -> Option<String> {
        let words = &self.words.note;
        Some(match self.digest.note? {
            Note::Gathered { mentions, minutes } => {
                let span = match minutes {
                    minutes @ ..120 => self.words.count(minutes, &words.minutes),
                    minutes => self.words.count((minutes + 30) / 60, &words.hours),
                };
                let mentions = self.words.count(mentions as u64, &self.words.count.mentions);
                fill(&words.gathered, &[("mentions", &mentions), ("span", &span)])
            }
            Note::Urgent { until } => fill(&words.urgent, &[("date", &self.date(until))]),
        })
    }

    fn period(&self) -> String {
        let Digest { from, to, zone, .. } = self.digest;
        let to = self.words.date(*to, *zone);
        let period = match from {
            Some(from) => {
                let from = self.words.date(*from, *zone);
                fill(&self.words.period, &[("from", &from), ("to", &to)])
            }
            None => to,
        };
        format!("{period} · {}", fill(&self.words.times, &[("zone", zone.name())]))
    }

    fn section(&self, section: &Section) -> SectionView {
        SectionView {
            heading: format!("{} ({})", self.words.heading.of(section.label), section.total),
            tone: match section.label {
                Label::Negative => "negative",
                Label::Neutral => "neutral",
                Label::Positive => "positive",
            },
            groups: section.groups.iter().map(|group| self.group(group)).collect(),
        }
    }

    fn group(&self, group: &Group) -> GroupView {
        GroupView {
            brand: self.is_several().then(|| {
                format!("{} ({})", excerpt::line(&group.brand.0, LONGEST_NAME), group.total)
            }),
            items: group.items.iter().map(|item| self.item(item)).collect(),
        }
    }

    fn item(&self, item: &Item) -> ItemView {
        let Item { mention, title, sentence, ticket, in_short: _ } = item;
        let link = mention.post.url.as_deref().and_then(link);
        ItemView {
            title: title.clone(),
            sentence: sentence.clone(),
            language: mention.insight.language.map(|language| language.to_string()),
            origin: self.origin(mention, link.as_ref()),
            why: fill(&self.words.why, &[("reasons", &self.reasons(mention))]),
            link: link.map(String::from),
            ticket: mention.ticket.map(|id| {
                let name = fill(&self.words.ticket, &[("id", &id.to_string())]);
                // How it stands is said once, where it needs somebody.
                let ticket = ticket.as_ref();
                let is_listed = self.digest.today.iter().any(|listed| listed.id == id);
                let state = ticket.filter(|_| !is_listed);
                let state = state.map(|ticket| format!(" ({})", self.state(ticket)));
                let name = format!("{name}{}", state.unwrap_or_default());
                match ticket.and_then(|ticket| self.event(ticket)) {
                    Some(Hint { words, command }) => {
                        Hint { words: format!("{name}, {words}:"), command }
                    }
                    None => {
                        Hint { words: format!("{name}:"), command: format!("vahti ticket {id}") }
                    }
                }
            }),
            in_short: item.in_short,
            mark: Hint {
                words: fill(
                    &self.words.not_about,
                    &[("brand", &excerpt::line(&mention.brand.0, LONGEST_NAME))],
                ),
                command: format!("vahti mention {} mark noise", mention.id),
            },
        }
    }

    /// Where it stands, who wrote it, and when.
    fn origin(&self, mention: &Mention, link: Option<&Url>) -> Vec<String> {
        let source = excerpt::line(&mention.source.0, LONGEST_NAME);
        let host = link.and_then(Url::host_str).map(|host| host.trim_start_matches("www."));
        let place = match host {
            Some(host) => format!("{} ({source})", excerpt::line(host, LONGEST_NAME)),
            None => source,
        };
        let mut origin = vec![place];
        origin.extend(self.author(mention));
        origin.push(self.date(mention.time()));
        if mention.copies > 0 {
            origin.push(self.words.count(u64::from(mention.copies), &self.words.count.copies));
        }
        if mention.own {
            origin.push(self.words.own.clone());
        }
        origin
    }

    fn author(&self, mention: &Mention) -> Option<String> {
        let author = &mention.post.author;
        let handle = || author.handle.as_ref().map(|handle| format!("@{handle}"));
        let name = author.name.clone().or_else(handle);
        let name = name.map(|name| excerpt::line(&name, LONGEST_NAME));
        let followers = author
            .followers
            .map(|followers| self.words.count(followers, &self.words.count.followers));
        let parts: Vec<String> =
            name.into_iter().chain(followers).filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Why it was judged so, most telling first.
    fn reasons(&self, mention: &Mention) -> String {
        let words = self.words;
        let mut reasons = vec![self.label(mention)];
        if mention.insight.review && mention.mark.is_none() {
            reasons.push(words.review.clone());
        }
        if let Some(complaint) = &mention.insight.complaint {
            reasons.extend(complaint.complainer.map(|kind| words.complainer(kind).to_owned()));
            reasons.extend(complaint.flags.iter().map(|flag| words.flag(*flag).to_owned()));
            let [open, close] = &words.quotes;
            let cues = complaint.cues.iter().take(MOST_REASONS);
            reasons.extend(cues.map(|cue| format!("{open}{}{close}", excerpt::line(cue, 80))));
        }
        // The judge gives its reasons in English. What single words weigh is for `vahti mention` to tell.
        if self.words.is_english() {
            let why = mention.insight.why.iter().filter(|why| !why.starts_with('"'));
            reasons.extend(why.take(MOST_REASONS).map(|why| excerpt::line(why, 120)));
        }
        reasons.retain(|reason| !reason.is_empty());
        reasons.join("; ")
    }

    fn label(&self, mention: &Mention) -> String {
        let label = self.words.label.of(mention.label());
        if mention.mark.is_some() {
            return fill(&self.words.marked, &[("label", label)]);
        }
        let percent = (mention.insight.sentiment.confidence.clamp(0.0, 1.0) * 100.0).round();
        fill(&self.words.sure, &[("label", label), ("percent", &format!("{percent:.0}"))])
    }

    fn more(&self) -> Option<Hint> {
        let since = self.digest.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let filter = match self.digest.filter.as_str() {
            filter if filter.is_empty() || filter.len() > LONGEST_FILTER => String::new(),
            filter => format!(" '{}'", filter.replace('\'', "'\\''")),
        };
        self.hint(self.digest.hidden, &format!("vahti mentions{filter} --since {since} --limit 0"))
    }

    fn praise(&self) -> Option<Hint> {
        let praise = self.digest.praise;
        (praise > 0).then(|| Hint {
            words: self.words.count(praise as u64, &self.words.count.praise),
            command: "vahti mentions praise:todo".to_owned(),
        })
    }

    fn blind(&self) -> Option<BlindView> {
        let Digest { blind_spots, blind_hidden, .. } = self.digest;
        (!blind_spots.is_empty()).then(|| BlindView {
            heading: &self.words.blind,
            meaning: &self.words.blind_means,
            spots: blind_spots.iter().map(|spot| self.spot(spot)).collect(),
            more: self.hint(*blind_hidden, "vahti status"),
        })
    }

    fn quiet(&self) -> Option<QuietView> {
        let Digest { quiet, quiet_hidden, .. } = self.digest;
        let words = &self.words.quiet;
        (!quiet.is_empty()).then(|| QuietView {
            heading: &words.heading,
            meaning: &words.means,
            customers: quiet.iter().map(|line| self.customer(line)).collect(),
            more: self.hint(*quiet_hidden, "vahti tickets --status all"),
        })
    }

    fn customer(&self, line: &QuietLine) -> CustomerView {
        let words = &self.words.quiet;
        let name = line.customer.as_ref().map(|name| excerpt::line(name, LONGEST_NAME));
        let ticket = fill(&self.words.ticket, &[("id", &line.ticket.to_string())]);
        let status = excerpt::line(self.words.status(&line.status), LONGEST_NAME);
        CustomerView {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| words.unknown.clone()),
            headline: format!("{ticket} ({status}): {}", excerpt::line(&line.headline, 140)),
            last: fill(&words.last, &[("date", &self.date(line.since))]),
            command: format!("vahti ticket {}", line.ticket),
        }
    }

    fn spot(&self, spot: &BlindSpot) -> SpotView {
        let mut what = self.words.blind(spot.blind).to_owned();
        if let Some(since) = spot.since {
            let since = fill(&self.words.since, &[("date", &self.date(since))]);
            what = format!("{what}, {since}");
        }
        let source = excerpt::line(&spot.source.0, LONGEST_NAME);
        SpotView { source, what, cause: excerpt::line(&spot.what, 200) }
    }

    fn hint(&self, number: usize, command: &str) -> Option<Hint> {
        (number > 0).then(|| Hint {
            words: self.words.count(number as u64, &self.words.count.more),
            command: command.to_owned(),
        })
    }

    fn date(&self, at: DateTime<Utc>) -> String {
        self.words.near(at, self.digest.to, self.digest.zone)
    }

    /// Tells whether the digest is about several brands.
    fn is_several(&self) -> bool {
        let Digest { counts, today, asked, .. } = self.digest;
        let tickets = today.iter().chain(asked).map(|ticket| &ticket.brand);
        counts.keys().chain(tickets).collect::<std::collections::BTreeSet<_>>().len() > 1
    }
}

/// Returns the address where it may be linked: on the web, and no longer than mail can bear.
pub(super) fn link(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let fit = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_LINK;
    (fit && url.username().is_empty() && url.password().is_none()).then_some(url)
}
