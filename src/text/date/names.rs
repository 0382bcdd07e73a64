//! The words that dates are made of, in the languages that forums and feeds are written in.
//!
//! All are lower case and without accents, as [`super::word`] makes them. A star stands for the rest
//! of a word: its inflections and the ways to shorten it.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::Weekday;

/// Month names, January first: English, Finnish, Turkish, German, Swedish, French and Spanish, then
/// Italian, Portuguese, Dutch, Polish, Danish, Norwegian, Estonian, Czech, Hungarian and Russian.
static MONTHS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "jan janu* janv* janei* jaan* tammi* oca ocak* jann* ene ener* gen genn* sty stycz* led ledn* янв*",
        "feb feb* helmi* sub subat* fev* veeb* lut lute* luty unor* фев*",
        "mar march* mars maalis* mart marz* maerz* mrz marzo marco* maart* mrt marec marz* marz brez* marc marci* мар март*",
        "apr apri* april* huhti* nis nisan* avr* abr* kwi* dub dubn* апр*",
        "may mayis* mai maj touko* mayo maio mei mag magg* maju kvet* majus* маи мая",
        "jun june* juni* kesa* haz haziran* juin* giu giug* juun* cze czerw* cervn* cerven июн*",
        "jul july* juli* heina* tem temm* juil* lug lugl* juul* lip lipca lipiec cervenc* июл*",
        "aug aug* elo elok* agu agus* aou* ago agos* sie sierp* srp* авг*",
        "sep sept* syys* eyl* set sete* sett* wrz* zari* szept* сен*",
        "oct octo* octu* okt* loka* eki ekim* out outu* ott otto* pazdz* rij* окт*",
        "nov nove* novi* marras* kas kasim* lis listopad* ноя*",
        "dec dece* joulu* ara aral* dez* des dese* desemb* dic dici* dets* detsem* grud* gru prosin* дек*",
    ])
});

/// Day names, Monday first, in the same languages.
static WEEKDAYS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "monday* maanantai* pazartesi* montag* mandag* lunes lundi lunedi maandag* poniedz* понедел*",
        "tuesday* tiistai* sali dienstag* tisdag* tirsdag* martes mardi martedi dinsdag* wtorek вторник*",
        "wednesday* keskiviik* carsamba* mittwoch* onsdag* miercoles mercredi mercoledi woensdag* sroda среда среду",
        "thursday* torstai* persembe* donnerstag* torsdag* jueves jeudi giovedi donderdag* czwartek четверг*",
        "friday* perjantai* cuma freitag* fredag* viernes vendredi venerdi vrijdag* piatek пятниц*",
        "saturday* lauantai* cumartesi* samstag* sonnabend* lordag* sabado samedi sabato zaterdag* sobota суббот*",
        "sunday* sunnuntai* pazar sonntag* sondag* domingo dimanche domenica zondag* niedziela воскресен*",
    ])
});

/// As above, shortened: other words too, so they count only at the beginning of a text.
static SHORT_WEEKDAYS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "mon ma pzt mo man lun",
        "tue ti sal di tis tir mar",
        "wed ke car mi ons mie mer",
        "thu to per do tor jue jeu",
        "fri pe cum fr fre vie ven",
        "sat la cmt sa lor sab sam",
        "sun su paz so son dom dim",
    ])
});

/// A span of time that people count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds(i64),
    Months(u32),
}

/// Names of units, shortened and inflected.
static UNITS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        // Swedish writes the half into the word.
        "halvtimme",
        "s sn sec secs second* sek* sn saniye* segundo* secondi secondo",
        "m mn min mins minu* dk dak dakika* мин*",
        "h hr hrs hour* t tun tunti* tuntia tunnin tund* tim timm* timer st std stund* saat* sa \
         heur* hora* ore ora uur uren godz* час*",
        "d day* paiv* pv pva gun* g tag tage tagen dag dagar dage dagen dygn* giorn* dia dias j jour* \
         dni dzien den дн* день paev*",
        "w wk wks week* weken viik* vk hafta* hf woche* veck* sem semain* seman* settiman* uge uger \
         uke uker tydz* tygodn* недел* nadal*",
        "mo mos month* kk kuukau* kuu kuud ay aylar monat* manad* mes meses mois mesi maand* maned* \
         miesi* месяц*",
        "y yr yrs year* vuosi vuotta vuoden yil* jahr* ar aret an ans annee* ano anos anni anno jaar \
         jaren rok lat лет год* aasta*",
    ])
});
/// What they are, in the same order.
const SPANS: [Unit; 8] = [
    Unit::Seconds(1_800),
    Unit::Seconds(1),
    Unit::Seconds(60),
    Unit::Seconds(3_600),
    Unit::Seconds(86_400),
    Unit::Seconds(7 * 86_400),
    Unit::Months(1),
    Unit::Months(12),
];

/// Words for numbers; the place in the list is the number, and so is few taken for three.
static COUNTS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "",
        "a an one yksi yhden bir ein eine einer einem einen en ett une un una uno um uma een",
        "two couple pari kaksi kahden iki zwei tva deux dos due duas dois twee",
        "three few kolme kolmen muutama* uc birkac drei paar wenigen einigen tre nagra trois quelques tres \
     unos unas tre drie pocos",
        "four nelja neljan dort vier fyra quatre cuatro quattro quatro",
        "five viisi viiden bes funf fem cinq cinco cinque vijf",
        "six kuusi kuuden alti sechs sex seis sei zes",
        "seven seitseman yedi sieben sju sept siete sette zeven",
        "eight kahdeksan sekiz acht atta huit ocho otto",
        "nine yhdeksan dokuz neun nio neuf nueve nove negen",
        "ten kymmenen on zehn tio dix diez dieci tien",
        "eleven yksitoista elf elva onze once",
        "twelve kaksitoista zwolf tolv douze doce",
    ])
});

/// Words for a half.
static HALVES: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&["half puoli puolen yarim halben halbe halv demi demie media mezza meia"])
});

/// What follows a span that is past.
static AGO: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&["ago sitten once evvel sedan siden geleden temu назад tagasi fa atras tilbage"])
});
/// What leads to a span that is past.
static SINCE: LazyLock<Names> = LazyLock::new(|| Names::of(&["vor hace ha"]));

/// What leads to a time, so that `klo 14.05` is one.
static CLOCK: LazyLock<Names> =
    LazyLock::new(|| Names::of(&["at klo kello kl um gegen saat saati a las om ob o ore alle as"]));

/// Words around dates in languages that put the day before the month.
static DAY_FIRST: LazyLock<Names> =
    LazyLock::new(|| Names::of(&["klo kello kl um uhr saat saati las le el am den alle ore om"]));

/// What says that the dates behind it are of a change, not of the post.
static EDITS: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "edit edited modified muokattu muokkaus muokannut paivitetty duzenleme* duzenlendi \
     duzenleyen bearbeitet geandert redigerad redigerat andrad modifie modifiee modification edition editado \
     editada edicion modificado modificada updated aktualisiert uppdaterad",
    ])
});

/// What means now, or so near that nobody counts.
static NOW: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&["now az biraz nyt nyss instant* moment moments momento momentos hetki soeben \
     gerade eben jetzt simdi demin ahora nu askettain сеичас только"])
});

static TODAY: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "today tanaan bugun heute idag aujourd hoy oggi hoje vandaag сегодня dzisiaj dzis tana",
    ])
});
static YESTERDAY: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "yesterday eilen dun gestern igar hier ayer ieri ontem gisteren вчера wczoraj eile",
    ])
});
static DAY_BEFORE: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&["toissapaivana vorgestern forrgar iforrgar forgars iforgars anteayer antier \
     eergisteren anteontem позавчера przedwczoraj toissapaiva"])
});

/// Zone names with the minutes by which they are ahead of UTC. Names that several countries use
/// mean what they mean in mail (RFC 2822), then what they mean in Europe.
const ZONES: [(&str, i32); 35] = [
    ("utc", 0),
    ("ut", 0),
    ("gmt", 0),
    ("wez", 0),
    ("z", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("met", 60),
    ("mez", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("trt", 180),
    ("tsi", 180),
    ("msk", 180),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
    ("jst", 540),
    ("kst", 540),
    ("ist", 330),
    ("aest", 600),
    ("aedt", 660),
];

/// Lists of names, by their first letters, so that a word need not be held against all.
struct Names(HashMap<char, Vec<Name>>);

struct Name {
    beginning: &'static str,
    /// More may follow.
    open: bool,
    /// Which list it is of.
    place: usize,
}

impl Names {
    /// Takes lists of names in, which stand apart by spaces.
    fn of(lists: &[&'static str]) -> Self {
        let mut names: HashMap<char, Vec<Name>> = HashMap::new();
        for (place, list) in lists.iter().enumerate() {
            for name in list.split_ascii_whitespace() {
                let (beginning, open) = name.strip_suffix('*').map_or((name, false), |b| (b, true));
                let same = names.entry(beginning.chars().next().unwrap_or_default()).or_default();
                same.push(Name { beginning, open, place });
            }
        }
        Self(names)
    }

    /// Returns in which list `word` is.
    fn place(&self, word: &str) -> Option<usize> {
        let same = self.0.get(&word.chars().next()?)?;
        let is = |name: &&Name| {
            if name.open { word.starts_with(name.beginning) } else { word == name.beginning }
        };
        same.iter().find(is).map(|name| name.place)
    }

    fn has(&self, word: &str) -> bool {
        self.place(word).is_some()
    }
}

/// Returns the month from 1 that `word` names.
pub(super) fn month(word: &str) -> Option<u32> {
    if weekday(word).is_some() {
        return None;
    }
    MONTHS.place(word).and_then(|place| u32::try_from(place + 1).ok())
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS.place(word).and_then(nth_weekday)
}

/// Returns the day that `word` shortens. It may as well be another word.
pub(super) fn short_weekday(word: &str) -> Option<Weekday> {
    SHORT_WEEKDAYS.place(word).and_then(nth_weekday)
}

fn nth_weekday(place: usize) -> Option<Weekday> {
    u8::try_from(place).ok().and_then(|place| Weekday::try_from(place).ok())
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    UNITS.place(word).and_then(|place| SPANS.get(place).copied())
}

pub(super) fn count(word: &str) -> Option<u32> {
    COUNTS.place(word).and_then(|place| u32::try_from(place).ok())
}

pub(super) fn is_half(word: &str) -> bool {
    HALVES.has(word)
}

pub(super) fn is_ago(word: &str) -> bool {
    AGO.has(word)
}

pub(super) fn is_since(word: &str) -> bool {
    SINCE.has(word)
}

pub(super) fn leads_to_clock(word: &str) -> bool {
    CLOCK.has(word)
}

pub(super) fn shows_day_first(word: &str) -> bool {
    DAY_FIRST.has(word)
}

pub(super) fn is_edit(word: &str) -> bool {
    EDITS.has(word)
}

pub(super) fn is_now(word: &str) -> bool {
    NOW.has(word)
}

/// Returns how many days before today `word` means, told `before`, the word in front of it:
/// `i går` and `avant-hier` are two.
pub(super) fn days_back(before: &str, word: &str) -> Option<u64> {
    match (before, word) {
        ("i", "dag") => Some(0),
        ("i", "gar") => Some(1),
        ("before" | "avant", word) if YESTERDAY.has(word) => Some(2),
        ("evvelsi" | "evvelki" | "onceki", "gun") => Some(2),
        (_, word) if TODAY.has(word) => Some(0),
        (_, word) if YESTERDAY.has(word) => Some(1),
        (_, word) if DAY_BEFORE.has(word) => Some(2),
        _ => None,
    }
}

/// Says whether `word` tells the afternoon (`Some(true)`) or the morning, behind a time.
pub(super) fn afternoon(word: &str) -> Option<bool> {
    match word {
        "pm" | "ip" | "os" | "em" | "下午" | "午後" | "오후" => Some(true),
        "am" | "ap" | "oo" | "fm" | "上午" | "午前" | "오전" => Some(false),
        _ => None,
    }
}

/// As [`afternoon`], before a time.
pub(super) fn afternoon_before(word: &str) -> Option<bool> {
    if matches!(word, "oo" | "os") || !word.is_ascii() { afternoon(word) } else { None }
}

/// Returns by how many minutes the zone `word` is ahead of UTC.
pub(super) fn zone(word: &str) -> Option<i32> {
    ZONES.iter().find(|(zone, _)| *zone == word).map(|(_, minutes)| *minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_many_languages_and_forms() {
        for (number, words) in (1..).zip([
            "january jan tammikuuta tammik ocak januari janvier enero",
            "february helmikuuta subat februar fevrier febrero",
            "march maaliskuuta mart marz mars marzo",
            "april huhtikuuta nisan avril abril",
            "may toukokuuta mayis mai maj mayo",
            "june kesakuuta haziran juni juin junio",
            "july heinakuuta temmuz juli juillet julio",
            "august elokuuta agustos augusti aout agosto",
            "september sept syyskuuta eylul septembre septiembre",
            "october lokakuuta ekim oktober octobre octubre",
            "november marraskuuta marrask kasim novembre noviembre",
            "december joulukuuta aralik dezember decembre diciembre",
        ]) {
            for word in words.split(' ') {
                assert_eq!(month(word), Some(number), "{word}");
            }
        }
        for word in ["martin", "mardi", "martes", "marko", "mayor", "sepp", "", "minutes", "days"] {
            assert_eq!(month(word), None, "{word}");
        }
    }

    #[test]
    fn a_day_name_that_begins_another_is_kept_apart() {
        for (word, expected) in [
            ("pazar", Weekday::Sun),
            ("pazartesi", Weekday::Mon),
            ("cuma", Weekday::Fri),
            ("cumartesi", Weekday::Sat),
            ("perjantaina", Weekday::Fri),
            ("fredags", Weekday::Fri),
        ] {
            assert_eq!(weekday(word), Some(expected), "{word}");
        }
    }
}
