//! Dates of feeds and pages: any text is read or refused, and nothing is told of the future or the
//! time before 1970.
#![no_main]

use chrono::{Datelike, FixedOffset, TimeDelta};
use libfuzzer_sys::fuzz_target;
use vahti::text::date::{Order, Reading, Zone, order_of, parse, stated_zone};
use vahti_fuzz::{choices, now};

fuzz_target!(|data: &[u8]| {
    let Some(([hours, order], rest)) = choices(data) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let date = parse(text);
    assert_eq!(date, parse(text));
    let order = [None, Some(Order::DayMonth), Some(Order::MonthDay)][usize::from(order % 3)];
    let Some(zone) = FixedOffset::east_opt((i32::from(hours % 27) - 12) * 3600) else { return };
    let reading = Reading { now: now(), zone: Zone::from(zone), order };
    let on_page = reading.date(text);
    for date in [date, on_page].into_iter().flatten() {
        assert!(date.year() >= 1970, "{text:?}: {date}");
    }
    if let Some(date) = on_page.filter(|_| !text.chars().any(char::is_numeric)) {
        assert!(date < now() + TimeDelta::days(1), "{text:?}: {date} is told from now");
    }
    stated_zone(text);
    order_of(text.lines());
});
