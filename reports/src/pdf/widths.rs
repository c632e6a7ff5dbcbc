//! How wide the columns of a table are, and whether it asks for a page on its
//! side.
//!
//! Widths are set before the table is laid out: Typst would lay out every cell
//! twice to find them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use peil_warehouse::Result;

use crate::charts::theme::{self, Weight};

/// Width of the text on an upright page, in points: A4 less its margins.
pub(super) const UPRIGHT: f64 = 595.28 - 2.0 * 56.69;
/// The same on a page on its side.
pub(super) const SIDEWAYS: f64 = 841.89 - 2.0 * 56.69;
/// Size of the text in tables, in points.
const SIZE: f64 = 7.5;
/// White at both sides of a cell.
const INSET: f64 = 2.0 * 3.5;
/// Wider than this a column of text is broken over lines, in points.
const COMFORT: f64 = 190.0;
/// Room for the error of adding up widths of letters.
const SLACK: f64 = 1.5;

/// What a column asks for, in points.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    /// Its longest word: narrower, a line would break inside it.
    least: f64,
    /// Its longest line.
    most: f64,
    /// Whether its lines may be broken at spaces.
    flexible: bool,
}

impl Wish {
    /// Of a column whose lines may be broken, or are kept whole.
    pub(super) const fn new(flexible: bool) -> Self {
        Self { least: 0.0, most: 0.0, flexible }
    }

    /// Takes a line into account; `extra` is what stands beside it, in points.
    pub(super) fn line(&mut self, text: &str, strong: bool, extra: f64) -> Result<()> {
        let whole = width(text, strong)? + extra;
        self.most = self.most.max(whole);
        if self.flexible {
            let mut word = 0.0_f64;
            for part in text.split([' ', '/']) {
                // A code is never broken, other words are after a hyphen.
                let code =
                    part.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '-');
                for piece in part.split(|letter| letter == '-' && !code) {
                    word = word.max(width(piece, strong)? + extra);
                }
            }
            self.least = self.least.max(word);
        } else {
            self.least = self.most;
        }
        Ok(())
    }

    /// Takes a fixed width into account, as of a drawing.
    pub(super) fn fixed(&mut self, width: f64) {
        self.least = self.least.max(width);
        self.most = self.most.max(width);
    }
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// Width of each, in points.
    pub(super) widths: Vec<f64>,
    /// Whether the page lies on its side.
    pub(super) sideways: bool,
}

/// Shares the width of a page among the columns.
pub(super) fn share(wishes: &[Wish]) -> Columns {
    let edges = INSET + SLACK;
    let comfortable: f64 = wishes.iter().map(|wish| wish.comfortable() + edges).sum();
    // A long word may be hyphenated rather than turn the page.
    let tight: f64 = wishes.iter().map(|wish| wish.least.min(COMFORT / 2.0).max(wish.rigid()) + edges).sum();
    let roomy: f64 = wishes.iter().map(|wish| wish.least.max(wish.comfortable() * 0.5) + edges).sum();
    let sideways = tight > UPRIGHT || roomy > UPRIGHT;
    let page = if sideways { SIDEWAYS } else { UPRIGHT };
    let widths = if comfortable <= page { spread(wishes, page, comfortable) } else { squeeze(wishes, page) };
    Columns { widths, sideways }
}

/// All columns have their comfort; what is left goes to the texts, as far as
/// it helps them, and then to all. A narrow table stays narrow.
fn spread(wishes: &[Wish], page: f64, comfortable: f64) -> Vec<f64> {
    let edges = INSET + SLACK;
    let left = page - comfortable;
    let texts: f64 = wishes.iter().map(|wish| wish.most - wish.comfortable()).sum();
    let given = left.min(texts);
    let aired = (left - given).min(comfortable * 0.6);
    wishes
        .iter()
        .map(|wish| {
            let more = if texts > 0.0 { given * (wish.most - wish.comfortable()) / texts } else { 0.0 };
            let base = wish.comfortable() + edges;
            base + more + aired * base / comfortable
        })
        .collect()
}

/// Columns of figures have what they need; those of texts share the rest, each
/// by how much it would want above its longest word.
fn squeeze(wishes: &[Wish], page: f64) -> Vec<f64> {
    let edges = INSET + SLACK;
    let least: f64 = wishes.iter().map(|wish| wish.least + edges).sum();
    if least >= page {
        return wishes.iter().map(|wish| (wish.least + edges) * page / least).collect();
    }
    let wanted: f64 = wishes.iter().map(|wish| wish.wanted() - wish.least).sum();
    let room = page - least;
    wishes
        .iter()
        .map(|wish| wish.least + edges + if wanted > 0.0 { room * (wish.wanted() - wish.least) / wanted } else { 0.0 })
        .collect()
}

impl Wish {
    fn comfortable(&self) -> f64 {
        if self.flexible { self.most.min(COMFORT).max(self.least) } else { self.most }
    }

    fn rigid(&self) -> f64 {
        if self.flexible { 0.0 } else { self.most }
    }

    /// Long texts want more, though not in proportion.
    fn wanted(&self) -> f64 {
        if self.flexible && self.most > COMFORT {
            self.least.max(COMFORT * (self.most / COMFORT).sqrt())
        } else {
            self.most.max(self.least)
        }
    }
}

/// Width of a line in points, as the sum of its letters.
pub(super) fn width(text: &str, strong: bool) -> Result<f64> {
    static ADVANCES: Mutex<[BTreeMap<char, f64>; 2]> = Mutex::new([BTreeMap::new(), BTreeMap::new()]);
    let mut advances = ADVANCES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = &mut advances[usize::from(strong)];
    let mut sum = 0.0;
    for letter in text.chars() {
        sum += match known.get(&letter) {
            Some(advance) => *advance,
            None => {
                let weight = if strong { Weight::SemiBold } else { Weight::Regular };
                // Between two letters, as a space by itself has no outline.
                let advance = theme::width(&format!("n{letter}n"), 100.0, weight)? - theme::width("nn", 100.0, weight)?;
                known.insert(letter, advance / 100.0);
                advance / 100.0
            }
        };
    }
    Ok(sum * SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(lines: &[&str], flexible: bool) -> Wish {
        let mut wish = Wish::new(flexible);
        for line in lines {
            wish.line(line, false, 0.0).unwrap();
        }
        wish
    }

    #[test]
    fn columns_never_leave_the_page() {
        let figures = column(&["1.234 (v)"], false);
        let text = column(&["Aantal besturen die verzenden met MAGDA documentendienst en nog veel meer woorden"], true);
        for count in 0..20 {
            let mut wishes = vec![text];
            wishes.extend(vec![figures; count]);
            let columns = share(&wishes);
            let page = if columns.sideways { SIDEWAYS } else { UPRIGHT };
            assert!(columns.widths.iter().sum::<f64>() <= page + 0.01, "{count} columns");
            assert!(columns.widths.iter().all(|width| *width > 0.0));
        }
    }

    #[test]
    fn many_columns_turn_the_page() {
        let figures = column(&["111.018,00 €"], false);
        assert!(!share(&[figures; 5]).sideways);
        assert!(share(&vec![figures; 11]).sideways);
    }

    #[test]
    fn figures_keep_their_room_where_texts_are_squeezed() {
        let figures = column(&["111.018,00 €"], false);
        let text = column(&["een lange omschrijving van wat er in deze rij te lezen staat ".repeat(5).as_str()], true);
        let columns = share(&[text, figures, text, figures]);
        assert!(columns.widths[1] >= figures.most && columns.widths[3] >= figures.most);
    }
}
