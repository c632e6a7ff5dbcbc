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
/// What a column is made wider by at a time, in points.
const STEP: f64 = 3.0;
/// Lines that are broken at spaces are not filled to their end.
const RAGGED: f64 = 1.08;
/// Room for the error of adding up widths of letters.
const SLACK: f64 = 1.5;

/// What a column asks for, in points.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// Its longest word: narrower, a line would break inside it.
    least: f64,
    /// Its longest line.
    most: f64,
    /// Whether its lines may be broken at spaces.
    flexible: bool,
    /// How long the text of each row is, on one line.
    rows: Vec<f64>,
}

impl Wish {
    /// Of a column whose lines may be broken, or are kept whole.
    pub(super) const fn new(flexible: bool) -> Self {
        Self { least: 0.0, most: 0.0, flexible, rows: Vec::new() }
    }

    /// What is taken into account from here on stands in the next row.
    pub(super) fn next_row(&mut self) {
        self.rows.push(0.0);
    }

    /// Takes a line into account; `extra` is what stands beside it, in points.
    pub(super) fn line(&mut self, text: &str, strong: bool, extra: f64) -> Result<()> {
        let whole = width(text, strong)? + extra;
        self.most = self.most.max(whole);
        if let Some(row) = self.rows.last_mut() {
            *row += whole;
        }
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
    /// Whether words are longer than their columns.
    pub(super) tight: bool,
}

/// Shares the width of a page among the columns.
pub(super) fn share(wishes: &[Wish]) -> Columns {
    let edges = INSET + SLACK;
    // A long word may be hyphenated rather than turn the page.
    let tight: f64 = wishes.iter().map(|wish| wish.least.min(COMFORT / 2.0).max(wish.rigid()) + edges).sum();
    let roomy: f64 = wishes.iter().map(|wish| wish.least.max(wish.comfortable() * 0.5) + edges).sum();
    fitted(wishes, tight > UPRIGHT || roomy > UPRIGHT)
}

/// Shares the width of a page on its side, whatever the columns ask for.
pub(super) fn turned(wishes: &[Wish]) -> Columns {
    fitted(wishes, true)
}

fn fitted(wishes: &[Wish], sideways: bool) -> Columns {
    let edges = INSET + SLACK;
    let page = if sideways { SIDEWAYS } else { UPRIGHT };
    let comfortable: f64 = wishes.iter().map(|wish| wish.comfortable() + edges).sum();
    let least: f64 = wishes.iter().map(|wish| wish.least + edges).sum();
    let widths = if comfortable <= page { spread(wishes, page, comfortable) } else { squeeze(wishes, page) };
    Columns { widths, sideways, tight: least > page }
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

/// Columns of figures have what they need; those of texts share the rest so
/// that the rows become as low as can be.
fn squeeze(wishes: &[Wish], page: f64) -> Vec<f64> {
    let edges = INSET + SLACK;
    let least: f64 = wishes.iter().map(|wish| wish.least + edges).sum();
    if least >= page {
        return wishes.iter().map(|wish| (wish.least + edges) * page / least).collect();
    }
    let mut widths: Vec<f64> = wishes.iter().map(|wish| wish.least).collect();
    let mut room = page - least;
    while room >= STEP {
        let Some(column) = neediest(wishes, &widths) else { break };
        widths[column] += STEP;
        room -= STEP;
    }
    let wanted: f64 = wishes.iter().zip(&widths).map(|(wish, width)| (wish.wanted() - width).max(0.0)).sum();
    let share = if wanted > 0.0 { (room / wanted).min(1.0) } else { 0.0 };
    wishes.iter().zip(widths).map(|(wish, width)| width + edges + share * (wish.wanted() - width).max(0.0)).collect()
}

/// The column that makes the rows lower most where it is a step wider; none
/// where no column does. A row is as high as its highest cell.
fn neediest(wishes: &[Wish], widths: &[f64]) -> Option<usize> {
    let mut gains = vec![0.0_f64; wishes.len()];
    for row in 0..wishes.iter().map(|wish| wish.rows.len()).max().unwrap_or(0) {
        let lines = |column: usize, wider: f64| {
            let text = if wishes[column].flexible { wishes[column].rows.get(row).copied() } else { None };
            let text = text.unwrap_or(0.0);
            (text * RAGGED / (widths[column] + wider)).max(1.0)
        };
        let (mut highest, mut first, mut second) = (0, 0.0_f64, 1.0_f64);
        for column in 0..wishes.len() {
            let lines = lines(column, 0.0);
            if lines > first {
                (second, first, highest) = (first.max(1.0), lines, column);
            } else {
                second = second.max(lines);
            }
        }
        gains[highest] += first - second.max(lines(highest, STEP));
    }
    let best = gains.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1))?;
    // Where two columns are equally high, neither makes a row lower by itself.
    (*best.1 > 1e-9).then_some(best.0)
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
            let mut wishes = vec![text.clone()];
            wishes.extend(vec![figures.clone(); count]);
            let columns = share(&wishes);
            let page = if columns.sideways { SIDEWAYS } else { UPRIGHT };
            assert!(columns.widths.iter().sum::<f64>() <= page + 0.01, "{count} columns");
            assert!(columns.widths.iter().all(|width| *width > 0.0));
        }
    }

    #[test]
    fn many_columns_turn_the_page() {
        let figures = column(&["111.018,00 €"], false);
        assert!(!share(&vec![figures.clone(); 5]).sideways);
        assert!(share(&vec![figures; 11]).sideways);
    }

    #[test]
    fn a_long_text_has_the_room_that_short_ones_do_not_need() {
        let of = |line: &str| {
            let mut wish = Wish::new(true);
            for _ in 0..10 {
                wish.next_row();
                wish.line(line, false, 0.0).unwrap();
            }
            wish
        };
        let long = of(&"een lange omschrijving van wat er in deze rij te lezen staat ".repeat(5));
        let short = of("een korte tekst die op twee regels past en niet meer");
        let columns = share(&[short.clone(), long, short]);
        assert!(columns.widths[1] > 2.0 * columns.widths[0], "{:?}", columns.widths);
    }

    #[test]
    fn figures_keep_their_room_where_texts_are_squeezed() {
        let figures = column(&["111.018,00 €"], false);
        let text = column(&["een lange omschrijving van wat er in deze rij te lezen staat ".repeat(5).as_str()], true);
        let columns = share(&[text.clone(), figures.clone(), text, figures.clone()]);
        assert!(columns.widths[1] >= figures.most && columns.widths[3] >= figures.most);
    }
}
