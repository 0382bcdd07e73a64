//! JSON Feed: brings one into the form that the parser accepts, item by item.

use crate::source::Unreadable;
use crate::text::json::{self as bounds, Unfit};
use serde_json::{Map, Value, json};

/// The most items that are read, as in other feeds.
const MOST_ITEMS: usize = 20_000;

/// What the parser needs of an item, and nothing that could make it refuse the whole feed.
const TEXTS: [&str; 8] = [
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
];

/// Returns a JSON Feed with its faults mended, and how many items could not be read at all.
///
/// # Errors
///
/// Fails if it is no JSON Feed, or one that would take too much memory.
pub(super) fn mend(text: &str) -> Result<(String, usize), Unreadable> {
    let (feed, skipped) = match bounds::parse(text.trim(), usize::MAX) {
        Ok(Value::Object(feed)) => (feed, 0),
        Ok(_) => return Err(no_feed()),
        Err(Unfit::Malformed(_)) => (before_the_cut(text)?, 1),
        Err(unfit) => return Err(Unreadable(unfit.to_string())),
    };
    let (whole, left_out) = whole(&feed).ok_or_else(no_feed)?;
    Ok((whole.to_string(), skipped + left_out))
}

fn no_feed() -> Unreadable {
    Unreadable("the reply is JSON, but no JSON Feed".into())
}

fn whole(feed: &Map<String, Value>) -> Option<(Value, usize)> {
    let Value::Array(items) = feed.get("items")? else { return None };
    let mended: Vec<Value> = items.iter().take(MOST_ITEMS).filter_map(item).collect();
    let skipped = items.len() - mended.len();
    let mut whole = texts(feed, &["home_page_url", "feed_url", "language", "description"]);
    whole.insert("version".into(), json!("https://jsonfeed.org/version/1.1"));
    whole.insert("title".into(), feed.get("title").and_then(word).unwrap_or_else(|| json!("")));
    whole.insert("authors".into(), authors(feed));
    whole.insert("items".into(), Value::Array(mended));
    Some((Value::Object(whole), skipped))
}

/// Returns what stands whole in a document that was cut: its items up to the cut.
fn before_the_cut(text: &str) -> Result<Map<String, Value>, Unreadable> {
    let (head, rest) = cut_items(text).ok_or_else(no_feed)?;
    // Seen from here, other marks may be quotation marks than from the beginning.
    bounds::check(rest).map_err(|unfit| Unreadable(unfit.to_string()))?;
    items_of(head, rest).ok_or_else(no_feed)
}

/// Splits a text at the beginning of its items.
fn cut_items(text: &str) -> Option<(&str, &str)> {
    let (head, behind) = text.split_once("\"items\"")?;
    Some((head, behind.trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?))
}

fn items_of(head: &str, mut rest: &str) -> Option<Map<String, Value>> {
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(item @ Value::Object(_))) = values.next() else { break };
        items.push(item);
        rest = rest.get(values.byte_offset()..)?;
    }
    let head = format!("{}}}", head.trim_end().trim_end_matches(','));
    let mut feed: Map<String, Value> = serde_json::from_str(&head).unwrap_or_default();
    feed.insert("items".into(), Value::Array(items));
    Some(feed)
}

fn item(item: &Value) -> Option<Value> {
    let item = item.as_object()?;
    let mut mended = texts(item, &TEXTS);
    if let Some(id) = item.get("id").and_then(word) {
        mended.insert("id".into(), id);
    }
    mended.insert("authors".into(), authors(item));
    Some(Value::Object(mended))
}

/// Keeps those of `keys` that are texts.
fn texts(object: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let text =
        |key: &&str| Some(((*key).to_owned(), object.get(*key).filter(|v| v.is_string())?.clone()));
    keys.iter().filter_map(text).collect()
}

/// Returns a text or a number as a text.
fn word(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(number) => Some(json!(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns the authors, whether they are written as one or as many, as objects or as names.
fn authors(object: &Map<String, Value>) -> Value {
    let written = object.get("authors").into_iter().chain(object.get("author"));
    let each = written.flat_map(|value| match value {
        Value::Array(many) => many.iter().collect::<Vec<_>>(),
        one => vec![one],
    });
    let author = |value: &Value| match value {
        Value::Object(author) => Some(Value::Object(texts(author, &["name", "url"]))),
        Value::String(name) => Some(json!({ "name": name })),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    Value::Array(each.filter_map(author).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, items: &Value, skipped: usize) {
        let (mended, left_out) = mend(text).unwrap();
        let mended: Value = serde_json::from_str(&mended).unwrap();
        assert_eq!((&mended["items"], left_out), (items, skipped));
    }

    #[test]
    fn a_faulty_item_costs_no_other_item() {
        check(
            r#"{"items":[{"id":7,"title":3,"url":"u","attachments":[{}],"author":"A"},5,{"id":"x","tags":1}]}"#,
            &json!([{"id":"7","url":"u","authors":[{"name":"A"}]}, {"id":"x","authors":[]}]),
            1,
        );
    }

    #[test]
    fn a_cut_feed_gives_its_items_before_the_cut() {
        check(
            r#"{"version":"x","items":[{"id":"1","title":"]}"}, {"id":"2"},{"id":"3","ti"#,
            &json!([{"id":"1","title":"]}","authors":[]}, {"id":"2","authors":[]}]),
            1,
        );
    }

    #[test]
    fn other_json_is_no_feed() {
        for text in ["{}", "[]", "{\"items\":{}}", "{\"a\":[", "7", &"[".repeat(100_000)] {
            assert!(mend(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_would_take_too_much_memory_is_refused() {
        let many = "{\"\":0},".repeat(100_000);
        let too_many = Err(Unreadable("the JSON holds more than 50000 objects".into()));
        assert_eq!(mend(&format!("{{\"items\":[{many}0]}}")), too_many);
        assert_eq!(mend(&format!("{{\"items\":[{many}")), too_many);
        assert_eq!(mend(&format!("{{\"a\":\"b\"items\":[{many}0]}}")), too_many);
        let (_, skipped) =
            mend(&format!("{{\"items\":[{}]}}", vec!["{}"; 20_001].join(","))).unwrap();
        assert_eq!(skipped, 1);
    }
}
