//! The form by which an address is known: a fixed point, and a web address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;
use vahti::dedup::url::canonical;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for address in [text.to_owned(), format!("https://example.com/{text}")] {
        let Some(known) = canonical(&address) else { continue };
        assert_eq!(canonical(&known).as_deref(), Some(&*known), "{address:?}");
        assert!(Url::parse(&known).is_ok(), "{address:?} became {known:?}");
    }
});
