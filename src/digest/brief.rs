//! A digest in short, for channels where people chat: what needs somebody today, then the mentions, each in a
//! line with its link. Plain text; who sends it escapes and cuts it.

use super::view::{ItemView, TicketView, View};
use super::words::Words;
use super::{Digest, Piece};
use crate::delivery::{Brief, BriefLine};
use crate::enrich::{Label, Priority};

/// Sources that are named; the others are counted.
const MOST_SOURCES: usize = 3;

/// Returns a digest in short.
pub fn of(digest: &Digest) -> Brief {
    let view = View::of(digest);
    let words = Words::of(digest.language);
    let tickets = view.today.iter().flat_map(|today| &today.tickets);
    let items: Vec<(&str, &ItemView)> = view
        .sections
        .iter()
        .flat_map(|section| section.groups.iter().map(move |group| (section.tone, group)))
        .flat_map(|(tone, group)| group.items.iter().map(move |item| (tone, item)))
        .collect();
    let mut lines: Vec<BriefLine> = tickets.clone().map(|line| pressing(line, &items)).collect();
    let is_told = |item: &ItemView| {
        let command = item.ticket.as_ref().map(|ticket| ticket.command.as_str());
        tickets.clone().any(|ticket| Some(ticket.command.as_str()) == command)
    };
    let others = items.iter().filter(|(_, item)| !is_told(item));
    lines.extend(others.map(|(tone, item)| mention(tone, item, words)));
    Brief {
        title: view.title.clone(),
        lines,
        footer: footer(&view),
        urgent: is_urgent(digest),
        more: more(words),
    }
}

/// Returns how it is said that there are more: for one, for several.
pub(super) fn more(words: &Words) -> [String; 2] {
    words.count.more.clone().map(|form| form.trim_end_matches(':').to_owned())
}

/// A ticket that needs somebody today, with the link of its mention where that is told as well.
fn pressing(ticket: &TicketView, items: &[(&str, &ItemView)]) -> BriefLine {
    let is_of =
        |item: &ItemView| item.ticket.as_ref().is_some_and(|hint| hint.command == ticket.command);
    let item = items.iter().find(|(_, item)| is_of(item)).map(|(_, item)| item);
    let mut details = vec![format!("{}: {}", ticket.name, ticket.state)];
    details.extend(ticket.brand.clone());
    details.push(ticket.next.clone());
    details.push(ticket.command.clone());
    BriefLine {
        headline: ticket.headline.clone(),
        link: item.and_then(|item| item.link.clone()).or_else(|| ticket.link.clone()),
        details,
    }
}

fn mention(tone: &str, item: &ItemView, words: &Words) -> BriefLine {
    let plain = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect();
    let (title, sentence): (String, String) = (plain(&item.title), plain(&item.sentence));
    let (headline, rest) =
        if title.trim().is_empty() { (sentence, None) } else { (title, Some(sentence)) };
    let label = match tone {
        "negative" => Label::Negative,
        "positive" => Label::Positive,
        _ => Label::Neutral,
    };
    let mut details = vec![words.label.of(label).to_owned()];
    details.extend(item.origin.iter().cloned());
    let ticket = item.ticket.as_ref();
    details.extend(ticket.map(|ticket| format!("{} {}", ticket.words, ticket.command)));
    details.extend(rest.filter(|rest| !rest.trim().is_empty()));
    BriefLine { headline, link: item.link.clone(), details }
}

fn footer(view: &View) -> Vec<String> {
    let hints = view.more.iter().chain(&view.praise);
    let mut footer: Vec<String> =
        hints.map(|hint| format!("{} {}", hint.words, hint.command)).collect();
    if let Some(asked) = &view.asked {
        footer.push(format!("{}: vahti tickets --overdue", asked.heading));
    }
    if let Some(blind) = &view.blind {
        let names: Vec<&str> =
            blind.spots.iter().take(MOST_SOURCES).map(|spot| spot.source.as_str()).collect();
        let others = blind.spots.len().saturating_sub(MOST_SOURCES);
        let others = if others > 0 { format!(" +{others}") } else { String::new() };
        footer.push(format!("{}: {}{others}", blind.heading, names.join(", ")));
    }
    footer.extend(view.nothing.map(str::to_owned));
    footer.push(view.footer.clone());
    footer
}

/// Tells whether something in it is urgent.
fn is_urgent(digest: &Digest) -> bool {
    let mut groups = digest.sections.iter().flat_map(|section| &section.groups);
    digest.today.iter().any(|ticket| ticket.priority == Priority::Urgent)
        || groups
            .any(|group| group.items.iter().any(|item| item.mention.priority() == Priority::Urgent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::morning;
    use crate::text::Language;

    #[test]
    fn a_morning_in_short() {
        insta::assert_json_snapshot!("a_morning_in_short", of(&morning(Language::ENGLISH)));
    }

    #[test]
    fn it_is_told_in_each_language_and_nothing_twice() {
        for language in [Language::FINNISH, Language::TURKISH, Language::SWEDISH] {
            let brief = of(&morning(language));
            assert_eq!(brief.lines.len(), of(&morning(Language::ENGLISH)).lines.len());
            assert!(brief.more.iter().all(|form| form.contains("{n}") && !form.ends_with(':')));
            let links: Vec<_> = brief.lines.iter().filter_map(|line| line.link.as_ref()).collect();
            let once: std::collections::BTreeSet<_> = links.iter().collect();
            assert_eq!(links.len(), once.len(), "{links:?}");
        }
    }
}
