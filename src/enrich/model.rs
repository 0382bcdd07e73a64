//! The judge's memory: one table of small weights, learnt by `vahti-train` and built into the program.

use super::features::{self, Plaint, Reading, share, sign_share};
use super::language::table::Table;
use super::names::Common;
use super::net::{self, CELLS, INPUTS, NETS, Net};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What the file begins with.
const MAGIC: &[u8] = b"vahti judge\n";
/// The file that `vahti-train` wrote.
const BUILT_IN: &[u8] = include_bytes!("data/judge.bin");

/// What stands before the weights, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`features::VERSION`] of the program that learnt it.
    pub features: u32,
    /// How many rows of the table are kept.
    pub kept: usize,
    /// What one step of a weight is worth, by class.
    pub steps: [f32; 3],
    pub bias: [f32; 3],
    /// The languages that are told apart, in the order of the language table's columns; what is no
    /// code stands for the others.
    pub languages: Vec<String>,
    pub language_step: f32,
    pub language_bias: Vec<f32>,
    /// How sums become probabilities, by language; what is not there is not judged.
    pub sureness: BTreeMap<String, Sureness>,
    /// What it was learnt from.
    pub sets: Vec<Origin>,
}

/// How the sums of one language become a label with a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sureness {
    /// Slope and shift of each class's sum.
    pub platt: [[f32; 2]; 3],
    /// From which probability on a text is called negative.
    pub threshold: f32,
    /// How near the threshold vahti asks a person: below it, and above it.
    pub review: [f32; 2],
}

/// One set of labelled texts that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub name: String,
    pub lines: usize,
    /// Of the file.
    pub sha256: String,
    pub licence: String,
}

/// The weights, ready to use.
pub struct Model {
    pub header: Header,
    /// One row a feature: negative, neutral, positive, and nothing (four bytes are read at once).
    table: Vec<[i8; 4]>,
    nets: Vec<Net>,
    /// Which words are no names.
    pub common: Common,
    /// What tells languages apart.
    pub languages: Table,
}

/// Said of a file of weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("the file of weights is no file of the judge")]
    Foreign,
    #[error("the file of weights is cut short")]
    Short,
    #[error("the file of weights has a header that cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    #[error("the file of weights is for features of version {0}, this program has {expected}", expected = features::VERSION)]
    Version(u32),
}

/// How many numbers the net has.
const NET: usize = INPUTS * CELLS + CELLS + CELLS * 3;

/// The weights of the rows of one block, added up.
#[derive(Default)]
struct Pile {
    sums: [i32; 3],
    rows: usize,
}

impl Pile {
    fn add(&mut self, row: [i8; 4]) {
        for (sum, more) in self.sums.iter_mut().zip(row) {
            *sum += i32::from(more);
        }
        self.rows += 1;
    }

    fn join(&mut self, other: &Self) {
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
        self.rows += other.rows;
    }
}

/// From which chance on words of a complaint make a shy negative of what would be none.
const SHY: f32 = 0.2;
/// The same of a threat.
const FAINT: f32 = 0.1;

/// What is decided of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// 0, 1 or 2.
    pub class: usize,
    /// Whether the words of a complaint alone made it negative.
    pub is_shy: bool,
    /// Whether a person should look.
    pub review: bool,
}

/// What a text weighs.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// Of each class.
    pub sums: [f32; 3],
    /// What each token adds to each class; what only several tell together is in the sums alone.
    pub tokens: Vec<[f32; 3]>,
}

fn read_net(bytes: &[u8]) -> Net {
    let mut numbers = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let mut next = || numbers.next().unwrap_or(0.0);
    Net {
        inputs: (0..INPUTS).map(|_| std::array::from_fn(|_| next())).collect(),
        bias: std::array::from_fn(|_| next()),
        cells: std::array::from_fn(|_| std::array::from_fn(|_| next())),
    }
}

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(BUILT_IN).ok());

impl Model {
    /// Returns the weights that are built in; `None` if they do not fit this program, which a test
    /// rules out (and which `vahti-train` must survive, to write others).
    pub fn built_in() -> Option<&'static Self> {
        MODEL.as_ref()
    }

    /// Reads a file of weights.
    pub fn read(file: &[u8]) -> Result<Self, Unusable> {
        let rest = file.strip_prefix(MAGIC).ok_or(Unusable::Foreign)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Unusable::Short)?;
        let (header, rest) =
            rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Unusable::Short)?;
        let header: Header = serde_json::from_slice(header)?;
        if header.features != features::VERSION {
            return Err(Unusable::Version(header.features));
        }
        let (bitmap, rest) =
            rest.split_at_checked((1 << features::BITS) / 8).ok_or(Unusable::Short)?;
        let (kept, rest) = rest.split_at_checked(header.kept * 3).ok_or(Unusable::Short)?;
        let (net, rest) = rest.split_at_checked(NETS * NET * 4).ok_or(Unusable::Short)?;
        let (common, languages) = rest.split_at_checked(Common::BYTES).ok_or(Unusable::Short)?;
        let common = Common::read(common).ok_or(Unusable::Short)?;
        let languages: Vec<i8> = languages.iter().map(|byte| byte.cast_signed()).collect();
        let languages = Table::read(&languages, header.language_step, &header.language_bias)
            .filter(|_| header.language_bias.len() == header.languages.len())
            .ok_or(Unusable::Short)?;
        let mut kept = kept.as_chunks::<3>().0.iter();
        let mut table = vec![[0; 4]; 1 << features::BITS];
        for (at, row) in table.iter_mut().enumerate() {
            if bitmap.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1) {
                let [a, b, c] = kept.next().ok_or(Unusable::Short)?.map(u8::cast_signed);
                *row = [a, b, c, 0];
            }
        }
        Ok(Self {
            header,
            table,
            nets: net.chunks(NET * 4).map(read_net).collect(),
            common,
            languages,
        })
    }

    /// Writes a file of weights: of `table`, the rows that are not zero.
    pub fn write(
        mut header: Header,
        table: &[[i8; 3]],
        nets: &[Net],
        common: &Common,
        language_table: &[i8],
    ) -> Result<Vec<u8>, Unusable> {
        let is_kept = |row: &&[i8; 3]| **row != [0; 3];
        header.features = features::VERSION;
        header.kept = table.iter().filter(is_kept).count();
        let json = serde_json::to_vec(&header)?;
        let mut file = MAGIC.to_vec();
        file.extend(u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
        file.extend(json);
        for eight in table.chunks(8) {
            let bit = |(at, row): (usize, &[i8; 3])| u8::from(is_kept(&row)) << at;
            file.push(eight.iter().enumerate().map(bit).sum());
        }
        file.extend(table.iter().filter(is_kept).flatten().map(|weight| weight.cast_unsigned()));
        for net in nets {
            let net =
                net.inputs.iter().flatten().chain(&net.bias).chain(net.cells.iter().flatten());
            file.extend(net.flat_map(|weight| weight.to_le_bytes()));
        }
        file.extend(common.bytes());
        file.extend(language_table.iter().map(|weight| weight.cast_unsigned()));
        Ok(file)
    }

    /// Returns the sums of the classes for a text.
    pub fn sums(&self, reading: &Reading) -> [f32; 3] {
        self.weigh(reading).sums
    }

    /// Weighs a text, as a whole and word by word.
    pub fn weigh(&self, reading: &Reading) -> Weighed {
        let row = |row: u32| self.table.get(row as usize).copied().unwrap_or_default();
        let (mut words, mut chars, mut signs) = (Pile::default(), Pile::default(), Pile::default());
        let mut of_tokens = Vec::with_capacity(reading.tokens.len());
        for at in 0..reading.tokens.len() {
            let (mut of_word, mut of_chars) = (Pile::default(), Pile::default());
            reading.word_rows(at, &mut |at| of_word.add(row(at)));
            features::char_rows(reading.tokens, at, &mut |at| of_chars.add(row(at)));
            words.join(&of_word);
            chars.join(&of_chars);
            of_tokens.push((of_word, of_chars));
        }
        reading.sign_rows(&mut |at| signs.add(row(at)));
        let of_spots: Vec<Pile> = (0..reading.spots.len())
            .map(|at| {
                let mut of_spot = Pile::default();
                reading.spot_rows(at, &mut |at| of_spot.add(row(at)));
                signs.join(&of_spot);
                of_spot
            })
            .collect();
        reading.pair_rows(&mut |at| signs.add(row(at)));
        let on = net::inputs(reading);
        let mut sums = net::judge(&self.nets, &on);
        // What single words tell the nets is worked out near where the first of them stands.
        let first = self.nets.first().map(|net| (net, net.slopes(&net.cells(&on))));
        let [of_words, of_chars, of_signs] =
            [share(words.rows), share(chars.rows), sign_share(signs.rows)];
        for (pile, share) in [(&words, of_words), (&chars, of_chars), (&signs, of_signs)] {
            self.add(pile, share, &mut sums);
        }
        for (sum, bias) in sums.iter_mut().zip(self.header.bias) {
            *sum += bias;
        }
        let mut tokens = vec![[0.0; 3]; reading.tokens.len()];
        for (token, (word, chars)) in tokens.iter_mut().zip(&of_tokens) {
            self.add(word, of_words, token);
            self.add(chars, of_chars, token);
        }
        for (spot, pile) in reading.spots.iter().zip(&of_spots) {
            let on = net::inputs_of(reading, spot);
            let mut moved = first.as_ref().map_or([0.0; 3], |(net, slopes)| net.part(slopes, on));
            self.add(pile, of_signs, &mut moved);
            // What a phrase tells, each of its words tells a part of.
            let (first, last) = (usize::from(spot.first), usize::from(spot.last));
            let among = f32::from((spot.last - spot.first).saturating_add(1));
            for token in tokens.iter_mut().take(last + 1).skip(first) {
                for (to, more) in token.iter_mut().zip(moved) {
                    *to += more / among;
                }
            }
        }
        Weighed { sums, tokens }
    }

    /// Adds what rows tell to the sums of the classes. The rows are added up as whole numbers, so that
    /// no order of adding shows in the last digit.
    #[expect(clippy::cast_precision_loss, reason = "some thousand small numbers, added up")]
    fn add(&self, pile: &Pile, share: f32, sums: &mut [f32; 3]) {
        for ((sum, all), step) in sums.iter_mut().zip(pile.sums).zip(self.header.steps) {
            *sum += all as f32 * step * share;
        }
    }

    /// Returns how a language's sums become probabilities.
    pub fn sureness(&self, language: &str) -> Option<Sureness> {
        self.header.sureness.get(language).copied()
    }
}

impl Sureness {
    /// Returns the probabilities of negative, neutral and positive.
    pub fn probabilities(&self, sums: [f32; 3]) -> [f32; 3] {
        let mut chances = [0.0; 3];
        for ((chance, sum), [slope, shift]) in chances.iter_mut().zip(sums).zip(self.platt) {
            *chance = 1.0 / (1.0 + (-(slope * sum + shift)).exp());
        }
        let all: f32 = chances.iter().sum();
        chances.map(|chance| chance / all.max(f32::MIN_POSITIVE))
    }

    /// Returns the class that a text of these probabilities is given: 0, 1 or 2.
    pub fn class(&self, [negative, neutral, positive]: [f32; 3]) -> usize {
        if negative >= self.threshold {
            0
        } else if neutral >= positive || negative > positive {
            1
        } else {
            2
        }
    }

    /// Decides on a text of these probabilities. Words of a complaint overrule a shy score.
    pub fn decide(&self, chances: [f32; 3], plaint: Plaint) -> Decision {
        let class = self.class(chances);
        let [negative, ..] = chances;
        let least = match plaint {
            Plaint::None => f32::INFINITY,
            Plaint::Words => SHY,
            Plaint::Threat => FAINT,
        };
        let is_shy = class != 0 && negative >= least;
        let class = if is_shy { 0 } else { class };
        Decision { class, is_shy, review: is_shy || self.is_unsure(chances) }
    }

    /// Tells whether a text of these probabilities is too near the threshold to be sure.
    pub fn is_unsure(&self, [negative, neutral, positive]: [f32; 3]) -> bool {
        let [below, above] = self.review;
        let is_likeliest = negative < self.threshold && negative > neutral.max(positive);
        is_likeliest || negative > self.threshold - below && negative < self.threshold + above
    }
}

/// Returns sums as probabilities.
pub fn softmax(sums: &[f32]) -> Vec<f32> {
    let most = sums.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = sums.iter().map(|sum| (sum - most).exp()).collect();
    let all: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_weights_fit_this_program_and_tell_what_they_come_from() {
        let model = Model::read(BUILT_IN).unwrap();
        assert!(BUILT_IN.len() <= 2_000_000);
        assert!(model.header.kept > 100_000);
        for language in ["fi", "tr", "en", "sv", "de", "es", "fr", "it", "pt"] {
            assert!(model.header.languages.iter().any(|code| code == language), "{language}");
        }
        for language in ["fi", "tr", "en", "sv", "de", "es", "fr"] {
            assert!(model.header.sureness.contains_key(language), "{language}");
        }
        assert!(
            model
                .header
                .sets
                .iter()
                .all(|set| set.lines > 0 && set.sha256.len() == 64 && !set.licence.is_empty())
        );
        let unfree =
            ["en-airline", "tr-store", "tr-sikayetvar", "en-complaints", "sv-emoji", "es-xlmt"];
        assert!(model.header.sets.iter().all(|set| !unfree.contains(&set.name.as_str())));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut table = vec![[0; 3]; 1 << features::BITS];
        table[5] = [1, -2, 127];
        table[(1 << features::BITS) - 1] = [-127, 0, 0];
        let languages = vec![3; 2 << crate::enrich::language::rows::BITS];
        let header = Header {
            steps: [0.5; 3],
            languages: vec!["fi".into(), "tr".into()],
            language_step: 0.5,
            language_bias: vec![0.25, -1.0],
            ..Header::default()
        };
        let mut net = Net {
            inputs: vec![[0.25; CELLS]; INPUTS],
            bias: [0.5; CELLS],
            cells: [[0.125; 3]; CELLS],
        };
        net.cells[CELLS - 1] = [1.0, 2.0, 3.0];
        let file =
            Model::write(header, &table, &vec![net.clone(); NETS], &Common::none(), &languages)
                .unwrap();
        let model = Model::read(&file).unwrap();
        assert_eq!(model.table[5], [1, -2, 127, 0]);
        assert_eq!(model.table[(1 << features::BITS) - 1], [-127, 0, 0, 0]);
        assert_eq!(model.table.iter().filter(|row| **row != [0; 4]).count(), 2);
        assert_eq!(model.nets, vec![net; NETS]);
        assert_eq!(Some(model.languages), Table::read(&languages, 0.5, &[0.25, -1.0]));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let check = |file: &[u8], expected: &str| {
            assert_eq!(Model::read(file).err().unwrap().to_string(), expected);
        };
        check(b"", "the file of weights is no file of the judge");
        check(BUILT_IN.split_at(BUILT_IN.len() - 1).0, "the file of weights is cut short");
        check(BUILT_IN.split_at(1000).0, "the file of weights is cut short");
        check(b"vahti judge\n\xff\xff\xff\xff", "the file of weights is cut short");
    }
}
