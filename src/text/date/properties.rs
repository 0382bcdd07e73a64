//! What holds for any text, for dates of many layouts and languages, and for those of saved pages.

use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::tests::reading;
use super::{Reading, Zone, order_of, parse};

#[test]
fn every_date_of_the_saved_forum_pages_is_read() {
    let test = "every_date_of_the_saved_forum_pages_is_read";
    let Some(folder) = crate::testing::collection(test) else { return };
    let lines = std::fs::read_to_string(folder.join("forums/expectations.jsonl")).unwrap();
    let mut read = 0;
    for line in lines.lines() {
        let page: serde_json::Value = serde_json::from_str(line).unwrap();
        if page["kind"] != "topic" {
            continue;
        }
        for post in page["posts"].as_array().unwrap() {
            let Some(date) = post["date"].as_str() else { continue };
            let year = (1990..=2026).rev().any(|year| date.contains(&year.to_string()));
            let found = reading().date(date);
            assert!(found.is_some() && (year || date.len() == 10), "{date}: {found:?}");
            read += 1;
        }
    }
    assert!(read > 700, "{read}");
}

/// Layouts of many languages, and the words for November.
const LAYOUTS: [(&str, &str); 24] = [
    ("%d.%m.%Y klo %H.%M", ""),
    ("%d.%m.%Y, %H:%M", ""),
    ("%-d.%-m.%Y %-H:%M:%S", ""),
    ("%Y-%m-%d, %I:%M %p", ""),
    ("%Y-%m-%dT%H:%M:%S", ""),
    ("%m/%d/%Y %I:%M%P", ""),
    ("%m-%d-%Y, %I:%M %p", ""),
    ("%Y年%-m月%-d日 %H:%M", ""),
    (
        "%-d @ %Y, %H:%M",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    ),
    (
        "%-d. @ %Y klo %-H.%M",
        "tammik. helmik. maalisk. huhtik. toukok. kesäk. heinäk. elok. syysk. lokak. marrask. jouluk.",
    ),
    (
        "%-d @ %Y, %H:%M",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    ),
    ("%d @ %Y %H:%M", "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"),
    (
        "@ %-d, %Y at %-I:%M %p",
        "January February March April May June July August September October November December",
    ),
    ("%a @ %d, %Y %-I:%M %P", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    (
        "%-dth @ %Y, %H:%M",
        "January February March April May June July August September October November December",
    ),
    ("@ %-d %H:%M:%S %Y", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    (
        "%-d @ %Y kl. %H:%M",
        "januari februari mars april maj juni juli augusti september oktober november december",
    ),
    ("den %-d @ %Y %H.%M", "jan. feb. mars apr. maj juni juli aug. sept. okt. nov. dec."),
    (
        "%-d. @ %Y um %H:%M Uhr",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    ("%-d. @ %Y, %H:%M", "Jan. Feb. Mär. Apr. Mai Jun. Jul. Aug. Sep. Okt. Nov. Dez."),
    (
        "%-d @ %Y à %Hh%M",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    ("mar. %-d @ %Y %H:%M", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    (
        "%-d de @ de %Y a las %-H:%M",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    ("%-d @ %Y, %H:%M", "ene feb mar abr may jun jul ago sep oct nov dic"),
];

proptest! {
    #[test]
    fn any_text_is_always_read_or_refused(
        text in "[0-9:TZ+.,/ a-z-]{0,40}|\\PC{0,20}|([0-9]{1,4}[-:./ ]|[a-z]{1,5} |ago |yesterday ){0,12}",
    ) {
        parse(&text);
        reading().date(&text);
        super::stated_zone(&text);
        order_of(std::iter::once(text.as_str()));
    }

    #[test]
    fn a_written_date_is_always_read_back(seconds in 0_i64..4_000_000_000) {
        let date = DateTime::from_timestamp(seconds, 0).unwrap();
        prop_assert_eq!(parse(&date.to_rfc3339()), Some(date));
        prop_assert_eq!(parse(&date.to_rfc2822()), Some(date));
        prop_assert_eq!(parse(&date.format("%Y-%m-%d %H:%M:%S").to_string()), Some(date));
        prop_assert_eq!(parse(&date.format("%a %b %e %T %Y").to_string()), Some(date));
    }

    #[test]
    fn a_date_is_read_back_to_the_minute_in_any_layout(minutes in 0_i64..65_000_000) {
        let date = DateTime::from_timestamp(minutes * 60, 0).unwrap();
        let utc = Reading { zone: Zone::Place(Tz::UTC), ..reading() };
        for (layout, months) in LAYOUTS {
            let months: Vec<&str> = months.split(' ').collect();
            let month = chrono::Datelike::month0(&date) as usize;
            let text = date.format(layout).to_string();
            let text = text.replace('@', months.get(month).unwrap_or(&""));
            prop_assert_eq!(parse(&text), Some(date), "{}", text);
            prop_assert_eq!(utc.date(&text), Some(date), "{}", text);
            let noise = format!("von Anna7 » {text} (edited 1.1.2001)");
            prop_assert_eq!(utc.date(&noise), Some(date), "{}", noise);
        }
    }

    #[test]
    fn what_is_told_from_now_is_never_a_day_ahead(
        seconds in 1_500_000_000_i64..2_500_000_000,
        text in "(today|eilen|dün|friday|perjantaina|Sonntag|5 saat önce|21 nov|31\\.12\\.|3/4|klo)( klo)? [0-2]?[0-9][:.][0-5][0-9]( pm| am| \\+0300| -1100)?",
        zone in -14_i32..15,
    ) {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let reading = Reading { now, zone: Zone::ahead(zone * 60).unwrap(), order: None };
        if let Some(date) = reading.date(&text) {
            prop_assert!(date <= now + TimeDelta::days(1), "{text}: {date} after {now}");
        }
    }
}
