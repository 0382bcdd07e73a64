//! HTML to plain text: nothing invisible is left, and plain text survives being made HTML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vahti::text::{cut, html, visible};
use vahti_fuzz::check_plain;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let plain = html::plain(&text);
    check_plain(&plain);
    let clean = html::clean(&text);
    check_plain(&clean);
    assert_eq!(html::clean(&clean), clean, "clean text is not clean");
    // What looks like an embedded picture is left out, in text too.
    let escaped = html::escape(&clean);
    if !escaped.contains(";base64,") {
        let back = html::plain(&escaped);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&back), words(&clean), "text that was escaped came back as another");
    }
    for name in ["a", "link", "base"] {
        html::attributes(&text, name);
    }
    assert!(cut(&text, 40).chars().count() <= 40);
    assert!(!visible(&text).chars().any(char::is_control));
});
