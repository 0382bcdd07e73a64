//! The page: what was said of each brand in a week against the week before, drawn as in the mails, and its
//! tickets. It runs nothing and loads nothing; its one style sheet is known by its hash.

use super::chart::Chart;
use super::excerpt::line;
use super::words::{Forms, Words, fill};
use super::{Counts, Volume};
use crate::enrich::Label;
use crate::text::Language;
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("templates/page.css");

/// What a browser lets our pages do: be drawn in our style, and send their own buttons to us.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
});

/// A brand, as it stands.
#[derive(Debug, Clone)]
pub struct Stand {
    /// What was said in a week, and in the week before.
    pub volume: Volume,
    /// The tickets that somebody still has to settle, and those that are overdue.
    pub open: u64,
    pub overdue: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    title: String,
    lead: String,
    as_of: String,
    open: Forms,
    overdue: Forms,
    period: String,
    all: String,
    now: String,
    before: String,
    few: String,
    feed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Languages {
    en: Own,
    fi: Own,
    tr: Own,
    sv: Own,
}

static OWN: LazyLock<Languages> = LazyLock::new(|| {
    toml::from_str(include_str!("texts/page.toml"))
        .expect("the file is compiled in, and the tests read it")
});

#[derive(Template)]
#[template(path = "page.html")]
struct Shown {
    style: &'static str,
    view: View,
}

struct View {
    language: &'static str,
    own: &'static Own,
    as_of: String,
    brands: Vec<BrandView>,
}

struct BrandView {
    name: String,
    open: String,
    overdue: Option<String>,
    /// The drawing, whose words are escaped; `None` where too little was said.
    svg: Option<String>,
    /// A name, and how many in the week and in the one before.
    rows: [(&'static str, [String; 2]); 4],
    feed: String,
}

/// Returns the page.
pub fn render(brands: &[Stand], language: Language, zone: Tz, now: DateTime<Utc>) -> String {
    let words = Words::of(language);
    let own = match language {
        Language::FINNISH => &OWN.fi,
        Language::TURKISH => &OWN.tr,
        Language::SWEDISH => &OWN.sv,
        _ => &OWN.en,
    };
    let view = View {
        language: words.code(),
        own,
        as_of: fill(&own.as_of, &[("date", &words.date(now, zone))]),
        brands: brands.iter().map(|stand| BrandView::of(stand, own, words, zone)).collect(),
    };
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    Shown { style: STYLE, view }.render().unwrap_or_default()
}

impl BrandView {
    fn of(stand: &Stand, own: &'static Own, words: &'static Words, zone: Tz) -> Self {
        let Stand { volume, open, overdue } = stand;
        let sum = |counts: &[Counts]| counts.iter().fold(Counts::default(), |sum, it| sum.and(*it));
        let weeks = [sum(&volume.now), sum(&volume.before)];
        let row = |number: fn(&Counts) -> u64| weeks.map(|week| words.number(number(&week)));
        let heading = |label| words.heading.of(label);
        let query = format!("brand:\"{}\"", volume.brand.0.replace('"', ""));
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        Self {
            name: line(&volume.brand.0, 80),
            open: words.count(*open, &own.open),
            overdue: (*overdue > 0).then(|| words.count(*overdue, &own.overdue)),
            svg: Chart::drawn(volume, words, zone).map(|chart| chart.svg),
            rows: [
                (own.all.as_str(), row(Counts::all)),
                (heading(Label::Negative), row(|week| week.negative)),
                (heading(Label::Neutral), row(|week| week.neutral)),
                (heading(Label::Positive), row(|week| week.positive)),
            ],
            feed: format!("feed.atom?q={query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{now, volume};

    fn stand(brand: &str) -> Stand {
        let mut volume = volume();
        volume.brand.0 = brand.into();
        Stand { volume, open: 3, overdue: 1 }
    }

    fn page(brand: &str, code: &str) -> String {
        render(&[stand(brand)], code.parse().unwrap(), Tz::Europe__Helsinki, now())
    }

    #[test]
    fn each_language_shows_drawing_table_tickets_and_feed() {
        for (code, words) in [
            ("en", ["3 open tickets", "1 overdue", "Last 7 days", "Negative"]),
            ("fi", ["3 avointa tikettiä", "1 myöhässä", "Viimeiset 7 päivää", "Kielteiset"]),
            ("tr", ["3 açık kayıt", "1 gecikmiş", "Son 7 gün", "Olumsuz"]),
            ("sv", ["3 öppna ärenden", "1 försenat", "Senaste 7 dagarna", "Negativa"]),
        ] {
            let page = page("Acme", code);
            for words in words.iter().chain(&["<svg", "<title>Acme: ", "<th scope=\"row\">"]) {
                assert!(page.contains(words), "{words} in {page}");
            }
            assert!(page.contains("href=\"feed.atom?q=brand%3A%22Acme%22\""), "{page}");
        }
    }

    #[test]
    fn nothing_from_outside_becomes_markup_and_nothing_is_loaded_or_run() {
        let page = page("</title><script>alert(1)</script>\"'&", "en");
        assert!(page.contains("alert(1)"), "the name itself is kept");
        for tag in ["<script", "src=", "@import", "url(", "style=", "<link", "onload"] {
            assert!(!page.contains(tag), "{tag} in {page}");
        }
        let (_, rest) = page.split_once("<style>").unwrap();
        let style = rest.split("</style>").next().unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{}", *POLICY);
    }

    #[test]
    fn where_little_was_said_there_are_figures_and_no_drawing() {
        let mut quiet = stand("Acme");
        (quiet.overdue, quiet.open) = (0, 0);
        for counts in quiet.volume.now.iter_mut().chain(&mut quiet.volume.before) {
            *counts = Counts::default();
        }
        let page = render(&[quiet], Language::ENGLISH, Tz::UTC, now());
        assert!(!page.contains("<svg") && page.contains("Too little was said"), "{page}");
        assert!(page.contains("0 open tickets") && !page.contains("class=\"late\""), "{page}");
    }
}
