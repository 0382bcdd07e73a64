//! What a document wishes of those who read it, points 10 and 11.

use super::times::{DAY, HOUR, JITTER, MINUTE, planned, waits};
use super::{polled, watching};
use crate::support::{Answer, Site, entry, feed};
use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};

/// A feed whose channel has this beside its entries.
fn with(channel: &str) -> Answer {
    let feed = feed(&[entry("1", "Acme")]);
    Answer::feed(feed.replace(
        "<description>News</description>",
        &format!("<description>News</description>{channel}"),
    ))
}

#[test]
fn p10_a_document_that_wants_to_be_asked_for_less_often_is() {
    let sy = |period: &str, often: &str| {
        with(&format!(
            "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">{period}</sy:updatePeriod>\
             <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">{often}</sy:updateFrequency>"
        ))
    };
    waits(&[
        ("/ttl.xml", with("<ttl>120</ttl>"), 2 * HOUR),
        ("/ttl-short.xml", with("<ttl>1</ttl>"), 15 * MINUTE),
        ("/ttl-absurd.xml", with("<ttl>525600</ttl>"), DAY),
        ("/ttl-nonsense.xml", with("<ttl>99999999999999999999</ttl>"), 15 * MINUTE),
        ("/sy.xml", sy("hourly", "1"), HOUR),
        ("/sy-daily.xml", sy("daily", "4"), 6 * HOUR),
        ("/sy-yearly.xml", sy("yearly", "1"), DAY),
        ("/longest.xml", with("<ttl>120</ttl>").header("Cache-Control", "max-age=10800"), 3 * HOUR),
    ]);
}

#[test]
fn p11_hours_and_days_that_are_to_be_left_out_are() {
    let now = Utc::now();
    let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap();
    let day_begins = now.duration_trunc(TimeDelta::days(1)).unwrap();
    let listed = |name: &str, items: Vec<String>| {
        let open = format!("<{name}>");
        let close = format!("</{name}>");
        open.clone() + &items.join(&(close.clone() + &open)) + &close
    };
    let named = |day: i64| (day_begins + TimeDelta::days(day)).format("%A").to_string();
    let hours = (0..3).map(|ahead| ((hour.hour() + ahead) % 24).to_string());
    let hours = listed("hour", hours.collect());
    let days = listed("day", (0..2).map(named).collect());
    let all = listed("hour", (0..24).map(|hour| hour.to_string()).collect());
    let site = Site::start();
    site.serve("/hours.xml", with(&format!("<skipHours>{hours}</skipHours>")));
    site.serve("/days.xml", with(&format!("<skipDays>{days}</skipDays>")));
    site.serve("/all.xml", with(&format!("<skipHours>{all}</skipHours>")));
    let world = watching(&site, &["/hours.xml", "/days.xml", "/all.xml"], "");
    polled(&world);
    let [hours, days, all] = planned(&world, &["hours", "days", "all"])[..] else { panic!() };
    let near = |next: DateTime<Utc>, wanted: DateTime<Utc>| {
        assert!((0..=JITTER).contains(&(next - wanted).num_seconds()), "{next}, not {wanted}");
    };
    near(hours[1], hour + TimeDelta::hours(3));
    near(days[1], day_begins + TimeDelta::days(2));
    // Who wants every hour left out cannot mean it.
    near(all[1], all[0] + TimeDelta::minutes(15));
}
