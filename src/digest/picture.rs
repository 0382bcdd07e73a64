//! A drawing as a picture that mail programs show: few of them show SVG, all of them PNG. The font lies in
//! the program, because servers have none, and a drawing without one has no words and says nothing of it.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::sync::{Arc, LazyLock};

/// The family that drawings name.
const FONT: &str = super::chart::FONT;

/// How many pixels a drawing's unit has: screens that are looked at closely have two.
const SCALE: f32 = 2.0;

/// The most pixels of a side.
const MOST_PIXELS: u32 = 4_000;

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options { font_family: FONT.to_owned(), ..Options::default() };
    let font = include_bytes!("font/DejaVuSans-subset.ttf");
    Arc::make_mut(&mut options.fontdb).load_font_data(font.to_vec());
    options
});

/// Returns the drawing as PNG; `None` where it is no drawing, or too large.
pub fn png(svg: &str) -> Option<Vec<u8>> {
    let tree = Tree::from_str(svg, &OPTIONS).ok()?;
    let size = tree.size().to_int_size().scale_by(SCALE)?;
    if size.width() > MOST_PIXELS || size.height() > MOST_PIXELS {
        return None;
    }
    let mut pixels = Pixmap::new(size.width(), size.height())?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(words: &str) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='40'>\
             <text x='4' y='28' font-family='{FONT}' font-size='20'>{words}</text></svg>"
        )
    }

    /// How many pixels are drawn.
    fn drawn(svg: &str) -> usize {
        let pixels = Pixmap::decode_png(&png(svg).unwrap()).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (400, 80));
        pixels.pixels().iter().filter(|pixel| pixel.alpha() > 128).count()
    }

    #[test]
    fn words_are_drawn_in_the_letters_of_our_languages() {
        assert_eq!(drawn(&drawing("")), 0);
        for words in ["Äänekoski", "Şişli ığü", "Malmö 12 %", "Ελλάδα", "Привет"]
        {
            assert!(drawn(&drawing(words)) > 400, "{words}");
        }
        // Each letter has a form of its own: a missing one would be the same box.
        let letters = ["ä", "ö", "å", "ş", "ğ", "ı", "İ", "ç", "ü", "–", "●", "↑"];
        let forms: std::collections::BTreeSet<Vec<u8>> =
            letters.iter().filter_map(|letter| png(&drawing(letter))).collect();
        assert_eq!(forms.len(), letters.len());
    }

    #[test]
    fn what_is_no_drawing_or_too_large_is_none() {
        assert_eq!(png("<svg"), None);
        assert_eq!(png("<svg xmlns='http://www.w3.org/2000/svg' width='9000' height='9'/>"), None);
    }
}
