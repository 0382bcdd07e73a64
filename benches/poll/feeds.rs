//! The feeds: RSS 2.0, Atom and JSON Feed in turn, in Finnish, Turkish and English, the same at every run.

use std::fmt::Write as _;

pub(crate) const ENTRIES: u32 = 30;
/// An invented name, in no word list below.
pub(crate) const BRAND: &str = "Kielotar";
/// A place that only sounds like the brand: entries that name nothing else are no mention.
pub(crate) const EXCLUDED: &str = "hotel kielotar";

/// One entry in fifty names the brand, one in a hundred and fifty only the hotel.
const PLANTED_ONE_IN: u64 = 50;
const DECOY_ONE_IN: u64 = 150;

pub(crate) struct Feed {
    pub(crate) number: u32,
    pub(crate) content_type: &'static str,
    pub(crate) document: Vec<u8>,
    /// The addresses of the entries that name the brand.
    pub(crate) planted: Vec<String>,
}

struct Entry {
    id: String,
    url: String,
    title: String,
    text: String,
    minute: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Brand {
    Named,
    Decoy,
    Absent,
}

impl Feed {
    pub(crate) fn new(number: u32) -> Self {
        let words = &LANGUAGES[index(u64::from(number) / 3, LANGUAGES.len())];
        let mut planted = Vec::new();
        let mut entries = Vec::new();
        for place in 0..ENTRIES {
            let mut dice = Dice::new(number, place);
            let brand = match dice.roll() {
                roll if roll.is_multiple_of(PLANTED_ONE_IN) => Brand::Named,
                roll if (roll / PLANTED_ONE_IN).is_multiple_of(DECOY_ONE_IN) => Brand::Decoy,
                _ => Brand::Absent,
            };
            let entry = Entry::new(number, place, brand, words, &mut dice);
            if brand == Brand::Named {
                planted.push(entry.url.clone());
            }
            entries.push(entry);
        }
        let (content_type, document) = match number % 3 {
            0 => ("application/rss+xml; charset=utf-8", rss(number, words, &entries)),
            1 => ("application/atom+xml", atom(number, words, &entries)),
            _ => ("application/feed+json", json(number, words, &entries)),
        };
        Self { number, content_type, document: document.into_bytes(), planted }
    }
}

impl Entry {
    fn new(feed: u32, place: u32, brand: Brand, words: &Words, dice: &mut Dice) -> Self {
        let mut title: Vec<&str> =
            (0..6 + index(dice.roll(), 4)).map(|_| dice.pick(words.plain)).collect();
        let mut text: Vec<&str> =
            (0..45 + index(dice.roll(), 40)).map(|_| dice.pick(words.plain)).collect();
        let spelling = dice.pick(&[BRAND, BRAND, BRAND, "KIELOTAR", "kielotar"]);
        match brand {
            Brand::Absent => {}
            Brand::Decoy => insert(&mut text, dice, &["Hotel", "Kielotar"]),
            Brand::Named if dice.roll().is_multiple_of(3) => insert(&mut title, dice, &[spelling]),
            Brand::Named => insert(&mut text, dice, &[spelling]),
        }
        if brand == Brand::Named && dice.roll().is_multiple_of(2) {
            text.push(dice.pick(words.complaints));
        }
        Self {
            id: format!("tag:site{feed}.example,2026:{place}"),
            url: format!("https://site{feed}.example/2026/11/{place}-{}", dice.pick(words.slugs)),
            title: title.join(" "),
            text: format!("{}.", text.join(" ")),
            minute: feed % 1_000 + place * 40,
        }
    }
}

fn insert<'a>(words: &mut Vec<&'a str>, dice: &mut Dice, what: &[&'a str]) {
    let at = index(dice.roll(), words.len());
    words.splice(at..at, what.iter().copied());
}

/// Pseudo-random numbers that depend on the entry alone (splitmix64).
struct Dice(u64);

impl Dice {
    fn new(feed: u32, place: u32) -> Self {
        Self(u64::from(feed) << 32 | u64::from(place))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[index(self.roll(), words.len())]
    }
}

fn index(roll: u64, length: usize) -> usize {
    usize::try_from(roll >> 1).unwrap_or(0) % length
}

// Dates end on the 20th of November 2026; the configuration keeps mentions for a century, so they never grow too old.

fn date(minute: u32) -> (u32, u32, u32) {
    (17 + minute / 1_440 % 4, minute / 60 % 24, minute % 60)
}

fn rss(number: u32, words: &Words, entries: &[Entry]) -> String {
    let mut out = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Site {number}</title><link>https://site{number}.example/</link>
<description>News of site {number}</description><language>{}</language>
"#,
        words.language
    );
    for Entry { id, url, title, text, minute } in entries {
        let (day, hour, minute) = date(*minute);
        let weekday = ["Tue", "Wed", "Thu", "Fri"][index(u64::from(day - 17) << 1, 4)];
        push(
            &mut out,
            format_args!(
                "<item><guid isPermaLink=\"false\">{id}</guid><link>{url}</link><title>{title}</title>\
             <description><![CDATA[<p>{text}</p><img src=\"{url}.png\" alt=\"\">]]></description>\
             <pubDate>{weekday}, {day} Nov 2026 {hour:02}:{minute:02}:00 GMT</pubDate></item>\n"
            ),
        );
    }
    out.push_str("</channel></rss>\n");
    out
}

fn atom(number: u32, words: &Words, entries: &[Entry]) -> String {
    let mut out = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{}"><title>Site {number}</title>
<id>tag:site{number}.example,2026:feed</id><updated>2026-11-20T12:00:00Z</updated><author><name>Site {number}</name></author>
"#,
        words.language
    );
    for Entry { id, url, title, text, minute } in entries {
        let (day, hour, minute) = date(*minute);
        push(
            &mut out,
            format_args!(
                "<entry><id>{id}</id><link href=\"{url}\"/><title>{title}</title>\
             <content type=\"html\">&lt;p&gt;{text}&lt;/p&gt;</content>\
             <updated>2026-11-{day}T{hour:02}:{minute:02}:00Z</updated></entry>\n"
            ),
        );
    }
    out.push_str("</feed>\n");
    out
}

fn json(number: u32, words: &Words, entries: &[Entry]) -> String {
    let items: Vec<_> = entries
        .iter()
        .map(|Entry { id, url, title, text, minute }| {
            let (day, hour, minute) = date(*minute);
            serde_json::json!({
                "id": id, "url": url, "title": title, "content_html": format!("<p>{text}</p>"),
                "date_published": format!("2026-11-{day}T{hour:02}:{minute:02}:00Z"),
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": format!("Site {number}"),
        "home_page_url": format!("https://site{number}.example/"),
        "language": words.language,
        "items": items,
    })
    .to_string()
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all that is written");
}

struct Words {
    language: &'static str,
    plain: &'static [&'static str],
    slugs: &'static [&'static str],
    complaints: &'static [&'static str],
}

const LANGUAGES: [Words; 3] = [
    Words {
        language: "fi",
        plain: &[
            "kaupunki",
            "aamulla",
            "uusi",
            "silta",
            "avattiin",
            "vihdoin",
            "kun",
            "sade",
            "lakkasi",
            "ja",
            "ihmiset",
            "kävelivät",
            "rantaan",
            "katsomaan",
            "laivoja",
            "jotka",
            "tulivat",
            "pohjoisesta",
            "myöhään",
            "illalla",
            "kirjasto",
            "pitää",
            "ovensa",
            "auki",
            "koko",
            "viikon",
            "vaikka",
            "remontti",
            "kestää",
            "kevääseen",
            "hinnat",
            "nousivat",
            "hieman",
            "mutta",
            "kauppa",
            "kävi",
            "hyvin",
            "lähes",
            "jokaisessa",
            "kylässä",
            "opettaja",
            "kertoi",
            "että",
            "lapset",
            "oppivat",
            "nopeasti",
            "metsässä",
            "jossa",
            "kasvaa",
            "mäntyjä",
        ],
        slugs: &["uutinen", "kaupunki", "paivan-aihe", "kirje"],
        complaints: &[
            "ja se hajosi heti, asiakaspalvelu ei vastaa, vaadin rahat takaisin",
            "aivan surkea kokemus, en osta enää koskaan",
        ],
    },
    Words {
        language: "tr",
        plain: &[
            "şehir",
            "sabah",
            "yeni",
            "köprü",
            "açıldı",
            "sonunda",
            "yağmur",
            "durdu",
            "ve",
            "insanlar",
            "sahile",
            "yürüdü",
            "gemileri",
            "izlemek",
            "için",
            "kuzeyden",
            "gelen",
            "akşam",
            "geç",
            "saatlerde",
            "kütüphane",
            "bütün",
            "hafta",
            "açık",
            "kalacak",
            "tadilat",
            "bahara",
            "kadar",
            "sürse",
            "bile",
            "fiyatlar",
            "biraz",
            "yükseldi",
            "ama",
            "satışlar",
            "iyi",
            "gitti",
            "neredeyse",
            "her",
            "köyde",
            "öğretmen",
            "çocukların",
            "çabuk",
            "öğrendiğini",
            "söyledi",
            "ormanda",
            "çam",
            "ağaçları",
            "büyüyor",
            "ılık",
        ],
        slugs: &["haber", "sehir", "gunun-konusu", "mektup"],
        complaints: &[
            "hemen bozuldu, müşteri hizmetleri cevap vermiyor, paramı geri istiyorum",
            "berbat bir deneyim, bir daha asla almam",
        ],
    },
    Words {
        language: "en",
        plain: &[
            "town", "in", "the", "morning", "new", "bridge", "opened", "at", "last", "when",
            "rain", "stopped", "and", "people", "walked", "to", "shore", "watching", "ships",
            "that", "came", "from", "north", "late", "evening", "library", "keeps", "its", "doors",
            "open", "all", "week", "although", "repairs", "last", "until", "spring", "prices",
            "rose", "a", "little", "but", "trade", "went", "well", "nearly", "every", "village",
            "teacher", "said",
        ],
        slugs: &["story", "town", "topic-of-the-day", "letter"],
        complaints: &[
            "and it broke at once, support never answers, I want my money back",
            "a terrible experience, I will never buy from them again",
        ],
    },
];
