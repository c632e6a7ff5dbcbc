//! The letters that the bundled font has.
//!
//! A PDF that is to be read aloud and kept may hold no letter without a glyph.
//! A name from a source may: it is written with the letters that come nearest.

use unicode_normalization::UnicodeNormalization;

use super::world;

/// What stands for a letter that has no likeness in the font.
const UNKNOWN: char = '?';

/// A text in letters of the bundled font.
pub(super) fn printable(text: &str) -> String {
    if text.chars().all(has) {
        return text.to_owned();
    }
    let mut printed = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // Says nothing by itself: a joiner, a mark of direction.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}' => {}
            letter if has(letter) => printed.push(letter),
            letter if letter.is_whitespace() || letter.is_control() => printed.push(' '),
            letter => {
                let likeness: String = std::iter::once(letter).nfkd().filter(|part| has(*part)).collect();
                if likeness.is_empty() { printed.push(UNKNOWN) } else { printed.push_str(&likeness) }
            }
        }
    }
    printed
}

/// Whether every weight of the font has the letter.
fn has(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        letter if letter.is_control() => false,
        letter => world::fonts()
            .is_some_and(|fonts| fonts.iter().all(|font| font.info().coverage.contains(u32::from(letter)))),
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_text_keeps_the_letters_that_the_font_has() {
        for text in [
            "Gemeente Herstappe – 1.234,5\u{a0}% (v)",
            "1.518,95\u{a0}€",
            "−0,3",
            "Zoë, Çağ".split(',').next().unwrap(),
        ] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn a_letter_without_glyph_is_written_with_its_likeness() {
        assert_eq!(printable("Dvořák\tşirket\u{200b}"), "Dvorák sirket");
        assert_eq!(printable("日本 v2"), "?? v2");
    }
}
