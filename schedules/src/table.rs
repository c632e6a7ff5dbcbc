//! Tables for people, that fit the terminal.

use arrow::array::{Array, Float64Array, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{CellAlignment, ContentArrangement, Row, Table, TableComponent, presets};
use peil_warehouse::Result;

/// The narrowest that a column is made before rows are shown one below the
/// other.
const NARROWEST: usize = 11;
/// Lines that a wrapped row may take on a terminal.
const ROW_LINES: usize = 6;

/// How rows that do not fit are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// As columns where they fit, else each row as a list.
    #[default]
    Auto,
    /// As columns.
    Columns,
    /// Each row as a list of its columns.
    Expanded,
}

/// A table of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    header: Vec<String>,
    /// Columns that are aligned to the right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table; a name that begins with `>` makes a column that is
    /// aligned to the right.
    pub fn new(header: &[&str]) -> Self {
        Self {
            header: header.iter().map(|name| name.trim_start_matches('>').to_owned()).collect(),
            right: header.iter().map(|name| name.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// The rows of a query's result: nulls empty, fractions rounded to six
    /// decimals for the eye.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where a type has no text form.
    pub fn from_batches(header: Vec<(String, DataType)>, batches: &[RecordBatch]) -> Result<Self> {
        let right = header.iter().map(|(_, kind)| kind.is_numeric()).collect();
        let mut grid = Self { header: header.into_iter().map(|(name, _)| name).collect(), right, rows: Vec::new() };
        let options = FormatOptions::default();
        for batch in batches {
            let formatters = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options))
                .collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().zip(&formatters);
                grid.rows.push(
                    cells
                        .map(|(column, formatter)| match column.as_any().downcast_ref::<Float64Array>() {
                            Some(numbers) if numbers.is_valid(row) => fraction(numbers.value(row)),
                            _ => formatter.value(row).to_string(),
                        })
                        .collect(),
                );
            }
        }
        Ok(grid)
    }

    /// Adds a row; it has as many cells as the header.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.header.len()
    }

    /// The table as text of at most `width` columns (none: as wide as it is).
    pub fn render(&self, width: Option<usize>, layout: Layout) -> String {
        let expanded = match layout {
            Layout::Expanded => true,
            Layout::Columns => false,
            Layout::Auto => {
                width.is_some_and(|width| self.natural_width() > width && self.header.len() * NARROWEST > width)
            }
        };
        if expanded { self.render_expanded(width) } else { self.render_columns(width) }
    }

    fn render_columns(&self, width: Option<usize>) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).force_no_tty();
        table.set_style(TableComponent::HeaderLines, '─').set_style(TableComponent::MiddleHeaderIntersections, '─');
        table.set_style(TableComponent::VerticalLines, ' ');
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
        table.set_header(self.header.clone());
        for cells in &self.rows {
            let mut row = Row::from(cells.clone());
            if width.is_some() {
                row.max_height(ROW_LINES);
            }
            table.add_row(row);
        }
        for (number, right) in self.right.iter().enumerate() {
            if let Some(column) = table.column_mut(number) {
                column.set_padding((0, 1));
                column.set_cell_alignment(if *right { CellAlignment::Right } else { CellAlignment::Left });
            }
        }
        table.trim_fmt()
    }

    fn render_expanded(&self, width: Option<usize>) -> String {
        let names = self.header.iter().map(|name| length(name)).max().unwrap_or(0);
        let room = width.map(|width| width.saturating_sub(names + 3).max(10));
        let mut text = String::new();
        for (number, cells) in self.rows.iter().enumerate() {
            text += &format!("─[ row {} ]─\n", number + 1);
            for (name, cell) in self.header.iter().zip(cells) {
                let padding = " ".repeat(names - length(name));
                text += &format!("{name}{padding} │ {}\n", shortened(cell, room));
            }
        }
        text.trim_end().to_owned()
    }

    fn natural_width(&self) -> usize {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .chain(self.header.get(column))
                .map(|cell| cell.lines().map(length).max().unwrap_or(0))
                .max()
                .unwrap_or(0)
        };
        (0..self.header.len()).map(|column| widest(column) + 2).sum()
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn shortened(text: &str, room: Option<usize>) -> String {
    let text = text.replace('\n', " ");
    match room {
        Some(room) if length(&text) > room => text.chars().take(room - 1).chain(['…']).collect(),
        _ => text,
    }
}

/// A fraction for the eye: at most six decimals, no zeros at the end.
pub fn fraction(number: f64) -> String {
    let text = format!("{number:.6}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let mut grid = Grid::new(&["name", ">rows"]);
        grid.push(["portal/events".to_owned(), "12".to_owned()]);
        grid.push(["portal/users".to_owned(), "7".to_owned()]);
        grid
    }

    #[test]
    fn columns_are_aligned() {
        let text = grid().render(None, Layout::Auto);
        assert_eq!(text, "name           rows\n────────────────────\nportal/events    12\nportal/users      7");
    }

    #[test]
    fn a_row_that_does_not_fit_becomes_a_list() {
        let text = grid().render(Some(18), Layout::Auto);
        assert!(text.starts_with("─[ row 1 ]─\nname │ portal/eve"), "{text}");
        assert!(text.lines().all(|line| length(line) <= 18), "{text}");
    }

    #[test]
    fn a_long_text_wraps_within_the_width() {
        let mut grid = Grid::new(&["id", "label"]);
        grid.push(["OC-01".to_owned(), "Aantal oplossingen ".repeat(10)]);
        let text = grid.render(Some(60), Layout::Auto);
        assert!(text.lines().count() > 3 && text.lines().all(|line| length(line) <= 60), "{text}");
    }

    #[test]
    fn fractions_are_short() {
        assert_eq!([55.0, 0.1, 2.0 / 3.0, 0.0, -1e-9].map(fraction), ["55", "0.1", "0.666667", "0", "0"]);
    }
}
