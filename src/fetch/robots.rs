//! `robots.txt` as RFC 9309 reads it: which paths of a site a robot may ask for, and how fast.
//!
//! Nothing in it is an error. A line that makes no sense is passed over, and a file of such lines
//! forbids nothing.

use std::time::Duration;

use url::Url;

/// Bytes that are read; what comes behind them is not. RFC 9309, 2.5 wants at least 500 KiB.
pub(super) const MOST_BYTES: usize = 500 * 1024;

/// A longer `Crawl-delay` is shortened to this.
const LONGEST_DELAY: Duration = Duration::from_mins(5);

/// What one `robots.txt` says to one robot.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

/// One line `Allow` or `Disallow`.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allows: bool,
    /// What stands between the stars, in the spelling of [`spelled`]; at least one piece.
    pieces: Box<[Box<str>]>,
    /// Whether the last piece is the end of the address.
    ends: bool,
    /// Bytes of the whole, by which the most specific rule is known.
    length: usize,
}

/// The rules of the groups that name one robot, while they are read.
#[derive(Default)]
struct Named {
    seen: bool,
    rules: Rules,
}

impl Rules {
    /// Reads what `body` says to the robot with the name `token`, which has no version.
    ///
    /// Groups that name it are taken together; where none does, those for `*` are.
    pub(super) fn parse(body: &[u8], token: &str) -> Self {
        let text = whole_lines(body);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.trim_ascii_start().starts_with(b"<") {
            // A page that says "not found" with status 200. It may well quote a robots.txt.
            return Self::default();
        }
        let (mut ours, mut anybody) = (Named::default(), Named::default());
        // Whether the group that is being read names us, or everybody, and whether it may name more.
        let (mut is_ours, mut is_anybody, mut is_naming) = (false, false, false);
        for (field, value) in lines(text) {
            let is = |name: &str| field.eq_ignore_ascii_case(name.as_bytes());
            if is("user-agent") {
                if !is_naming {
                    (is_ours, is_anybody, is_naming) = (false, false, true);
                }
                is_anybody |= value == b"*" || value.starts_with(b"* ");
                is_ours |= product(value).eq_ignore_ascii_case(token.as_bytes());
                ours.seen |= is_ours;
                continue;
            }
            let targets = [(is_ours, &mut ours.rules), (is_anybody, &mut anybody.rules)];
            let targets =
                targets.into_iter().filter_map(|(is_meant, rules)| is_meant.then_some(rules));
            if is("allow") || is("disallow") {
                is_naming = false;
                if let Some(rule) = Rule::parse(is("allow"), value) {
                    targets.for_each(|rules| rules.rules.push(rule.clone()));
                }
            } else if is("crawl-delay")
                && let Some(delay) = seconds(value)
            {
                // Not of the RFC, so it ends no list of names: it is for those named so far.
                targets.for_each(|rules| rules.delay = rules.delay.max(Some(delay)));
            }
        }
        if ours.seen { ours.rules } else { anybody.rules }
    }

    /// Tells whether `url`, which is of this site, may be asked for: the longest rule that fits says
    /// so, and of two as long the one that allows.
    pub(super) fn allow(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        let mut asked = spelled(url.path().as_bytes());
        if let Some(query) = url.query() {
            asked.push('?');
            asked.push_str(&spelled(query.as_bytes()));
        }
        let fitting = self.rules.iter().filter(|rule| rule.fits(&asked));
        fitting.max_by_key(|rule| (rule.length, rule.allows)).is_none_or(|rule| rule.allows)
    }

    /// Returns the time that is wanted between two requests: at most five minutes.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// Returns about how many bytes of memory these take.
    pub(super) fn size(&self) -> usize {
        let of = |rule: &Rule| {
            let pieces = rule.pieces.iter().map(|piece| piece.len() + size_of::<Box<str>>());
            size_of::<Rule>() + pieces.sum::<usize>()
        };
        self.rules.iter().map(of).sum()
    }
}

impl Rule {
    /// Reads a pattern; an empty one, or one that could fit no address, is no rule.
    fn parse(allows: bool, pattern: &[u8]) -> Option<Self> {
        if !pattern.starts_with(b"/") && !pattern.starts_with(b"*") {
            return None;
        }
        let (pattern, ends) = match pattern.strip_suffix(b"$") {
            Some(pattern) => (pattern, true),
            None => (pattern, false),
        };
        let pieces: Box<[Box<str>]> = pattern
            .split(|byte| *byte == b'*')
            .map(|piece| spelled(piece).into_boxed_str())
            .collect();
        let text: usize = pieces.iter().map(|piece| piece.len()).sum();
        let length = text + pieces.len() - 1 + usize::from(ends);
        Some(Self { allows, pieces, ends, length })
    }

    /// Tells whether the pattern fits `asked` from its beginning on.
    fn fits(&self, asked: &str) -> bool {
        let Some((first, others)) = self.pieces.split_first() else { return false };
        let Some(mut rest) = asked.strip_prefix(&**first) else { return false };
        let Some((last, between)) = others.split_last() else {
            return !self.ends || rest.is_empty();
        };
        // The first place where a piece stands leaves most to the pieces behind it. A search of this
        // kind takes no longer than the text is, whatever a hostile file asks to be searched for.
        for piece in between {
            match rest.split_once(&**piece) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        if self.ends { rest.ends_with(&**last) } else { rest.contains(&**last) }
    }
}

/// Returns `text` without the line that was cut off by [`MOST_BYTES`].
fn whole_lines(text: &[u8]) -> &[u8] {
    let Some(read) = text.get(..MOST_BYTES) else { return text };
    let end = read.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
    end.and_then(|end| read.get(..end)).unwrap_or_default()
}

/// Returns fields and values, comments and what is no field left out.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    // The empty line within CRLF is none of interest.
    text.split(|byte| matches!(byte, b'\r' | b'\n')).filter_map(|line| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (field, value) = line.split_at_checked(colon)?;
        Some((field.trim_ascii(), value.get(1..)?.trim_ascii()))
    })
}

/// Returns the name at the beginning of `value`, without a version and what follows it.
fn product(value: &[u8]) -> &[u8] {
    let is_of_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    let end = value.iter().position(|byte| !is_of_name(byte)).unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

fn seconds(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = str::from_utf8(value).ok()?.parse().ok()?;
    let is_some = seconds > 0.0;
    // What is too large for a duration, infinity too, is long all the same.
    is_some
        .then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY))
}

/// Spells an address, or a piece of a pattern, in the one way in which two can be compared: RFC 9309,
/// 2.2.2. Letters that need no `%` have none, all else that could have one has, in capitals.
fn spelled(text: &[u8]) -> String {
    let mut spelled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let decoded = if *byte == b'%' { behind.split_at_checked(2) } else { None };
        let decoded = decoded.and_then(|(hex, behind)| Some((hex_byte(hex)?, behind)));
        let (byte, is_plain) = if let Some((byte, behind)) = decoded {
            rest = behind;
            (byte, is_unreserved(byte))
        } else {
            rest = behind;
            // In a pattern these two are written with `%` where they mean themselves.
            let is_literal = is_reserved(*byte) && !matches!(byte, b'*' | b'$');
            (*byte, is_literal || is_unreserved(*byte))
        };
        if is_plain {
            spelled.push(char::from(byte));
        } else {
            spelled.push('%');
            for nibble in [byte >> 4, byte & 15] {
                spelled.extend(
                    char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase()),
                );
            }
        }
    }
    spelled
}

fn hex_byte(hex: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let [high, low] = hex else { return None };
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn is_reserved(byte: u8) -> bool {
    b":/?#[]@!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests;
