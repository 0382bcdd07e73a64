//! Dates as people and programs write them, and what is none.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Order, Reading, Zone, order_of, parse};

#[track_caller]
fn check(text: &str, expected: &str) {
    let read = parse(text).map(|date| date.format("%FT%TZ").to_string());
    assert_eq!(read.as_deref().unwrap_or("none"), expected, "{text}");
}

/// How a page in Helsinki reads, on a Sunday afternoon.
pub(super) fn reading() -> Reading {
    Reading {
        now: "2026-11-22T14:30:00Z".parse().unwrap(),
        zone: Zone::Place(Tz::Europe__Helsinki),
        order: None,
    }
}

/// Checks that `text` is read as `expected`, in Helsinki time.
#[track_caller]
fn check_page(text: &str, expected: &str) {
    let read = reading()
        .date(text)
        .map(|date| date.with_timezone(&Tz::Europe__Helsinki).format("%F %H:%M").to_string());
    assert_eq!(read.as_deref().unwrap_or("none"), expected, "{text}");
}

#[test]
fn dates_by_the_standards_are_read() {
    check("2024-03-05T12:05:00Z", "2024-03-05T12:05:00Z");
    check("2024-03-05T14:05:00.25+02:00", "2024-03-05T12:05:00Z");
    check("Tue, 05 Mar 2024 14:05:00 +0200", "2024-03-05T12:05:00Z");
    check("5 Mar 24 12:05 GMT", "2024-03-05T12:05:00Z");
    check("Tue, 05 Mar 2024 07:05:00 EST", "2024-03-05T12:05:00Z");
}

#[test]
fn dates_by_everybody_else_are_read() {
    for (text, expected) in [
        ("2024-03-05 12:05", "2024-03-05T12:05:00Z"),
        ("2024-03-05 12:05:30", "2024-03-05T12:05:30Z"),
        ("2024-03-05 14:05:00 +0200", "2024-03-05T12:05:00Z"),
        ("2024-03-05 14:05:00+02", "2024-03-05T12:05:00Z"),
        ("2024-03-05t12:05:00z", "2024-03-05T12:05:00Z"),
        ("2024-03-05T12:05", "2024-03-05T12:05:00Z"),
        ("2024-03-05T12:05:00", "2024-03-05T12:05:00Z"),
        ("2024-03-05T14:05:00+0200", "2024-03-05T12:05:00Z"),
        ("2024-03-05T07:05-05:00", "2024-03-05T12:05:00Z"),
        ("2024-03-05", "2024-03-05T00:00:00Z"),
        ("2024-03", "2024-03-01T00:00:00Z"),
        ("20240305", "2024-03-05T00:00:00Z"),
        ("20240305T120500Z", "none"),
        ("05.03.2024 14:05", "2024-03-05T14:05:00Z"),
        ("3/5/2024 2:05 PM", "2024-03-05T14:05:00Z"),
        ("25/3/2024", "2024-03-25T00:00:00Z"),
        ("12/31/1999 12:00:10 AM", "1999-12-31T00:00:10Z"),
        ("5-Mar-2024 12:05", "2024-03-05T12:05:00Z"),
        ("Tue Mar  5 12:05:00 2024", "2024-03-05T12:05:00Z"),
        ("Tue Mar 5 12:05:00 UTC 2024", "2024-03-05T12:05:00Z"),
        ("Wed, 5 March 2024 12:05:00 GMT", "2024-03-05T12:05:00Z"),
        ("March 5th, 2024", "2024-03-05T00:00:00Z"),
        ("Tue, 05 Mar 2024 14:05:00 EET", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Jul 2024 15:05:00 EEST", "2024-07-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 15:05:00 TRT", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 13:05:00 CET", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Jul 2024 14:05:00 CEST", "2024-07-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 15:05:00 GMT+3", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 15:05:00 UTC+03:00", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 24:00:00 GMT", "2024-03-06T00:00:00Z"),
        ("ti 5. maaliskuuta 2024 klo 12:05", "2024-03-05T12:05:00Z"),
        ("5 marraskuuta 2024", "2024-11-05T00:00:00Z"),
        ("Paz, 05 Ağustos 2024 12:05:00", "2024-08-05T12:05:00Z"),
        ("05 Ara 2024", "2024-12-05T00:00:00Z"),
    ] {
        check(text, expected);
    }
}

#[test]
fn dates_of_logs_counters_and_more_languages_are_read() {
    for (text, expected) in [
        ("1709640300", "2024-03-05T12:05:00Z"),
        ("1709640300123", "2024-03-05T12:05:00Z"),
        ("Tue, 05 Mar 2024 14:05:00 +0200 (EET)", "2024-03-05T12:05:00Z"),
        (
            "Tue Mar 05 2024 14:05:00 GMT+0200 (Eastern European Standard Time)",
            "2024-03-05T12:05:00Z",
        ),
        ("05 Mar 24 1405 EET", "2024-03-05T12:05:00Z"),
        ("2024-03-05 T07:05:00-05:00", "2024-03-05T12:05:00Z"),
        ("05/Mar/2024:12:05:00 +0000", "2024-03-05T12:05:00Z"),
        ("2024-03-05T17:05:00.123456+0500", "2024-03-05T12:05:00Z"),
        ("2024-03-05 12:05:00,250", "2024-03-05T12:05:00Z"),
        ("12:05, 5 March 2024", "2024-03-05T12:05:00Z"),
        ("Martes, 5 de marzo de 2024 12:05", "2024-03-05T12:05:00Z"),
        ("mar. 5 nov. 2024 12:05", "2024-11-05T12:05:00Z"),
        ("mar 5 mars 2024 12:05", "2024-03-05T12:05:00Z"),
        ("Paz, 05 Ağustos 2024 12:05", "2024-08-05T12:05:00Z"),
        ("5 września 2024", "2024-09-05T00:00:00Z"),
        ("5 сентября 2024 г. 12:05", "2024-09-05T12:05:00Z"),
        ("2024. március 5. 12:05", "2024-03-05T12:05:00Z"),
        ("21. 11. 2026 12:05", "2026-11-21T12:05:00Z"),
        ("2026年11月21日 12:05", "2026-11-21T12:05:00Z"),
        ("2026年11月21日 下午3:15", "2026-11-21T15:15:00Z"),
        ("2026년 11월 21일 오후 3:15", "2026-11-21T15:15:00Z"),
        ("1394/11/27", "2016-02-16T00:00:00Z"),
        ("۱۳۹۴/۰۱/۰۱ 12:05", "2015-03-21T12:05:00Z"),
        ("1399/12/30", "2021-03-20T00:00:00Z"),
        ("1400-01-01", "2021-03-21T00:00:00Z"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_no_full_date_is_none() {
    for text in [
        "",
        "yesterday",
        "12:05",
        "5 Mar",
        "2024",
        "0001-01-01T00:00:00Z",
        "2024-13-05",
        "2024-02-30",
        "Tue, 45 Mar 2024",
        "2024-03-05 25:00",
        "1 2 3 4 5",
        "2024-03-05 12:05 +99999",
        "3 hours ago",
        "1.2.3.2024",
        "1398/12/30",
        "Sunday",
    ] {
        check(text, "none");
    }
    assert_eq!(parse(&"2024-03-05 ".repeat(20)), None);
}

#[test]
fn the_first_date_among_other_words_is_read() {
    for (text, expected) in [
        ("de peanuts » Ven 7 Oct 2011 08:23", "2011-10-07 08:23"),
        ("Beitragvon r23 » 21.01.2009, 05:42", "2009-01-21 05:42"),
        ("Beitragvon Martin 5 » 21.01.2009, 05:42", "2009-01-21 05:42"),
        ("by user 2024 » 21.01.2009, 05:42", "2009-01-21 05:42"),
        (
            "2019-02-23, 09:14 PM (This post was last modified: 2024-01-05, 03:27 AM by Someone. Edited 1 time in total.)",
            "2019-02-23 21:14",
        ),
        ("Nov 14, 2015 at 4:23 AM", "2015-11-14 04:23"),
        ("30th March 2025, 16:26", "2025-03-30 16:26"),
        ("2nd April 2025, 13:59", "2025-04-02 13:59"),
        ("04-09-2005, 06:46 PM", "2005-04-09 18:46"),
        ("June 04, 2024, 11:23:55 AM", "2024-06-04 11:23"),
        ("Sun Dec 17, 2023 11:23 am", "2023-12-17 11:23"),
        ("« Reply #3 on: June 04, 2024 »", "2024-06-04 00:00"),
        ("Reply 3 June 04, 2024, 10:05:34 PM", "2024-06-04 22:05"),
        ("« Vastaus #3 : 04.06.2024, 10:05 »", "2024-06-04 10:05"),
        ("21 Kasım 2026, 12:30", "2026-11-21 12:30"),
        ("Cuma, 21 Kasım 2026", "2026-11-21 00:00"),
        ("21 KASIM 2026 CUMARTESİ saat 12.30", "2026-11-21 12:30"),
        ("21 marraskuuta 2026", "2026-11-21 00:00"),
        ("21. marraskuuta 2026 klo 12.30", "2026-11-21 12:30"),
        ("21.11.2026 klo 12.30", "2026-11-21 12:30"),
        ("21.11.2026 klo 12.30.45", "2026-11-21 12:30"),
        ("21.11.2026 12.30", "2026-11-21 12:30"),
        ("klo 12.30, 21.11.2026", "2026-11-21 12:30"),
        ("pe 21. marrask. 2026 12:30", "2026-11-21 12:30"),
        ("21 nov. 2026 kl. 12:30", "2026-11-21 12:30"),
        ("den 21 november 2026", "2026-11-21 00:00"),
        ("21 de noviembre de 2026, 12:30", "2026-11-21 12:30"),
        ("21 de noviembre de 2026 a las 3:30 p. m.", "2026-11-21 15:30"),
        ("21 novembre 2026 à 12h30", "2026-11-21 12:30"),
        ("le 1er mai 2026", "2026-05-01 00:00"),
        ("Le 1 d'avril 2026 à 9h", "2026-04-01 09:00"),
        ("21. November 2026 um 18 Uhr", "2026-11-21 18:00"),
        ("21. November 2026, 18:28 Uhr", "2026-11-21 18:28"),
        ("am 21.11.2026 um 18.28 Uhr", "2026-11-21 18:28"),
        ("Verfasst am: 21.11.2026, 18:28", "2026-11-21 18:28"),
        ("ÖS 03:15 21-11-2026", "2026-11-21 15:15"),
        ("21.11.2026 12:30 ~ 22.11.2026 10:00", "2026-11-21 12:30"),
        ("21.11.2026 ~ 12:30", "2026-11-21 12:30"),
        ("Sun Nov 22, 2026 12:30 pm UTC", "2026-11-22 14:30"),
        ("21.11.2026 12:30 (UTC+3)", "2026-11-21 11:30"),
        ("Posted 21 Nov 2026 (18 hours ago)", "2026-11-21 00:00"),
        ("12.30-13.30 21.11.2026", "2026-11-21 13:30"),
        ("21.11.2026 12:30-13:30", "2026-11-21 12:30"),
        ("21.11.2026 klo 9", "2026-11-21 09:00"),
        ("21-22 Nov 2026", "2026-11-22 00:00"),
        ("05/11/2026 à 12:30", "2026-11-05 12:30"),
        ("Publicado el 5/11/2026 a las 12:30", "2026-11-05 12:30"),
        ("Mar 5 12:05 1234 views", "2026-03-05 12:05"),
        ("1457606598.25", "2016-03-10 12:43"),
        ("1457606598", "2016-03-10 12:43"),
        ("2026-11-21T12:30:00+02:00", "2026-11-21 12:30"),
    ] {
        check_page(text, expected);
    }
}

#[test]
fn placeholders_and_other_numbers_are_no_dates() {
    for text in [
        "30.11.-0001",
        "November 30, -0001",
        "30/11/0001",
        "00.00.0000 00:00",
        "20261121123000",
        "la la land",
        "sun set at ten",
        "3 days from now",
        "All times are local. The time now is",
        "in 3 days",
        "tomorrow at noon",
        "5/6",
        "1,234 posts",
    ] {
        check_page(text, "none");
    }
}

#[test]
fn a_date_of_an_edit_alone_is_none() {
    check_page("Last edited by Someone; 21.11.2026 at 12:30", "none");
    check_page("Viimeksi muokattu 21.11.2026 klo 12.30", "none");
    check_page("Zuletzt geändert von X am 21.11.2026", "none");
    check_page("« Last Edit: June 04, 2024 »", "none");
    check_page("Today at 12:30, edited yesterday", "2026-11-22 12:30");
}

#[test]
fn days_told_from_today_are_read() {
    for (text, expected) in [
        ("Today at 9:05 AM", "2026-11-22 09:05"),
        ("Today, 10:00", "2026-11-22 10:00"),
        ("Today", "2026-11-22 00:00"),
        ("Yesterday, 11:05 PM", "2026-11-21 23:05"),
        ("the day before yesterday", "2026-11-20 00:00"),
        ("tänään klo 9.05", "2026-11-22 09:05"),
        ("eilen", "2026-11-21 00:00"),
        ("Eilen klo 14.05", "2026-11-21 14:05"),
        ("14.05 eilen", "2026-11-21 14:05"),
        ("toissapäivänä 14:05", "2026-11-20 14:05"),
        ("dün", "2026-11-21 00:00"),
        ("Dün 23:15", "2026-11-21 23:15"),
        ("Bugün, 09:05", "2026-11-22 09:05"),
        ("evvelsi gün 09:05", "2026-11-20 09:05"),
        ("gestern um 18:28", "2026-11-21 18:28"),
        ("Heute, 9:05 Uhr", "2026-11-22 09:05"),
        ("vorgestern, 9:05", "2026-11-20 09:05"),
        ("idag 09:05", "2026-11-22 09:05"),
        ("i dag kl. 09:05", "2026-11-22 09:05"),
        ("igår 09:05", "2026-11-21 09:05"),
        ("I går, 09:05", "2026-11-21 09:05"),
        ("i förrgår kl 09.05", "2026-11-20 09:05"),
        ("aujourd'hui à 9h05", "2026-11-22 09:05"),
        ("hier à 09:05", "2026-11-21 09:05"),
        ("Avant-hier à 09:05", "2026-11-20 09:05"),
        ("hoy a las 9:05", "2026-11-22 09:05"),
        ("Ayer, 09:05 PM", "2026-11-21 21:05"),
        ("anteayer", "2026-11-20 00:00"),
        ("вчера в 09:05", "2026-11-21 09:05"),
        ("klo 14.05", "2026-11-22 14:05"),
        ("23:05", "2026-11-21 23:05"),
        ("nesterday 12:30", "none"),
    ] {
        check_page(text, expected);
    }
}

#[test]
fn a_day_of_the_week_is_the_latest_one() {
    for (text, expected) in [
        ("Friday at 4:23 PM", "2026-11-20 16:23"),
        ("perjantaina klo 14.05", "2026-11-20 14:05"),
        ("Freitag um 18:28", "2026-11-20 18:28"),
        ("Cumartesi 14:05", "2026-11-21 14:05"),
        ("Pazartesi 14:05", "2026-11-16 14:05"),
        ("i fredags kl. 14:05", "2026-11-20 14:05"),
        ("vendredi à 14h05", "2026-11-20 14:05"),
        ("el viernes a las 14:05", "2026-11-20 14:05"),
        ("Sunday at 16:29", "2026-11-22 16:29"),
        ("Sunday at 16:31", "2026-11-15 16:31"),
        ("la 14:05", "2026-11-21 14:05"),
        ("pe klo 14.05", "2026-11-20 14:05"),
        ("perjantaina 14.05", "2026-11-20 14:05"),
        ("lauantaina 21.11.", "2026-11-21 00:00"),
        ("su 15.11. klo 14.05", "2026-11-15 14:05"),
    ] {
        check_page(text, expected);
    }
}

#[test]
fn spans_before_now_are_read() {
    for (text, expected) in [
        ("3 hours ago", "2026-11-22 13:30"),
        ("an hour ago", "2026-11-22 15:30"),
        ("about a minute ago", "2026-11-22 16:29"),
        ("a few seconds ago", "2026-11-22 16:29"),
        ("half an hour ago", "2026-11-22 16:00"),
        ("2 hours, 5 minutes ago", "2026-11-22 14:25"),
        ("over 3 years ago", "2023-11-22 16:30"),
        ("2 days ago at 14:05", "2026-11-20 14:05"),
        ("tunti sitten", "2026-11-22 15:30"),
        ("3 tuntia sitten", "2026-11-22 13:30"),
        ("noin 3 tuntia sitten", "2026-11-22 13:30"),
        ("2 päivää sitten", "2026-11-20 16:30"),
        ("kaksi viikkoa sitten", "2026-11-08 16:30"),
        ("3 kuukautta sitten", "2026-08-22 17:30"),
        ("vuosi sitten", "2025-11-22 16:30"),
        ("puoli tuntia sitten", "2026-11-22 16:00"),
        ("3 t sitten", "2026-11-22 13:30"),
        ("bir saat önce", "2026-11-22 15:30"),
        ("5 dk. önce", "2026-11-22 16:25"),
        ("5 dakika önce", "2026-11-22 16:25"),
        ("2 gün önce", "2026-11-20 16:30"),
        ("3 hafta önce", "2026-11-01 16:30"),
        ("2 ay önce", "2026-09-22 17:30"),
        ("1 yıl önce", "2025-11-22 16:30"),
        ("1 saat 5 dakika önce", "2026-11-22 15:25"),
        ("vor einer Stunde", "2026-11-22 15:30"),
        ("vor 3 Tagen", "2026-11-19 16:30"),
        ("vor 2 Std. 5 Min.", "2026-11-22 14:25"),
        ("vor mehr als 2 Jahren", "2024-11-22 16:30"),
        ("vor 2 Stunden und 5 Minuten", "2026-11-22 14:25"),
        ("vor einer halben Stunde", "2026-11-22 16:00"),
        ("il y a une heure", "2026-11-22 15:30"),
        ("il y a 3 jours", "2026-11-19 16:30"),
        ("il y a environ 2 semaines", "2026-11-08 16:30"),
        ("il y a un an", "2025-11-22 16:30"),
        ("hace una hora", "2026-11-22 15:30"),
        ("hace 3 días", "2026-11-19 16:30"),
        ("hace 2 meses", "2026-09-22 17:30"),
        ("för en timme sedan", "2026-11-22 15:30"),
        ("för 3 dagar sedan", "2026-11-19 16:30"),
        ("2 år sedan", "2024-11-22 16:30"),
        ("en halvtimme sedan", "2026-11-22 16:00"),
        ("há 3 horas", "2026-11-22 13:30"),
        ("3 ore fa", "2026-11-22 13:30"),
        ("een uur geleden", "2026-11-22 15:30"),
        ("3 часа назад", "2026-11-22 13:30"),
        ("3h", "2026-11-22 13:30"),
        ("· 5 min", "2026-11-22 16:25"),
        ("2d ago", "2026-11-20 16:30"),
        ("1h 5m", "2026-11-22 15:25"),
        ("999999 years ago", "none"),
        ("5 stars", "none"),
        ("in 3 hours, says he", "none"),
    ] {
        check_page(text, expected);
    }
}

#[test]
fn words_for_now_are_now() {
    for text in [
        "il y a quelques instants",
        "just now",
        "Just Now",
        "moments ago",
        "a moment ago",
        "juuri nyt",
        "hetki sitten",
        "az önce",
        "biraz önce",
        "şimdi",
        "gerade eben",
        "à l'instant",
        "hace un momento",
        "hace unos instantes",
        "nyss",
        "just nu",
        "только что",
    ] {
        check_page(text, "2026-11-22 16:30");
    }
}

#[test]
fn a_date_without_a_year_is_the_latest_one() {
    for (text, expected) in [
        ("21 Nov, 12:30", "2026-11-21 12:30"),
        ("Nov 21 at 4:23 AM", "2026-11-21 04:23"),
        ("24 Kasım 12:30", "2025-11-24 12:30"),
        ("21. marraskuuta klo 12.30", "2026-11-21 12:30"),
        ("21.11. klo 12.30", "2026-11-21 12:30"),
        ("21.11.", "2026-11-21 00:00"),
        ("24.12. 12:30", "2025-12-24 12:30"),
        ("29 Feb, 12:30", "2024-02-29 12:30"),
        ("11/21 12:30", "2026-11-21 12:30"),
        ("Fri Nov 20 10:05", "2026-11-20 10:05"),
        ("4.5", "none"),
    ] {
        check_page(text, expected);
    }
}

#[test]
fn the_order_of_numbers_is_the_one_of_the_page() {
    let order = |texts: &[&str]| order_of(texts.iter().copied());
    assert_eq!(order(&["04-09-2005, 06:46", "11-16-2005, 12:33"]), Some(Order::MonthDay));
    assert_eq!(order(&["04/09/2005, 06:46 PM", "16/11/2005, 12:33 AM"]), Some(Order::DayMonth));
    assert_eq!(order(&["04-09-2005, 06:46 PM"]), Some(Order::MonthDay));
    assert_eq!(order(&["04.09.2005"]), Some(Order::DayMonth));
    assert_eq!(order(&["2005-09-04"]), Some(Order::MonthDay));
    assert_eq!(order(&["04/09/2005", "yesterday", ""]), None);
    assert_eq!(order(&["13/09/2005", "09/13/2005"]), None);

    let read = |text: &str, order| {
        let date = Reading { order, ..reading() }.date(text);
        date.map(|date| date.format("%F").to_string())
    };
    let told = Some(Order::DayMonth);
    assert_eq!(read("04-09-2005, 06:46 PM", told).as_deref(), Some("2005-09-04"));
    assert_eq!(read("04-19-2005, 06:46 PM", told).as_deref(), Some("2005-04-19"));
    assert_eq!(read("04.09.2005 12:00", Some(Order::MonthDay)).as_deref(), Some("2005-04-09"));
    assert_eq!(read("04/09/2005 12:00", None).as_deref(), Some("2005-04-09"));
}

#[test]
fn at_the_ends_of_time_nothing_breaks() {
    for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let reading = Reading { now, ..reading() };
        for text in ["today 23:59", "yesterday", "friday", "3 years ago", "31.12. 23:59", "now"] {
            assert!(reading.date(text).is_none_or(|date| date <= now), "{text}");
        }
    }
}

#[test]
fn the_clocks_of_the_site_decide_which_day_it_is() {
    let now = "2026-11-22T22:30:00Z".parse().unwrap();
    let reading = Reading { now, ..reading() };
    let expected: DateTime<Utc> = "2026-11-22T22:05:00Z".parse().unwrap();
    assert_eq!(reading.date("Today, 00:05"), Some(expected));
    assert_eq!(reading.date("Monday, 00:05"), Some(expected));
}
