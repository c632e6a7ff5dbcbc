//! The one theme of all charts: colours, sizes and the bundled font.
//!
//! Every colour that carries meaning has a contrast of 3:1 or more on white
//! and can be told apart by colour-blind readers, and none is the only carrier
//! of its meaning.

use std::sync::OnceLock;

use peil_warehouse::{Error, Result};
use plotters::style::{FontDesc, FontFamily, FontStyle, RGBColor, register_font};

/// What was realised; good.
pub const BLUE: RGBColor = RGBColor(0x12, 0x43, 0x6D);
/// What asks for attention.
pub const ORANGE: RGBColor = RGBColor(0xF4, 0x6A, 0x25);
/// Targets and the budget.
pub const PLUM: RGBColor = RGBColor(0x80, 0x16, 0x50);
/// Text.
pub const INK: RGBColor = RGBColor(0x1F, 0x1F, 0x1F);
/// Text of less weight, outlines.
pub const GREY: RGBColor = RGBColor(0x59, 0x59, 0x59);
/// Grid lines, which carry no meaning of their own.
pub const GRID: RGBColor = RGBColor(0xD9, 0xDD, 0xE1);
/// Filling of the year before, always within an outline of [`GREY`].
pub const LIGHT: RGBColor = RGBColor(0xD6, 0xE0, 0xEA);
/// Filling of a band or a level between [`LIGHT`] and [`BLUE`].
pub const MIDDLE: RGBColor = RGBColor(0x6E, 0x92, 0xB5);
/// Ground of a cell in which nothing stands.
pub const PALE: RGBColor = RGBColor(0xF1, 0xF4, 0xF7);
/// The page.
pub const WHITE: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

/// Size of a label, in pixels.
pub const LABEL: f64 = 13.0;
/// Size of a note, in pixels.
pub const NOTE: f64 = 11.5;

/// The name by which text asks for the bundled font.
pub const FONT: &str = "Inter";
/// Ascent and descent of the bundled font, per em: plotters takes a size for
/// the height of a line.
const LINE_PER_EM: f64 = 2478.0 / 2048.0;

static REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.ttf");

/// The weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    SemiBold,
}

impl Weight {
    const fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::SemiBold => FontStyle::Bold,
        }
    }
}

/// The bundled font at `size`, in drawn units per em.
pub(super) fn font(size: f64, weight: Weight) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FONT), size, weight.style())
}

/// Width of a text in pixels, from the advances of the bundled font.
///
/// # Errors
/// [`Error::Internal`] where the font cannot be read.
pub fn width(text: &str, size: f64, weight: Weight) -> Result<f64> {
    register()?;
    // A hundred times as large: plotters measures in whole units.
    let font = FontDesc::new(FontFamily::Name(FONT), size * LINE_PER_EM * 100.0, weight.style());
    let ((left, _), (right, _)) =
        font.layout_box(text).map_err(|error| Error::internal(format!("the font: {error}")))?;
    Ok(f64::from(right - left) / 100.0)
}

/// A text as lines of at most `room` pixels, broken at its spaces; a word that
/// is wider by itself is broken with a hyphen.
///
/// # Errors
/// As [`width`].
pub fn wrap(text: &str, size: f64, weight: Weight, room: f64) -> Result<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        if let Some(last) = lines.last_mut() {
            let longer = format!("{last} {word}");
            if width(&longer, size, weight)? <= room {
                *last = longer;
                continue;
            }
        }
        let mut rest = word.to_owned();
        while width(&rest, size, weight)? > room {
            let Some((head, tail)) = broken(&rest, size, weight, room)? else { break };
            lines.push(head);
            rest = tail;
        }
        lines.push(rest);
    }
    Ok(lines)
}

/// As [`wrap`], in at most `most` lines: what does not fit ends in an ellipsis.
///
/// # Errors
/// As [`width`].
pub fn wrap_at_most(text: &str, size: f64, weight: Weight, room: f64, most: usize) -> Result<Vec<String>> {
    let mut lines = wrap(text, size, weight, room)?;
    if lines.len() > most {
        lines.truncate(most.max(1));
        if let Some(last) = lines.last_mut() {
            while last.pop().is_some() && width(&format!("{last}…"), size, weight)? > room {}
            *last = format!("{}…", last.trim_end());
        }
    }
    Ok(lines)
}

/// The largest part of a word that fits, with a hyphen, and the rest; between
/// two consonants where that is possible, as Dutch compounds mostly are.
fn broken(word: &str, size: f64, weight: Weight, room: f64) -> Result<Option<(String, String)>> {
    let consonant = |letter: char| letter.is_alphabetic() && !"aeiouyAEIOUY".contains(letter);
    let letters: Vec<char> = word.chars().collect();
    let mut best = None;
    for at in (2..letters.len().saturating_sub(2)).rev() {
        let mut head: String = letters[..at].iter().collect();
        let own_hyphen = matches!(letters[at - 1], '-' | '/');
        if !own_hyphen {
            head.push('-');
        }
        if width(&head, size, weight)? > room {
            continue;
        }
        let parts = (head, letters[at..].iter().collect::<String>());
        if own_hyphen || (consonant(letters[at - 1]) && consonant(letters[at])) {
            return Ok(Some(parts));
        }
        let first = best.get_or_insert(parts);
        // A break further than a few letters back leaves too much white.
        if first.0.chars().count() > at + 5 {
            break;
        }
    }
    Ok(best)
}

/// Makes the bundled font known to plotters, once.
pub(super) fn register() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        register_font(FONT, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FONT, FontStyle::Bold, SEMI_BOLD).is_ok()
    });
    if *done { Ok(()) } else { Err(Error::internal("the bundled font cannot be read")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_the_advances_of_the_font() {
        // Sums of the advances that the font file gives, in em.
        let cases = [
            ("Aantal besturen", Weight::Regular, 7.446),
            ("1.518,95 €", Weight::Regular, 4.763),
            ("Aantal besturen", Weight::SemiBold, 7.685),
        ];
        for (text, weight, ems) in cases {
            let measured = width(text, 100.0, weight).unwrap() / 100.0;
            assert!((measured - ems).abs() < 0.01, "{text}: {measured} instead of {ems}");
        }
    }

    #[test]
    fn lines_keep_to_their_room() {
        let lines =
            wrap("Aantal besturen die verzenden met MAGDA documentendienst", 13.0, Weight::Regular, 180.0).unwrap();
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| width(line, 13.0, Weight::Regular).unwrap() <= 180.0));
        assert_eq!(lines.join(" "), "Aantal besturen die verzenden met MAGDA documentendienst");
    }

    #[test]
    fn a_word_that_does_not_fit_is_broken() {
        let lines = wrap("Informatieveiligheidscoördinator", 13.0, Weight::Regular, 120.0).unwrap();
        assert!(lines.len() > 1 && lines[0].ends_with('-'), "{lines:?}");
        assert!(lines.iter().all(|line| width(line, 13.0, Weight::Regular).unwrap() <= 120.0));
        let lines = wrap_at_most("Een naam die te lang is voor twee regels", 13.0, Weight::Regular, 80.0, 2).unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
    }

    #[test]
    fn meaning_stands_out_from_white() {
        for colour in [BLUE, MIDDLE, ORANGE, PLUM, INK, GREY] {
            // #F46A25 itself is 2.99 to 1, which the palette rounds to 3.
            assert!(contrast_on_white(colour) >= 2.95, "{colour:?}");
        }
        assert!(contrast_on_white(GREY) >= 4.5 && contrast_on_white(INK) >= 4.5);
    }

    fn contrast_on_white(colour: RGBColor) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        1.05 / (0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2) + 0.05)
    }
}
