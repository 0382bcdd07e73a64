//! Until the matcher tells what it scans for.

use vahti::brand::Brand;
use vahti::matching::Matcher;

pub(crate) fn patterns(_matcher: &Matcher, brands: &[Brand]) -> Vec<Vec<u8>> {
    let written = brands.iter().flat_map(|brand| &brand.keywords).map(|keyword| &keyword.written);
    let words = written.flat_map(|written| written.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.len() > 3).map(|word| word.to_lowercase().into_bytes()).collect()
}

pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}
