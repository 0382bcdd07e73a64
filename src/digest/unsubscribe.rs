//! The page that the link in a mail leads to, by which its recipient is told no more. It does nothing by
//! itself: programs that look at every link in a mail press no button.

use super::excerpt::line;
use super::page::STYLE;
use super::words::{Words, fill};
use crate::delivery::one_click::{FIELD, ONE_CLICK};
use crate::text::Language;
use askama::Template;
use serde::Deserialize;
use std::sync::LazyLock;

/// The field of the button by which somebody is told again.
pub const AGAIN: &str = "subscribe";

/// The longest name of an alert that is shown, in characters.
const LONGEST_NAME: usize = 100;

/// What there is to say of an alert to one of its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell<'a> {
    /// Is that what you want?
    Asked(&'a str),
    /// You are told no more.
    Done(&'a str),
    /// You are told again.
    Back(&'a str),
    /// The link is nobody's.
    Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    title: String,
    ask: String,
    ask_means: String,
    stop: String,
    done: String,
    done_means: String,
    again: String,
    back: String,
    back_means: String,
    unknown: String,
    unknown_means: String,
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
    toml::from_str(include_str!("texts/unsubscribe.toml"))
        .expect("the file is compiled in, and the tests read it")
});

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Shown {
    language: &'static str,
    style: &'static str,
    title: &'static str,
    heading: String,
    means: &'static str,
    /// The name and value of what is pressed, what stands on it, and whether it is no more than offered.
    button: Option<(&'static str, &'static str, &'static str, bool)>,
}

/// Returns the page.
pub fn render(farewell: Farewell<'_>, language: Language) -> String {
    let own = match language {
        Language::FINNISH => &OWN.fi,
        Language::TURKISH => &OWN.tr,
        Language::SWEDISH => &OWN.sv,
        _ => &OWN.en,
    };
    let stop = |is_quiet| Some((FIELD, ONE_CLICK, own.stop.as_str(), is_quiet));
    let again = Some((AGAIN, "1", own.again.as_str(), true));
    let (heading, alert, means, button) = match farewell {
        Farewell::Asked(alert) => (&own.ask, alert, &own.ask_means, stop(false)),
        Farewell::Done(alert) => (&own.done, alert, &own.done_means, again),
        Farewell::Back(alert) => (&own.back, alert, &own.back_means, stop(true)),
        Farewell::Unknown => (&own.unknown, "", &own.unknown_means, None),
    };
    let shown = Shown {
        language: Words::of(language).code(),
        style: STYLE,
        title: &own.title,
        heading: fill(heading, &[("alert", &line(alert, LONGEST_NAME))]),
        means,
        button,
    };
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    shown.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_asks_says_what_was_done_and_offers_to_take_it_back() {
        for (code, stop, again) in [
            ("en", "Stop the mails<", "Get the mails again<"),
            ("fi", "Lopeta viestit<", "Tilaa viestit uudelleen<"),
            ("tr", "İletileri kes<", "Yeniden abone ol<"),
            ("sv", "Sluta få mejl<", "Få mejlen igen<"),
        ] {
            let page = |farewell| render(farewell, code.parse().unwrap());
            for (farewell, button) in [
                (Farewell::Asked("care <1>"), stop),
                (Farewell::Done("care <1>"), again),
                (Farewell::Back("care <1>"), stop),
            ] {
                let page = page(farewell);
                assert!(page.contains(&format!("<html lang=\"{code}\">")), "{page}");
                assert!(page.contains(button) && page.contains("care &#60;1&#62;"), "{page}");
                assert_eq!(page.matches("<button").count(), 1);
            }
            assert!(!page(Farewell::Unknown).contains("<button"));
        }
    }

    #[test]
    fn the_button_sends_what_mail_programs_send() {
        let page = render(Farewell::Asked("a"), Language::ENGLISH);
        assert!(page.contains("name=\"List-Unsubscribe\" value=\"One-Click\""), "{page}");
        assert!(page.contains("<form method=\"post\">"), "{page}");
    }
}
