//! Links in texts of Bluesky: what is shown of them is often cut, and their targets stand beside the
//! text, with places counted in bytes.

use serde_json::Value;

/// A longer address is none.
const LONGEST_URI: usize = 2000;

/// Returns the text with the targets of its links in it, where they are not what is shown.
pub(super) fn with_links(text: &str, facets: Option<&Value>) -> String {
    let mut links: Vec<(usize, usize, &str)> =
        facets.and_then(Value::as_array).into_iter().flatten().filter_map(link).collect();
    links.sort_unstable();
    let mut whole = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, target) in links {
        // One that lies within another, or cuts a letter in two, is none.
        let (Some(before), Some(shown)) = (text.get(done..start), text.get(start..end)) else {
            continue;
        };
        whole.push_str(before);
        whole.push_str(&told(shown, target));
        done = end;
    }
    whole.push_str(text.get(done..).unwrap_or_default());
    whole
}

/// Returns where a link stands, and where it leads.
fn link(facet: &Value) -> Option<(usize, usize, &str)> {
    let place = |name: &str| usize::try_from(facet.get("index")?.get(name)?.as_u64()?).ok();
    let features = facet.get("features")?.as_array()?;
    let target = features.iter().find_map(|feature| {
        let kind = feature.get("$type")?.as_str()?;
        if kind == "app.bsky.richtext.facet#link" { address(feature, "uri") } else { None }
    })?;
    let (start, end) = (place("byteStart")?, place("byteEnd")?);
    (start < end).then_some((start, end, target))
}

/// Writes one link: its target where what is shown of it is cut, both where it is something else.
fn told(shown: &str, target: &str) -> String {
    if shown.ends_with("...") || shown.ends_with('…') {
        return target.to_owned();
    }
    if bare(shown) == bare(target) { shown.to_owned() } else { format!("{shown} ({target})") }
}

fn bare(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    rest.trim_start_matches("www.").trim_end_matches('/').to_owned()
}

/// Returns an address of the web.
pub(super) fn address<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    let is_web = |uri: &&str| uri.starts_with("https://") || uri.starts_with("http://");
    let is_fit = |uri: &&str| uri.len() <= LONGEST_URI && !uri.contains(char::is_whitespace);
    value.get(name)?.as_str().filter(is_web).filter(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facet(start: usize, end: usize, uri: &str) -> Value {
        json!({"index": {"byteStart": start, "byteEnd": end},
               "features": [{"$type": "app.bsky.richtext.facet#link", "uri": uri}]})
    }

    #[track_caller]
    fn check(text: &str, facets: &[Value], expected: &str) {
        assert_eq!(with_links(text, Some(&json!(facets))), expected);
    }

    #[test]
    fn what_is_cut_is_made_whole() {
        let whole = "https://acme.example/a/long/way";
        check("📈 acme.example/a/lo... ä", &[facet(5, 25, whole)], &format!("📈 {whole} ä"));
        check("x acme.example/…", &[facet(2, 18, whole)], &format!("x {whole}"));
        check("acme.example", &[facet(0, 12, "https://www.acme.example/")], "acme.example");
        check(
            "see here now",
            &[facet(4, 8, "https://acme.example")],
            "see here (https://acme.example) now",
        );
    }

    #[test]
    fn places_that_make_no_sense_are_left_alone() {
        let web = "https://acme.example";
        for (start, end) in [(1, 3), (0, 1), (2, 99), (99, 100), (3, 3), (4, 2), (usize::MAX, 1)] {
            check("ää", &[facet(start, end, web)], "ää");
        }
        check("ab", &[facet(0, 2, "javascript:x")], "ab");
        check("ab", &[json!({"index": 7}), json!(null)], "ab");
        check("abcd", &[facet(0, 4, web), facet(1, 2, web)], &format!("abcd ({web})"));
        assert_eq!(with_links("ab", Some(&json!({"a": 1}))), "ab");
    }
}
