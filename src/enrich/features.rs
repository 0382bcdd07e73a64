//! Turns tokens into what the judge's table knows: hashed features. Trainer and judge share every
//! line of this and of [`tokens`](super::tokens), so that what is learnt is what is asked.

use super::concepts::{BAD, Concepts, OPINIONS, Set, Spot};
use super::names::{Common, Role, names, role};
use super::net;
use super::tokens::{Kind, Token, WORD};
use std::ops::Range;

/// Changes whenever the same text gives other features; a table of another version does not load.
pub const VERSION: u32 = 3;
/// How many bits of a feature's hash choose its row in the table.
pub const BITS: u32 = 19;
/// How many concepts of a text are set against each other: of a long text, those near its start.
const PAIRED: usize = 24;

/// How many letters of a word stand for it where its ending does not count.
const STEM: usize = 5;

/// The three blocks of features, which are weighted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    Words,
    Chars,
    Signs,
}

/// The features of a text, as rows of the table, as often as they occur.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bag {
    pub words: Vec<u32>,
    pub chars: Vec<u32>,
    pub signs: Vec<u32>,
    /// What it turns on in the [`net`].
    pub inputs: Vec<u16>,
}

impl Bag {
    /// Returns every row with its value.
    pub fn rows(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        let (words, chars) = (share(self.words.len()), share(self.chars.len()));
        let signs = sign_share(self.signs.len());
        self.words
            .iter()
            .map(move |row| (*row, words))
            .chain(self.chars.iter().map(move |row| (*row, chars)))
            .chain(self.signs.iter().map(move |row| (*row, signs)))
    }
}

/// Returns the value of each of `rows` features, so that a long text counts no more than a short one.
pub fn share(rows: usize) -> f32 {
    // A text has fewer rows than a u16 counts, for all that is read of it.
    1.0 / f32::from(u16::try_from(rows.max(1)).unwrap_or(u16::MAX)).sqrt()
}

/// The same of signs.
pub fn sign_share(rows: usize) -> f32 {
    SIGN * share(rows)
}

/// How much more signs count than words.
const SIGN: f32 = 1.5;

/// A feature as the part of a hash: FNV-1a over letters, with a last stir, because the row is taken
/// from the top.
#[derive(Debug, Clone, Copy)]
pub struct Hash(u64);

impl Hash {
    pub const fn new(kind: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).byte(kind)
    }

    #[must_use]
    pub const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    #[must_use]
    pub fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte)
    }

    #[must_use]
    pub fn char(self, c: char) -> Self {
        Self((self.0 ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3))
    }

    /// Returns the row in a table of two to the power of `bits`.
    pub fn row(self, bits: u32) -> u32 {
        let stirred = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        u32::try_from(stirred >> (64 - bits)).unwrap_or(0)
    }
}

/// Words of a complaint, and those of them that nobody may overhear.
const COMPLAINTS: Set =
    Set::of(&["remedy", "legal", "harm", "overcharge", "demand", "gain", "ignored"]);
const THREATS: Set = Set::of(&["legal"]);
/// Those who take part in a talk.
const PERSONS: Set = Set::of(&["me", "you"]);
/// The same as words of languages whose verbs do not tell.
const PERSONAL: [(&str, &str); 16] = [
    ("en", "i"),
    ("en", "im"),
    ("en", "ill"),
    ("en", "ive"),
    ("en", "my"),
    ("en", "we"),
    ("en", "our"),
    ("en", "you"),
    ("en", "your"),
    ("sv", "jag"),
    ("sv", "min"),
    ("de", "ich"),
    ("de", "mein"),
    ("de", "meine"),
    ("fr", "je"),
    ("fr", "mon"),
];
/// Words of going from one to another.
const LEAVES: Set = Set::of(&["switch", "leave"]);
/// Words of harm, deceit, anger and scorn.
const STRONG: Set = Set::of(&["harm", "deceit", "anger", "insult", "bad"]);

/// What is counted of a text, by the letter that stands for it in the features.
const SIGNS: [u8; 12] = *b"SD!?eq\"TUN+-";

/// How loudly the words of a complaint speak, whatever the score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plaint {
    None,
    Words,
    Threat,
}

/// A text as the judge reads it.
#[derive(Debug)]
pub struct Reading<'a> {
    pub tokens: &'a [Token],
    /// Of each token.
    words: Vec<Word>,
    pub spots: Vec<Spot>,
    /// Of each token.
    pub zones: Vec<Zone>,
    /// The code of its language; empty where it is not known.
    pub language: &'a str,
    /// The first token that is the brand.
    pub target: Option<usize>,
    /// Of each token, whether it names somebody else.
    pub names: Vec<bool>,
    /// How the brand stands to another name, where there is one.
    pub rival: Option<Rival>,
}

/// A word as the part of a hash, and its first letters, where it has as many.
#[derive(Debug, Clone, Copy)]
struct Word {
    whole: Hash,
    stem: Option<Hash>,
}

impl Word {
    fn of(word: &str) -> Self {
        let (mut hash, mut letters, mut stem) = (Hash::new(b'w'), 0, None);
        for byte in word.bytes() {
            // A byte that goes on with a letter begins none.
            if byte & 0xc0 != 0x80 {
                if letters == STEM {
                    stem = Some(hash);
                }
                letters += 1;
            }
            hash = hash.byte(byte);
        }
        Self { whole: hash, stem: if letters == STEM { Some(hash) } else { stem } }
    }
}

/// How the brand stands to another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rival {
    /// The first token of the other name.
    pub at: usize,
    /// What part the brand plays, and the other.
    pub role: Role,
    pub other: Role,
}

impl<'a> Reading<'a> {
    /// Reads tokens in a language; other brands stand at `others`.
    pub fn of(
        tokens: &'a [Token],
        language: &'a str,
        common: &Common,
        others: &[Range<usize>],
    ) -> Self {
        let target = tokens.iter().position(|token| token.kind == Kind::Target);
        let spots = Concepts::of(language).spots(tokens);
        let mut names = names(tokens, &spots, language, common);
        for (name, token) in names.iter_mut().zip(tokens).filter(|_| !others.is_empty()) {
            let is_here =
                |other: &Range<usize>| other.start < token.at.end && token.at.start < other.end;
            *name |= token.kind != Kind::Target && others.iter().any(is_here);
        }
        let zones = zones(tokens, &names);
        let rival = target.zip(names.iter().position(|name| *name)).map(|(target, at)| Rival {
            at,
            role: role(tokens, target, language),
            other: role(tokens, at, language),
        });
        let words = tokens.iter().map(|token| Word::of(&token.folded)).collect();
        Self { tokens, words, spots, zones, language, target, names, rival }
    }

    /// Returns where a token stands between the brand and the other name: before both, between, behind,
    /// with which of them comes first.
    pub fn region(&self, at: usize) -> Option<u8> {
        let (target, rival) = (self.target?, self.rival?.at);
        let (first, second) = (target.min(rival), target.max(rival));
        let region = u8::from(at > first) + u8::from(at > second);
        Some(region * 2 + u8::from(rival < target))
    }

    /// Returns the strong words that are said of the brand: of harm, deceit, anger and scorn.
    pub fn strong(&self) -> impl Iterator<Item = &Spot> {
        self.spots.iter().filter(|spot| {
            let is_negated =
                || self.tokens.get(usize::from(spot.first)).is_some_and(|token| token.negated);
            STRONG.has(spot.concept) && !is_negated() && self.spot(**spot).1 != Zone::Other
        })
    }

    /// Returns the words of a complaint, where the writer speaks of himself or to the brand: such a text
    /// is a complaint more often than its score says.
    pub fn complaint(&self) -> impl Iterator<Item = &Spot> {
        let is_personal = self.is_personal();
        self.spots.iter().filter(move |spot| is_personal && self.is_of(**spot, COMPLAINTS))
    }

    /// Returns the threats, whoever makes them.
    pub fn threats(&self) -> impl Iterator<Item = &Spot> {
        self.spots.iter().filter(|spot| self.is_of(**spot, THREATS))
    }

    /// Tells how loudly the words of a complaint speak.
    pub fn plaint(&self) -> Plaint {
        let any = |set: Set| self.spots.iter().any(|spot| self.is_of(*spot, set));
        // Where the verb tells the person, no word has to.
        let is_personal = || matches!(self.language, "fi" | "tr" | "es") || self.is_personal();
        if any(THREATS) && is_personal() {
            Plaint::Threat
        } else if any(COMPLAINTS) && self.is_personal() {
            Plaint::Words
        } else {
            Plaint::None
        }
    }

    fn is_personal(&self) -> bool {
        // Of `my lawyer` the list may know nothing but the lawyer.
        let is_said = |token: &Token| PERSONAL.contains(&(self.language, token.folded.as_str()));
        self.spots.iter().any(|spot| PERSONS.has(spot.concept)) || self.tokens.iter().any(is_said)
    }

    /// Tells whether the brand is the one that was left for another, which is praised: who says so is
    /// content, though not with the brand.
    pub fn is_left(&self) -> bool {
        let has = |is: &dyn Fn(&Spot) -> bool| self.spots.iter().any(is);
        let is_negated = |spot: &Spot| {
            let first = self.tokens.get(usize::from(spot.first));
            first.is_some_and(|token| token.negated) && spot.first == spot.last
        };
        let is_moved =
            self.rival.is_some_and(|rival| rival.role == Role::From && rival.other == Role::To);
        is_moved
            && has(&|spot| LEAVES.has(spot.concept))
            && has(&|spot| (BAD..OPINIONS).contains(&spot.concept) && !is_negated(spot))
    }

    fn is_of(&self, spot: Spot, set: Set) -> bool {
        set.has(spot.concept) && self.spot(spot).1 != Zone::Other
    }

    /// Returns the features.
    pub fn bag(&self) -> Bag {
        let mut bag = Bag { inputs: net::inputs(self), ..Bag::default() };
        self.rows(&mut |block, row| match block {
            Block::Words => bag.words.push(row),
            Block::Chars => bag.chars.push(row),
            Block::Signs => bag.signs.push(row),
        });
        bag
    }

    /// Gives every row with its block.
    pub fn rows(&self, push: &mut impl FnMut(Block, u32)) {
        for at in 0..self.tokens.len() {
            self.word_rows(at, &mut |row| push(Block::Words, row));
            char_rows(self.tokens, at, &mut |row| push(Block::Chars, row));
        }
        self.sign_rows(&mut |row| push(Block::Signs, row));
        for at in 0..self.spots.len() {
            self.spot_rows(at, &mut |row| push(Block::Signs, row));
        }
        self.pair_rows(&mut |row| push(Block::Signs, row));
    }

    /// Gives the rows of a word, of the pair that it ends, and of that pair without its endings (which
    /// languages like Finnish and Turkish have many of).
    pub fn word_rows(&self, at: usize, push: &mut impl FnMut(u32)) {
        let (Some(token), Some(word)) = (self.tokens.get(at), self.words.get(at)) else { return };
        push(word.whole.row(BITS));
        if token.negated {
            push(word.whole.byte(b'n').row(BITS));
        }
        match self.zones.get(at) {
            Some(Zone::Other) => push(word.whole.byte(b'o').row(BITS)),
            Some(Zone::Target) => push(word.whole.byte(b't').row(BITS)),
            _ => {}
        }
        let before = at.checked_sub(1).and_then(|at| self.words.get(at));
        let pair = |a: Hash, b: Hash| Hash(a.0.rotate_left(17) ^ b.0);
        let whole = before.map_or(Hash::new(b'^'), |before| before.whole);
        push(pair(whole, word.whole).byte(b'b').row(BITS));
        if let (Some(before), Kind::Word, Some(stem)) = (before, token.kind, word.stem) {
            push(pair(before.stem.unwrap_or(before.whole), stem).byte(b'q').row(BITS));
        }
    }

    /// Gives the rows of what a text shows at a glance: shouting, drawn-out letters, marks.
    pub fn sign_rows(&self, push: &mut impl FnMut(u32)) {
        let mut counts = [0_u8; SIGNS.len()];
        let mut words = 0;
        let mut count = |sign: usize| {
            if let Some(count) = counts.get_mut(sign) {
                *count = count.saturating_add(1);
            }
        };
        for token in self.tokens {
            match (token.kind, token.folded.as_str()) {
                (Kind::Word, word) => {
                    words += 1;
                    if token.shouted {
                        count(0);
                    }
                    if token.drawn_out {
                        count(1);
                    }
                    if word.starts_with('0') {
                        count(9);
                    }
                }
                (Kind::Mark, "!!") => count(2),
                (Kind::Mark, "??") => count(3),
                (Kind::Mark, "!") => count(4),
                (Kind::Mark, "?") => count(5),
                (Kind::Mark, "\"") => count(6),
                (Kind::Target, _) => count(7),
                (Kind::Url, _) => count(8),
                (Kind::Face, "FACE+") => count(10),
                (Kind::Face, "FACE-") => count(11),
                _ => {}
            }
        }
        for (name, times) in SIGNS.iter().zip(counts) {
            for time in 1..=times.min(3) {
                push(Hash::new(b's').byte(*name).byte(time).row(BITS));
            }
        }
        let long = [4, 8, 14, 25, 50].iter().filter(|most| words > **most).count();
        push(Hash::new(b'l').byte(u8::try_from(long).unwrap_or(0)).row(BITS));
    }

    /// Returns the hash of a concept where it stands, with whether it is negated, and whom it is about.
    fn spot(&self, spot: Spot) -> (Hash, Zone) {
        let at = usize::from(spot.first);
        let zone = self.zones.get(at).copied().unwrap_or(Zone::Target);
        let is_negated =
            spot.first == spot.last && self.tokens.get(at).is_some_and(|token| token.negated);
        (Hash::new(b'C').byte(spot.concept).byte(u8::from(is_negated)), zone)
    }

    /// Gives the rows of one concept.
    pub fn spot_rows(&self, at: usize, push: &mut impl FnMut(u32)) {
        let Some(spot) = self.spots.get(at).copied() else { return };
        let (of, zone) = self.spot(spot);
        let other = u8::from(zone == Zone::Other);
        push(of.byte(zone as u8).row(BITS));
        push(of.text(self.language).byte(other).row(BITS));
        let before = self.target.is_some_and(|target| usize::from(spot.first) < target);
        push(of.byte(b'<').byte(u8::from(before)).byte(other).row(BITS));
        if let (Some(rival), Some(region)) = (self.rival, self.region(usize::from(spot.first))) {
            let beside = of.byte(b'R').byte(region);
            push(beside.row(BITS));
            push(beside.byte(rival.role as u8).byte(rival.other as u8).row(BITS));
        }
    }

    /// Gives the rows of the concepts that stand next to each other, and of those in one sentence.
    pub fn pair_rows(&self, push: &mut impl FnMut(u32)) {
        let seen: Vec<(Hash, u16)> = self
            .spots
            .iter()
            .map(|spot| {
                let (of, zone) = self.spot(*spot);
                let sentence = self.tokens.get(usize::from(spot.first));
                (of.byte(u8::from(zone == Zone::Other)), sentence.map_or(0, |token| token.sentence))
            })
            .collect();
        for pair in seen.windows(2) {
            if let [(a, in_a), (b, in_b)] = pair
                && in_a == in_b
            {
                push(Hash(a.0.rotate_left(9) ^ b.0).byte(b'B').row(BITS));
            }
        }
        for three in seen.windows(3) {
            if let [(a, in_a), (b, _), (c, in_c)] = three
                && in_a == in_c
            {
                push(Hash(a.0.rotate_left(18) ^ b.0.rotate_left(9) ^ c.0).byte(b'D').row(BITS));
            }
        }
        for (at, (a, in_a)) in seen.iter().enumerate().take(PAIRED) {
            for (b, in_b) in seen.iter().take(PAIRED).skip(at + 1) {
                if in_a == in_b {
                    push(Hash(a.0.wrapping_add(b.0)).byte(b'P').row(BITS));
                }
            }
        }
    }
}

/// Whom a part of a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The clause names the brand, or nothing tells clauses apart.
    Target,
    /// The clause follows one about the brand, and names nobody.
    Beside,
    /// The clause names somebody else.
    Other,
    /// The clause names nobody, and stands before the brand in its sentence.
    Before,
}

/// Tells of each token whom its clause is about.
pub fn zones(tokens: &[Token], names: &[bool]) -> Vec<Zone> {
    let last = tokens.last().map_or(0, |token| token.clause);
    if last == 0 || !tokens.iter().any(|token| token.kind == Kind::Target) {
        return vec![Zone::Target; tokens.len()];
    }
    let mut names = names.iter().copied();
    let mut zones = Vec::with_capacity(tokens.len());
    for sentence in tokens.chunk_by(|a, b| a.sentence == b.sentence) {
        let has_target = sentence.iter().any(|token| token.kind == Kind::Target);
        let mut zone = if has_target { Zone::Before } else { Zone::Beside };
        for clause in sentence.chunk_by(|a, b| a.clause == b.clause) {
            let has_name = names.by_ref().take(clause.len()).fold(false, |any, name| any | name);
            if clause.iter().any(|token| token.kind == Kind::Target) {
                zone = Zone::Target;
            } else if has_name {
                zone = Zone::Other;
            } else if zone == Zone::Target {
                zone = Zone::Beside;
            }
            zones.extend(clause.iter().map(|_| zone));
        }
    }
    zones
}

/// Gives the rows of the pieces of three and four letters of a word, with its borders, and of its
/// beginnings of up to six.
pub fn char_rows(tokens: &[Token], at: usize, push: &mut impl FnMut(u32)) {
    let Some(token) = tokens.get(at).filter(|token| token.kind == Kind::Word) else { return };
    let mut letters = ['_'; WORD + 2];
    let mut length = 1;
    for (slot, c) in letters.iter_mut().skip(1).take(WORD).zip(token.folded.chars()) {
        *slot = c;
        length += 1;
    }
    let letters = letters.get(..=length).unwrap_or_default();
    for start in 0..letters.len() {
        let mut hash = Hash::new(b'c');
        let longest = if start == 0 { 7 } else { 4 };
        for (more, c) in letters.iter().skip(start).take(longest).enumerate() {
            hash = hash.char(*c);
            if more > 1 {
                push(hash.row(BITS));
            }
        }
    }
}
