//! Lists of feeds: each feed gets a name of its own, and keeps it.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use vahti::post::SourceName;
use vahti::source::opml::{names, read};
use vahti_fuzz::{check_plain, let_panics_be_caught, told};

fuzz_target!(init: let_panics_be_caught(), |data: &[u8]| {
    told(|| {
        let Ok(outlines) = read(data) else { return };
        for outline in &outlines {
            check_plain(&outline.title);
            assert!(!outline.title.is_empty() && !outline.url.is_empty(), "{outline:?}");
        }
        let prefix = SourceName("list".into());
        let named = names(&prefix, &outlines, &BTreeMap::new());
        let taken: BTreeSet<_> = named.iter().map(|(name, _)| name).collect();
        assert_eq!(taken.len(), named.len(), "a name was given twice");
        let known = named.iter().map(|(name, feed)| (feed.url.clone(), name.clone())).collect();
        assert_eq!(names(&prefix, &outlines, &known), named, "a feed lost its name");
    });
});
