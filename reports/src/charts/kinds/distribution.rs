//! The spread of a figure, by group: from p10 to p90, p25 to p75, and the median.

use peil_warehouse::Result;

use super::both;
use super::parts::{Key, Rows, Scale, Sign, baseline, grid, nothing, widest};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, LIGHT, Weight};
use crate::format::number;

/// The spread of a figure, by group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// The groups, from top to bottom.
    pub rows: Vec<DistributionRow>,
    /// Decimals of the figures.
    pub decimals: u32,
    /// After the figures, as ` %`. May be empty.
    pub suffix: String,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistributionRow {
    /// The group.
    pub label: String,
    /// A tenth lies below it.
    pub p10: f64,
    /// A quarter lies below it.
    pub p25: f64,
    /// Half lies below it.
    pub median: f64,
    /// A quarter lies above it.
    pub p75: f64,
    /// A tenth lies above it.
    pub p90: f64,
    /// How many it is of.
    pub n: i64,
    /// Not shown: too few.
    pub suppressed: bool,
}

impl Distribution {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let shown: Vec<&DistributionRow> = self.rows.iter().filter(|row| !row.suppressed).collect();
        let by_median = |one: &&&DistributionRow, other: &&&DistributionRow| one.median.total_cmp(&other.median);
        let (Some(most), Some(least)) = (shown.iter().max_by(by_median), shown.iter().min_by(by_median)) else {
            return "Spreidingsdiagram zonder gegevens.".to_owned();
        };
        let median = |row: &DistributionRow| self.text(row.median);
        let hidden = match self.rows.len() - shown.len() {
            0 => String::new(),
            1 => " Eén groep is te klein om te tonen.".to_owned(),
            count => format!(" {count} groepen zijn te klein om te tonen."),
        };
        if shown.len() == 1 {
            return format!(
                "Spreidingsdiagram van één groep: {}, mediaan {}, van {} (10 %) tot {} (90 %).{hidden}",
                most.label,
                median(most),
                self.text(most.p10),
                self.text(most.p90)
            );
        }
        format!(
            "Spreidingsdiagram van {} groepen: de hoogste mediaan heeft {} ({}), de laagste {} ({}).{hidden}",
            shown.len(),
            most.label,
            median(most),
            least.label,
            median(least)
        )
    }

    fn text(&self, value: f64) -> String {
        format!("{}{}", number(value, self.decimals), self.suffix)
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.rows.is_empty() {
            return nothing(layout);
        }
        let key = Key::new(
            vec![
                (Sign::Median, "mediaan".to_owned()),
                (Sign::Box, "middelste helft (p25 tot p75)".to_owned()),
                (Sign::Line(GREY), "middelste 80 % (p10 tot p90)".to_owned()),
            ],
            layout.width(),
        )?;
        let top = key.height() + 22.0;
        let counts: Vec<String> = self.rows.iter().map(|row| format!("n = {}", number(row.n as f64, 0))).collect();
        let texts: Vec<(&str, &str)> =
            self.rows.iter().zip(&counts).map(|(row, count)| (row.label.as_str(), count.as_str())).collect();
        let rows = Rows::new(layout, &texts, 20.0, 10.0, top)?;
        let medians: Vec<String> = self.rows.iter().map(|row| self.text(row.median)).collect();
        let figures = widest(medians.iter().map(String::as_str), theme::LABEL, Weight::SemiBold)?;
        let all = self.rows.iter().filter(|row| !row.suppressed).flat_map(|row| [row.p10, row.p90]);
        let scale = Scale::over(all, rows.left, layout.width() - figures - 18.0);
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            let ticks = scale.ticks(if layout == Layout::Wide { 6 } else { 4 });
            grid(canvas, scale, &ticks, &self.suffix, [top, rows.bottom], layout.width())?;
            baseline(canvas, scale.at(0.0), top, rows.bottom)?;
            for (index, row) in self.rows.iter().enumerate() {
                rows.name(canvas, index, Weight::Regular)?;
                let middle = rows.middle(index);
                if row.suppressed {
                    let note = Label::note(Anchor::Start);
                    canvas.text_on_white("te weinig besturen om te tonen", scale.at(0.0) + 6.0, middle, note)?;
                    continue;
                }
                let [p10, p25, median, p75, p90] =
                    [row.p10, row.p25, row.median, row.p75, row.p90].map(|value| scale.at(value));
                canvas.path(&[(p10, middle), (p90, middle)], 2.0, GREY)?;
                canvas.bar(p25, middle - 8.0, p75 - p25, 16.0, LIGHT)?;
                canvas.outline([p25, middle - 8.0, p75 - p25, 16.0], 0.8, GREY)?;
                canvas.bar(median - 2.0, middle - 10.0, 4.0, 20.0, BLUE)?;
                canvas.text(&medians[index], layout.width(), middle, Label::strong(Anchor::End))?;
            }
            Ok(())
        })
    }
}
