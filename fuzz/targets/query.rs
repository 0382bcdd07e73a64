//! Queries: what was read is written so that it reads back as the same, and a fault lies within.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vahti::query::{BadQuery, Query, parse_exclude, parse_filter, parse_keyword};

type Parse = fn(&str) -> Result<Query, BadQuery>;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for parse in [parse_filter as Parse, parse_keyword, parse_exclude] {
        match parse(text) {
            Ok(query) => {
                let written = query.to_string();
                assert_eq!(parse(&written), Ok(query), "{text:?} was written as {written:?}");
            }
            Err(bad) => {
                let length = text.chars().count();
                assert!(bad.at <= length, "{text:?} is at fault at {}", bad.at);
                drop(bad.pointed(text));
            }
        }
    }
});
