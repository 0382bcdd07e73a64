//! JSON from outside: read only once it was seen that little memory will hold it.
//!
//! A parsed object costs hundreds of bytes however short it is written, so ten megabytes of `{"":0}`
//! grow to a gigabyte. One pass over the text counts what it will become.

use serde_json::Value;

/// Values of a document, names of members not counted.
pub const MOST_VALUES: usize = 200_000;
/// Objects among them, each of which costs about 640 bytes at least. A page of a forum has some
/// hundreds, a feed with thousands of entries some ten thousand.
pub const MOST_OBJECTS: usize = 50_000;
/// How deep arrays and objects may lie in each other.
pub const MOST_DEPTH: usize = 128;
/// Bytes that an answer of an API may have: the longest ones known have some hundred thousand.
pub const MOST_API_BYTES: usize = 4 * 1024 * 1024;

/// Said of JSON that is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("the JSON is longer than {} MiB", .0 / 1024 / 1024)]
    Long(usize),
    #[error("the JSON holds more than {MOST_VALUES} values")]
    Values,
    #[error("the JSON holds more than {MOST_OBJECTS} objects")]
    Objects,
    #[error("the JSON is nested deeper than {MOST_DEPTH} levels")]
    Deep,
    #[error("the reply is no proper JSON: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// Reads a document of at most `most` bytes.
///
/// # Errors
///
/// Fails where the document is beyond a bound, or is no JSON.
pub fn parse(text: &str, most: usize) -> Result<Value, Unfit> {
    if text.len() > most {
        return Err(Unfit::Long(most));
    }
    check(text)?;
    Ok(serde_json::from_str(text)?)
}

/// Tells whether a text may be parsed, be it JSON or not: a parser that begins where the text begins
/// makes no more of it than is counted here.
///
/// # Errors
///
/// Fails where the text is beyond a bound; never as [`Unfit::Malformed`].
pub fn check(text: &str) -> Result<(), Unfit> {
    let (mut values, mut objects, mut depth) = (1_usize, 0_usize, 0_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b',' => values += 1,
            b'{' | b'[' => {
                // The first value within; those behind it follow a comma.
                values += 1;
                depth += 1;
                objects += usize::from(byte == b'{');
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if values > MOST_VALUES {
            return Err(Unfit::Values);
        }
        if objects > MOST_OBJECTS {
            return Err(Unfit::Objects);
        }
        if depth > MOST_DEPTH {
            return Err(Unfit::Deep);
        }
    }
    Ok(())
}

/// Goes on behind the string whose quotation mark was just read.
fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A list of so many times the same.
    fn many(item: &str, times: usize) -> String {
        format!("[{}]", vec![item; times].join(","))
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(parse(text, MOST_API_BYTES).unwrap_err().to_string(), expected);
    }

    #[test]
    fn little_that_would_grow_large_is_refused() {
        let values = "the JSON holds more than 200000 values";
        let objects = "the JSON holds more than 50000 objects";
        refused(&many("0", MOST_VALUES), values);
        refused(&many("[]", MOST_VALUES / 2), values);
        refused(&many("[[0]]", MOST_VALUES / 3 + 1), values);
        refused(&many("{\"\":0}", MOST_OBJECTS + 1), objects);
        refused(&many("{}", MOST_OBJECTS + 1), objects);
        // One may stand in a member, and behind strings that look like an end.
        refused(&format!("{{\"\\\\\":\"\\\"\",\"a\":{}}}", many("0", MOST_VALUES)), values);
        refused(&"[".repeat(100_000), "the JSON is nested deeper than 128 levels");
        refused(&format!("\"{}\"", "x".repeat(MOST_API_BYTES)), "the JSON is longer than 4 MiB");
    }

    #[test]
    fn what_stands_in_strings_counts_for_nothing() {
        for text in ["[{,", "\\\"[{,", "\\\\"] {
            let text = format!("[\"{}\",\"x\"]", text.repeat(MOST_VALUES / 2));
            assert!(parse(&text, MOST_API_BYTES).is_ok());
        }
        assert!(parse(&many("0", MOST_VALUES - 2), MOST_API_BYTES).is_ok());
        assert!(parse(&many("{\"a\":[1]}", MOST_OBJECTS), MOST_API_BYTES).is_ok());
    }

    /// Values and objects of a parsed document.
    fn count(value: &Value) -> (usize, usize) {
        let add = |(a, b), (c, d)| (a + c, b + d);
        match value {
            Value::Array(all) => all.iter().map(count).fold((1, 0), add),
            Value::Object(all) => all.values().map(count).fold((1, 1), add),
            _ => (1, 0),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_becomes_more_than_was_counted(
            parts in proptest::collection::vec("[\\[\\]{},:\"\\\\]|\"a\"|\"b\":|0|\\PC", 0..40),
            item in "\\{\"[a,\\[]{0,3}\":(0|\"\\\\\\\\,\"|\\[1\\])\\}",
        ) {
            let times = MOST_OBJECTS + 1;
            prop_assert!(matches!(check(&many(&item, times)), Err(Unfit::Objects | Unfit::Values)));
            let text = parts.concat();
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let padded = |n: usize| format!("[{text}{}]", ",0".repeat(n));
                let (values, _) = count(&value);
                prop_assert!(check(&padded(MOST_VALUES - values)).is_err());
            }
        }
    }
}
