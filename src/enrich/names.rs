//! Which words of a text are names of somebody else, and what part the brand plays beside them: *from
//! whom*, *to whom*, *than whom*.

use super::concepts::Spot;
use super::features::Hash;
use super::tokens::{Kind, Token};

/// How many bits the table of common words has, as a power of two.
const BITS: u32 = 20;

/// Words that were seen in lower case: no names, even where a sentence begins with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common(Vec<u8>);

/// Knows no word, and takes no room.
pub(super) static NO_WORD: Common = Common(Vec::new());

impl Common {
    /// How many bytes it takes.
    pub const BYTES: usize = (1 << BITS) / 8;

    /// Knows no word: every capital begins a name.
    pub fn none() -> Self {
        Self(vec![0; Self::BYTES])
    }

    /// Reads what [`bytes`](Self::bytes) gave; `None` where it has another length.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == Self::BYTES).then(|| Self(bytes.to_vec()))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn place(language: &str, word: &str) -> (usize, u8) {
        let row = Hash::new(b'k').text(language).byte(b' ').text(word).row(BITS);
        ((row / 8) as usize, 1 << (row % 8))
    }

    /// Learns a word of a language.
    pub fn learn(&mut self, language: &str, word: &str) {
        let (byte, bit) = Self::place(language, word);
        if let Some(byte) = self.0.get_mut(byte) {
            *byte |= bit;
        }
    }

    /// Tells whether a word of a language is known.
    pub fn knows(&self, language: &str, word: &str) -> bool {
        let (byte, bit) = Self::place(language, word);
        self.0.get(byte).is_some_and(|byte| byte & bit != 0)
    }
}

/// Tells of each token whether it names somebody who is not the brand.
pub fn names(tokens: &[Token], spots: &[Spot], language: &str, common: &Common) -> Vec<bool> {
    let mut names: Vec<bool> = Vec::with_capacity(tokens.len());
    // Where few words have a capital, one inside a sentence makes a name of a common word, too.
    let is_telling = tells_names(tokens, language);
    // Those whom a post is for stand first.
    let mut is_address = true;
    for token in tokens {
        is_address &= matches!(token.kind, Kind::Handle | Kind::Mark) || token.folded == "rt";
        names.push(match token.kind {
            Kind::Handle => !is_address,
            Kind::Word => {
                token.capital
                    && (!common.knows(language, &token.folded)
                        || is_telling && !token.begins && !ALWAYS.contains(&token.folded.as_str()))
            }
            _ => false,
        });
    }
    // A word that tells something is no name, unless it stands where only names have capitals.
    for spot in spots {
        for at in usize::from(spot.first)..=usize::from(spot.last) {
            let is_plain = tokens
                .get(at)
                .is_some_and(|token| token.begins || common.knows(language, &token.folded));
            if let (Some(name), true) = (names.get_mut(at), is_plain || language == "de") {
                *name = false;
            }
        }
    }
    names
}

/// Words that have a capital wherever they stand.
const ALWAYS: [&str; 10] = ["id", "ill", "im", "ive", "tv", "sms", "pdf", "te", "teidan", "sizin"];

/// Tells whether a capital inside a sentence tells a name in this text: not in a headline.
fn tells_names(tokens: &[Token], language: &str) -> bool {
    let inside = || tokens.iter().filter(|token| token.kind == Kind::Word && !token.begins);
    let capitals = inside().filter(|token| token.capital).count();
    language != "de" && capitals * 3 <= inside().count()
}

/// What part a name plays in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Plain,
    /// *From*, *after*, *than*, *unlike* it.
    From,
    /// *To*, *with*, *thanks to* it.
    To,
    /// *In*, *at* it; of it.
    In,
}

/// Returns the part that the name plays which stands at `at`.
pub fn role(tokens: &[Token], at: usize, language: &str) -> Role {
    let Some(token) = tokens.get(at) else { return Role::Plain };
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let before =
        before.filter(|before| before.kind == Kind::Word).map(|before| before.folded.as_str());
    let ending = token.ending.as_str();
    let ends = |endings: &[&str]| endings.iter().any(|known| ending.ends_with(known));
    match language {
        "fi" if ends(&["sta", "lta"]) => Role::From,
        "fi" if ends(&[
            "lle", "aan", "een", "iin", "oon", "uun", "yyn", "hin", "hen", "han", "seen",
        ]) =>
        {
            Role::To
        }
        "fi" if ends(&["ssa", "lla"]) => Role::In,
        "tr" if ends(&["den", "dan", "ten", "tan"]) => Role::From,
        "tr" if ends(&["'e", "'a", "'ye", "'ya"]) => Role::To,
        "tr" if ends(&["de", "da", "te", "ta"]) => Role::In,
        "fi" | "tr" => Role::Plain,
        _ => before.map_or(Role::Plain, particle),
    }
}

/// Returns the part that a word gives to the name behind it.
fn particle(word: &str) -> Role {
    match word {
        "from" | "after" | "than" | "unlike" | "left" | "leaving" | "leave" | "dropped"
        | "ditched" | "quit" | "over" | "of" | "beats" | "fran" | "efter" | "an" | "lamnade"
        | "von" | "nach" | "als" | "statt" | "desde" | "que" | "tras" | "de" | "quitte"
        | "apres" | "contrairement" | "vom" | "beim" | "cancelled" => Role::From,
        "to" | "with" | "joined" | "till" | "med" | "zu" | "zum" | "zur" | "mit" | "a" | "con"
        | "chez" | "avec" | "for" | "thanks" | "into" | "hos" => Role::To,
        "at" | "in" | "on" | "by" | "i" | "pa" | "av" | "bei" | "auf" | "en" | "dans" | "sur"
        | "par" => Role::In,
        _ => Role::Plain,
    }
}
