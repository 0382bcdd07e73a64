//! What the headers of APIs say of how much may still be asked, in the dialects that are in use.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use std::time::{Duration, SystemTime};

/// Names of the headers that tell what is left, and of those that tell when all is there again.
const LEFT: [&str; 3] = ["x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining"];
const RESET: [&str; 4] =
    ["x-ratelimit-reset-after", "x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset"];

/// Of Meta's percentages: from here on it is asked no more.
const FULL: f64 = 100.0;

/// Where Meta names no time.
const META_PAUSE: Duration = Duration::from_hours(1);

/// A number of seconds above this is a time since 1970, and no span.
const LEAST_TIME: i64 = 1_000_000_000;

/// Returns how long the server is to be left alone, where its headers say that what it gives is used
/// up: at most a day.
pub(super) fn used_up(headers: &HeaderMap) -> Option<Duration> {
    let wait = meta(headers).or_else(|| {
        let left: f64 = LEFT.iter().find_map(|name| text(headers, name))?.trim().parse().ok()?;
        if left >= 1.0 { None } else { reset(headers) }
    })?;
    (!wait.is_zero()).then(|| wait.min(super::LONGEST_PAUSE))
}

/// Returns in how long all is there again: said in seconds from now (Reddit), in seconds since 1970 (X,
/// Bluesky), or as a time (Mastodon).
pub(super) fn reset(headers: &HeaderMap) -> Option<Duration> {
    let told = RESET.iter().find_map(|name| text(headers, name))?.trim();
    let now: DateTime<Utc> = SystemTime::now().into();
    if let Ok(at) = DateTime::parse_from_rfc3339(told) {
        return (at.to_utc() - now).to_std().ok().map(|wait| wait.min(super::LONGEST_PAUSE));
    }
    let number: f64 = told.parse().ok().filter(|number: &f64| (0.0..1e12).contains(number))?;
    #[expect(clippy::cast_possible_truncation, reason = "it is below a million millions")]
    let whole = number.ceil() as i64;
    let span = if whole >= LEAST_TIME { whole - now.timestamp() } else { whole };
    u64::try_from(span).ok().map(|span| Duration::from_secs(span).min(super::LONGEST_PAUSE))
}

/// Reads Meta's headers: percentages of what is given, and the minutes until there is more.
fn meta(headers: &HeaderMap) -> Option<Duration> {
    let read = |name: &str| serde_json::from_str::<serde_json::Value>(text(headers, name)?).ok();
    let parts = |usage: &serde_json::Value| -> f64 {
        let names = ["call_count", "total_cputime", "total_time"];
        names.iter().filter_map(|name| usage.get(name)?.as_f64()).fold(0.0, f64::max)
    };
    if let Some(business) = read("x-business-use-case-usage") {
        let usages = business.as_object()?.values().filter_map(|list| list.as_array()).flatten();
        let mut longest = None;
        for usage in usages {
            let minutes =
                usage.get("estimated_time_to_regain_access").and_then(serde_json::Value::as_u64);
            let told = minutes
                .filter(|minutes| *minutes > 0)
                .map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
            let full = (parts(usage) >= FULL).then_some(META_PAUSE);
            longest = longest.max(told.or(full));
        }
        if longest.is_some() {
            return longest;
        }
    }
    (parts(&read("x-app-usage")?) >= FULL).then_some(META_PAUSE)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(told: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        };
        told.iter().map(pair).collect()
    }

    #[track_caller]
    fn check(told: &[(&str, &str)], seconds: Option<u64>) {
        let found = used_up(&headers(told)).map(|wait| wait.as_secs());
        // The clock goes on meanwhile.
        let fits = match (found, seconds) {
            (Some(found), Some(wanted)) => found <= wanted && found + 3 >= wanted,
            (None, None) => true,
            _ => false,
        };
        assert!(fits, "{told:?}: {found:?}");
    }

    #[test]
    fn the_time_to_wait_is_read_in_every_dialect() {
        let now = SystemTime::now();
        let later: DateTime<Utc> = (now + Duration::from_secs(90)).into();
        let (unix, iso) = (later.timestamp().to_string(), later.to_rfc3339());
        check(&[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "41")], Some(41));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &iso)], Some(90));
        check(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &unix)], Some(90));
        check(&[("ratelimit-remaining", "0"), ("ratelimit-reset", &unix)], Some(90));
        check(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "41")], None);
        check(&[("x-ratelimit-remaining", "0")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1e300")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000000001")], None);
    }

    #[test]
    fn metas_percentages_are_read() {
        let usage = |calls: u32, minutes: u32| {
            format!(
                "{{\"1\":[{{\"type\":\"pages\",\"call_count\":{calls},\"total_cputime\":2,\"total_time\":3,\"estimated_time_to_regain_access\":{minutes}}}]}}"
            )
        };
        check(&[("x-business-use-case-usage", &usage(99, 0))], None);
        check(&[("x-business-use-case-usage", &usage(100, 0))], Some(3600));
        check(&[("x-business-use-case-usage", &usage(28, 7))], Some(420));
        check(&[("x-app-usage", "{\"call_count\":100,\"total_time\":25}")], Some(3600));
        check(&[("x-app-usage", "{\"call_count\":28}")], None);
        check(&[("x-app-usage", "[]")], None);
    }

    /// Reads the headers of a recorded reply: a line with what was asked, one with the status, then the
    /// headers.
    fn recorded(text: &str) -> HeaderMap {
        let pairs: Vec<(&str, &str)> =
            text.lines().skip(2).filter_map(|line| line.split_once(": ")).collect();
        headers(&pairs)
    }

    #[test]
    fn recorded_headers_of_sites_with_something_left_ask_for_no_silence() {
        let samples =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api/samples");
        let (mut read, mut with_limits) = (0, 0);
        for site in ["bluesky", "facebook", "mastodon", "reddit", "x"] {
            // A clone may have no recorded replies beside it.
            let Ok(entries) = std::fs::read_dir(samples.join(site)) else { return };
            let paths = entries.map(|entry| entry.unwrap().path());
            for path in paths.filter(|path| path.to_string_lossy().ends_with(".http.txt")) {
                let told = recorded(&std::fs::read_to_string(&path).unwrap());
                read += 1;
                let is_limited = LEFT.iter().any(|name| told.contains_key(*name));
                with_limits += usize::from(is_limited);
                assert_eq!(used_up(&told), None, "{}", path.display());
                if is_limited {
                    assert!(
                        RESET.iter().any(|name| told.contains_key(*name)),
                        "{}",
                        path.display()
                    );
                }
            }
        }
        assert!(read >= 40 && with_limits >= 20, "{read} read, {with_limits} with limits");
    }
}
