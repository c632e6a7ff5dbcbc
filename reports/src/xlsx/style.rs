//! How cells look.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use super::grid::NumberFormat;
use crate::frames::Status;

/// Fill of header rows; also the first colour of charts.
pub(super) const BLUE: Color = Color::RGB(0x12_43_6D);
/// The second colour of charts.
pub(super) const TEAL: Color = Color::RGB(0x28_A1_97);
/// The colour of what was not reached.
pub(super) const ORANGE: Color = Color::RGB(0xF4_6A_25);
/// Dark grey.
pub(super) const GREY: Color = Color::RGB(0x3D_3D_3D);
/// The sixth colour of charts.
pub(super) const LILAC: Color = Color::RGB(0xA2_85_D1);
/// Lines of the grid in a chart.
pub(super) const LIGHT: Color = Color::RGB(0xD9_D9_D9);

/// Every format of the workbook, made once.
pub(super) struct Style {
    /// The name of the report on the cover.
    pub(super) title: Format,
    /// A heading on the cover and above charts.
    pub(super) heading: Format,
    /// The name of something on the cover.
    pub(super) label: Format,
    /// A header row.
    pub(super) header: Format,
    /// A text that wraps.
    pub(super) text: Format,
    /// A link.
    pub(super) link: Format,
    plain: Kinds,
    total: Kinds,
}

/// The formats of a row.
struct Kinds {
    text: Format,
    day: Format,
    numbers: BTreeMap<NumberFormat, Format>,
    statuses: BTreeMap<Status, Format>,
}

impl Style {
    pub(super) fn new() -> Self {
        let top = Format::new().set_align(FormatAlign::Top);
        let text = top.clone().set_text_wrap();
        Self {
            title: Format::new().set_bold().set_font_size(22).set_font_color(BLUE),
            heading: Format::new().set_bold().set_font_size(14).set_font_color(BLUE),
            label: top.clone().set_bold(),
            header: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(BLUE)
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter),
            link: text.clone().set_hyperlink(),
            plain: Kinds::new(&top, &text),
            total: Kinds::new(
                &top.set_bold().set_border_top(FormatBorder::Thin),
                &text.clone().set_bold().set_border_top(FormatBorder::Thin),
            ),
            text,
        }
    }

    pub(super) fn text_of(&self, total: bool) -> &Format {
        &self.kinds(total).text
    }

    pub(super) fn day(&self, total: bool) -> &Format {
        &self.kinds(total).day
    }

    pub(super) fn number(&self, format: NumberFormat, total: bool) -> &Format {
        let kinds = self.kinds(total);
        kinds.numbers.get(&format).unwrap_or(&kinds.text)
    }

    pub(super) fn status(&self, status: Status, total: bool) -> &Format {
        let kinds = self.kinds(total);
        kinds.statuses.get(&status).unwrap_or(&kinds.text)
    }

    fn kinds(&self, total: bool) -> &Kinds {
        if total { &self.total } else { &self.plain }
    }
}

impl Kinds {
    fn new(top: &Format, text: &Format) -> Self {
        let formats =
            (0..=6).map(NumberFormat::Decimals).chain([NumberFormat::Share, NumberFormat::Euro, NumberFormat::Name]);
        let status = |status: Status| {
            let (fill, ink) = status_colors(status);
            (status, text.clone().set_background_color(fill).set_font_color(ink).set_bold())
        };
        Self {
            text: text.clone(),
            day: top.clone().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Right),
            numbers: formats.map(|format| (format, top.clone().set_num_format(code(format)))).collect(),
            statuses: Status::ALL.into_iter().map(status).collect(),
        }
    }
}

/// The code of Excel, which shows points and commas as its reader's language
/// has them.
fn code(format: NumberFormat) -> String {
    match format {
        NumberFormat::Decimals(0) => "#,##0".to_owned(),
        NumberFormat::Decimals(decimals) => format!("#,##0.{}", "0".repeat(decimals as usize)),
        NumberFormat::Share => "0.0%".to_owned(),
        NumberFormat::Euro => "#,##0.00 \"€\"".to_owned(),
        NumberFormat::Name => "0".to_owned(),
    }
}

/// Fill and ink of a status. The word says it too.
fn status_colors(status: Status) -> (Color, Color) {
    let (fill, ink) = match status {
        Status::Achieved => (0xD6_E4_F0, 0x12_43_6D),
        Status::AtRisk => (0xEC_E6_F7, 0x4B_2E_83),
        Status::Missed => (0xFD_E3_D6, 0x8A_2F_00),
        Status::InProgress => (0xDD_F1_EF, 0x0E_5A_54),
        Status::NoTarget | Status::NoValue => (0xF0_F0_F0, 0x3D_3D_3D),
    };
    (Color::RGB(fill), Color::RGB(ink))
}

/// The colour of a status in a chart.
pub(super) fn status_series(status: Status) -> Color {
    match status {
        Status::Achieved => BLUE,
        Status::AtRisk => LILAC,
        Status::Missed => ORANGE,
        Status::InProgress => TEAL,
        Status::NoTarget => Color::RGB(0x8C_8C_8C),
        Status::NoValue => LIGHT,
    }
}
