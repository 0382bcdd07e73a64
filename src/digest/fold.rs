//! What becomes shorter in a digest: the complaints of one event are one line, and what a mail program would
//! cut off is counted instead.

use super::{Digest, Section, TicketLine, html};
use crate::brand::BrandName;
use crate::enrich::{Label, Priority};
use crate::mention::{Mention, MentionId, TicketId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The longest HTML, in bytes as they are sent. Gmail cuts off what lies beyond 102 KB.
const LONGEST: usize = 100_000;

/// Leaves of the mentions of one event the one whose ticket is the most pressing: it speaks for all.
pub(super) fn one_an_event(mentions: &mut Vec<&Mention>, tickets: &HashMap<TicketId, &TicketLine>) {
    let of = |mention: &Mention| {
        let line = mention.ticket.and_then(|id| tickets.get(&id))?;
        Some(((line.event?.first, mention.brand.clone()), line.priority, line.id))
    };
    let mut most: BTreeMap<(TicketId, BrandName), (Priority, TicketId, MentionId)> =
        BTreeMap::new();
    for mention in mentions.iter() {
        let Some((event, priority, ticket)) = of(mention) else { continue };
        let best = most.entry(event).or_insert_with(|| (priority, ticket, mention.id.clone()));
        // The one that came first, where they are alike.
        if priority > best.0 || (priority == best.0 && ticket < best.1) {
            *best = (priority, ticket, mention.id.clone());
        }
    }
    mentions.retain(|mention| {
        of(mention).is_none_or(|(event, ..)| {
            most.get(&event).is_some_and(|(_, _, speaker)| *speaker == mention.id)
        })
    });
}

/// Leaves the first ticket of each event, which is the most pressing, as they are sorted.
pub(super) fn first_of_each_event(tickets: &mut Vec<&TicketLine>) {
    let mut seen = HashSet::new();
    tickets.retain(|ticket| ticket.event.is_none_or(|event| seen.insert(event.first)));
}

impl Digest {
    /// The same, so short that no mail program cuts it off: what matters least is counted only.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        while sent(&html::render(&self)) > LONGEST {
            if !self.shorten() {
                break;
            }
        }
        self
    }

    /// Returns the ids of those of its mentions that it counts and neither shows nor names by the ticket, or
    /// by the event, that they have.
    pub fn counted_only(&self, mentions: &[Mention]) -> Vec<String> {
        if self.hidden == 0 {
            return Vec::new();
        }
        let items = || {
            let groups = self.sections.iter().flat_map(|section| &section.groups);
            groups.flat_map(|group| &group.items)
        };
        let shown: HashSet<&MentionId> = items().map(|item| &item.mention.id).collect();
        let lines = items().filter_map(|item| item.ticket.as_ref()).chain(&self.today);
        let named: HashSet<TicketId> = lines
            .flat_map(|line| [Some(line.id), line.event.map(|event| event.first)])
            .flatten()
            .collect();
        let is_named = |mention: &Mention| {
            let event = mention.ticket.and_then(|id| self.events.get(&id)).copied();
            mention.ticket.is_some_and(|id| named.contains(&id))
                || event.is_some_and(|event| named.contains(&event))
        };
        let hidden = mentions.iter().filter(|it| !shown.contains(&it.id) && !is_named(it));
        hidden.map(|mention| mention.id.to_string()).collect()
    }

    /// Counts a tenth of what matters least instead of showing it; `false` where there is nothing left.
    fn shorten(&mut self) -> bool {
        let shown: usize = self.sections.iter().map(Section::shown).sum();
        // What is negative is kept longest.
        let least = [Label::Positive, Label::Neutral, Label::Negative];
        for label in least {
            let section = self.sections.iter_mut().find(|section| section.label == label);
            let Some(section) = section.filter(|section| section.shown() > 0) else { continue };
            for _ in 0..(shown / 10).max(1) {
                let longest = section.groups.iter_mut().max_by_key(|group| group.items.len());
                if longest.and_then(|group| group.items.pop()).is_some() {
                    self.hidden += 1;
                }
            }
            section.groups.retain(|group| !group.items.is_empty());
            self.sections.retain(|section| !section.groups.is_empty());
            return true;
        }
        let shorter = |lines: usize| lines - lines.div_ceil(5);
        if !self.quiet.is_empty() {
            let left = shorter(self.quiet.len());
            self.quiet_hidden += self.quiet.split_off(left).len();
        } else if !self.blind_spots.is_empty() {
            let left = shorter(self.blind_spots.len());
            self.blind_hidden += self.blind_spots.split_off(left).len();
        } else if !self.asked.is_empty() {
            let left = shorter(self.asked.len());
            self.asked_hidden += self.asked.split_off(left).len();
        } else if !self.today.is_empty() {
            let left = shorter(self.today.len());
            self.today_hidden += self.today.split_off(left).len();
        } else {
            return false;
        }
        true
    }
}

/// Returns how many bytes a text has as it is sent, where what is no plain letter takes three.
fn sent(text: &str) -> usize {
    text.bytes().map(|byte| if byte.is_ascii() && byte != b'=' { 1 } else { 3 }).sum()
}

impl Section {
    /// How many mentions it shows.
    fn shown(&self) -> usize {
        self.groups.iter().map(|group| group.items.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::digest::sample::{digest, mention, ticket};
    use crate::digest::{Event, html, subject, text};
    use crate::enrich::Label;
    use crate::mention::{Mention, MentionId, TicketId};

    #[test]
    fn the_complaints_of_an_event_are_one_line_and_all_count() {
        let mut tickets: Vec<_> = (1..=4).map(ticket).collect();
        let mut mentions = Vec::new();
        for line in &mut tickets {
            line.event = Some(Event { first: TicketId(1), fresh: 3, all: 8 });
            line.overdue = true;
            if line.id.0 > 1 {
                let number = u8::try_from(line.id.0).unwrap();
                let mut told = mention(number, Label::Negative, Some("Acme is down"), "Acme");
                told.ticket = Some(line.id);
                mentions.push(told);
            }
        }
        let digest = digest(&mentions, &tickets);
        assert_eq!((digest.total().negative, digest.today.len(), digest.hidden), (3, 1, 0));
        let text = text::render(&digest);
        assert_eq!(text.matches("\n* ").count(), 2, "one that needs somebody, one told: {text}");
        let rising = "one event: 3 new tickets since the last digest, 8 in all";
        assert_eq!(text.replace("\n  ", " ").matches(rising).count(), 2, "{text}");
        assert_eq!(text.matches("vahti incident 1").count(), 2, "{text}");
        assert!(text.contains("Negative (3)"), "{text}");
        assert_eq!(subject(&digest), "Acme: 3 mentions, 3 negative – Acme is down");
        let none = super::super::sample::digest(&[], &tickets);
        assert!(subject(&none).contains("4 tickets need attention today"), "{}", subject(&none));
    }

    #[test]
    fn no_mail_program_cuts_a_digest_off_and_it_says_what_is_left_out() {
        let long = format!("Acme {}", "on ihan hävytöntä & \"väärin\" ".repeat(40));
        let told = |number: u16, label| {
            let mut told = mention(7, label, Some(&long), &long);
            told.id = MentionId(format!("m{number}"));
            told.post.url = Some(format!("https://news.example/{number}/{}", "x".repeat(300)));
            told
        };
        let mut mentions: Vec<Mention> = (0..90).map(|it| told(it, Label::Negative)).collect();
        mentions.extend((90..190).map(|it| told(it, Label::Positive)));
        let tickets: Vec<_> = (1..80)
            .map(|id| {
                let mut line = ticket(id);
                line.overdue = true;
                line
            })
            .collect();
        let digest = digest(&mentions, &tickets).fitted();
        let rendered = html::render(&digest);
        let sent = super::sent(&rendered);
        assert!(sent <= 100_000 && sent > 80_000 && rendered.len() > 60_000, "{sent}");
        assert_eq!(digest.total().all(), 190);
        assert!(digest.hidden > 100, "{}", digest.hidden);
        let more = format!("And {} more:", digest.hidden);
        assert!(rendered.contains(&more) && text::render(&digest).contains(&more));
    }
}
