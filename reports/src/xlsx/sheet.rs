//! Writing a grid as a sheet: one named table from A1.

use rust_xlsxwriter::{Table, TableColumn, TableStyle, Url, Worksheet, XlsxError};

use super::grid::{Entry, Grid};
use super::style::Style;

/// A4.
const PAPER: u8 = 9;
/// Columns are never narrower or wider than so many characters.
const NARROWEST: usize = 9;
const WIDEST: usize = 55;
/// What the button of the filter takes.
const BUTTON: usize = 3;
/// Points of a line of text, and lines of a row at most: Excel takes 409 points.
const LINE: f64 = 15.0;
const MOST_LINES: usize = 27;
/// Cells that are looked at for the width of a column.
const LOOKED_AT: usize = 400;
/// With more columns than this the first one stays in sight.
const SCROLLS: usize = 6;

/// Writes a grid.
pub(super) fn write(sheet: &mut Worksheet, grid: &Grid, title: &str, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(&grid.sheet)?;
    let mut widths = Vec::with_capacity(grid.columns.len());
    let mut header_lines = 1;
    for (number, column) in (0u16..).zip(&grid.columns) {
        let longest_word = column.heading.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
        let heading = longest_word.max(column.heading.chars().count().div_ceil(2)) + BUTTON;
        let widest = grid.rows.iter().take(LOOKED_AT).filter_map(|row| row.get(usize::from(number))).map(Entry::width);
        let width = widest.max().unwrap_or(0).max(heading).clamp(NARROWEST, WIDEST);
        sheet.set_column_width(number, width as f64 + 1.0)?;
        widths.push(width);
        header_lines = header_lines.max((column.heading.chars().count() + BUTTON).div_ceil(width));
    }
    set_height(sheet, 0, header_lines)?;
    for (number, row) in (1u32..).zip(&grid.rows) {
        let lines = row.iter().zip(&widths).map(|(entry, width)| lines(entry, *width)).max().unwrap_or(1);
        set_height(sheet, number, lines)?;
        let total = grid.totals.contains(&(number as usize - 1));
        for (column, entry) in (0u16..).zip(row) {
            write_entry(sheet, number, column, entry, total, style)?;
        }
    }
    if grid.rows.is_empty() {
        sheet.write_string_with_format(1, 0, &grid.when_empty, &style.text)?;
    }
    let last_row = u32::try_from(grid.rows.len().max(1)).unwrap_or(u32::MAX);
    let last_column = u16::try_from(grid.columns.len().max(1) - 1).unwrap_or(u16::MAX);
    let columns: Vec<TableColumn> = grid
        .columns
        .iter()
        .map(|column| TableColumn::new().set_header(&column.heading).set_header_format(&style.header))
        .collect();
    let table = Table::new()
        .set_name(&grid.table)
        .set_columns(&columns)
        .set_style(TableStyle::Light1)
        .set_alt_text_title(&grid.sheet)
        .set_alt_text(&grid.caption);
    sheet.add_table(0, 0, last_row, last_column, &table)?;
    sheet.set_freeze_panes(1, u16::from(grid.columns.len() > SCROLLS))?;
    print_setup(sheet, title)?;
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// A row as high as its longest text: not every program finds that by itself.
fn set_height(sheet: &mut Worksheet, row: u32, lines: usize) -> Result<(), XlsxError> {
    if lines > 1 {
        sheet.set_row_height(row, LINE * lines.min(MOST_LINES) as f64)?;
    }
    Ok(())
}

/// The lines that a text takes in a column.
fn lines(entry: &Entry, width: usize) -> usize {
    match entry {
        // A word that does not fit begins a line of its own.
        Entry::Text(text) => text.split('\n').map(|line| (line.chars().count() * 11).div_ceil(width * 10).max(1)).sum(),
        _ => 1,
    }
}

/// A4, landscape, as wide as a page, with title and page number.
pub(super) fn print_setup(sheet: &mut Worksheet, title: &str) -> Result<(), XlsxError> {
    // `&` begins a code; a real one is written twice.
    let title = title.replace('&', "&&");
    sheet
        .set_paper_size(PAPER)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.5, 0.5, 0.7, 0.7, 0.3, 0.3)
        .set_header(format!("&L&9{title}&R&9&A"))
        .set_footer("&L&9V-ICT-OR · Peil&R&9Pagina &P van &N");
    Ok(())
}

fn write_entry(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    entry: &Entry,
    total: bool,
    style: &Style,
) -> Result<(), XlsxError> {
    match entry {
        Entry::Blank if total => sheet.write_blank(row, column, style.text_of(true))?,
        Entry::Blank => sheet,
        Entry::Text(text) => sheet.write_string_with_format(row, column, text, style.text_of(total))?,
        Entry::Number(value, format) => {
            sheet.write_number_with_format(row, column, *value, style.number(*format, total))?
        }
        Entry::Day(day) => sheet.write_datetime_with_format(row, column, day, style.day(total))?,
        Entry::Status(status) => {
            sheet.write_string_with_format(row, column, status.word(), style.status(*status, total))?
        }
        Entry::Link(text, target) => {
            let url = Url::new(format!("internal:'{}'!A1", target.replace('\'', "''"))).set_text(text);
            sheet.write_url_with_format(row, column, url, &style.link)?
        }
    };
    Ok(())
}
