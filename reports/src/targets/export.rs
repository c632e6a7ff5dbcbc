//! The workbook that is handed out.

use peil_warehouse::{Error, Result};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationRule, DocProperties, Format, FormatAlign, FormatBorder, Formula, Workbook,
    Worksheet, XlsxError,
};

use super::layout::{
    EXPLANATION, LISTS, MARK, MILESTONE_COLUMNS, MILESTONES, NAMING, SPARE_ROWS, TARGETS, VERSION, YEAR, covers,
    milestone_periods, target_columns,
};
use super::register::Register;
use crate::frames::State;

/// The workbook of a year, as the bytes of an XLSX file: the values of today,
/// to be filled in. The same register gives the same bytes.
///
/// # Errors
/// [`Error::Internal`] where it cannot be made.
pub fn export(register: &Register, year: i32) -> Result<Vec<u8>> {
    write(register, year).map_err(|error| Error::internal(format!("the workbook of targets: {error}")))
}

/// How the cells look.
struct Style {
    title: Format,
    header: Format,
    bold: Format,
    text: Format,
    /// To be filled in.
    number: Format,
    input: Format,
    /// Not to be filled in.
    closed: Format,
}

impl Style {
    fn new() -> Self {
        let blue = Color::RGB(0x12_43_6D);
        let edge = |format: Format| format.set_border(FormatBorder::Thin).set_border_color(Color::RGB(0xBF_BF_BF));
        let text = Format::new().set_align(FormatAlign::Top).set_text_wrap();
        let open = edge(text.clone().set_unlocked().set_background_color(Color::RGB(0xFF_F9_E5)));
        Self {
            title: Format::new().set_bold().set_font_size(18).set_font_color(blue),
            header: text.clone().set_bold().set_font_color(Color::White).set_background_color(blue),
            bold: text.clone().set_bold(),
            number: open.clone().set_num_format("#,##0.######").set_align(FormatAlign::Right),
            input: open.set_num_format("@"),
            closed: edge(text.clone().set_background_color(Color::RGB(0xE0_E0_E0))),
            text,
        }
    }
}

fn write(register: &Register, year: i32) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = register.as_of.and_time(chrono::NaiveTime::MIN).and_utc();
    let properties = DocProperties::new().set_title(format!("Doelen en mijlpalen {year}")).set_author("V-ICT-OR");
    workbook.set_properties(&properties.set_creation_datetime(&made).set_custom_property("Taal", "nl-BE"));
    let style = Style::new();
    explanation(workbook.add_worksheet(), register, year, &style)?;
    targets(workbook.add_worksheet(), register, year, &style)?;
    milestones(workbook.add_worksheet(), register, year, &style)?;
    lists(workbook.add_worksheet(), register, year, &style)?;
    workbook.save_to_buffer()
}

fn explanation(sheet: &mut Worksheet, register: &Register, year: i32, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(EXPLANATION)?;
    sheet.set_column_width(0, 26)?.set_column_width(1, 95)?;
    sheet.set_screen_gridlines(false);
    sheet.write_string_with_format(0, 0, format!("Doelen en mijlpalen {year}"), &style.title)?;
    sheet.write_string_with_format(YEAR.0, 0, "Jaar", &style.bold)?;
    sheet.write_number_with_format(YEAR.0, YEAR.1, f64::from(year), &left(style))?;
    sheet.write_string_with_format(VERSION.0, 0, "Stand van het register", &style.bold)?;
    sheet.write_string_with_format(VERSION.0, VERSION.1, &register.version, &style.text)?;
    for (row, (subject, text)) in (VERSION.0 + 2..).zip(texts(year)) {
        sheet.write_string_with_format(row, 0, subject, &style.bold)?;
        sheet.write_string_with_format(row, 1, text, &style.text)?;
    }
    finish(sheet)
}

fn left(style: &Style) -> Format {
    style.text.clone().set_align(FormatAlign::Left)
}

fn texts(year: i32) -> Vec<(&'static str, String)> {
    vec![
        ("Invullen", "Vul alleen de lichtgele cellen in. De andere cellen zijn afgesloten; ze zijn nodig om het werkboek weer in te lezen.".to_owned()),
        (
            TARGETS,
            format!("Een rij per indicator met cijfers: de basis van {}, de doelen van de vier kwartalen van {year}, en die van {year}, {} en {}. Een getal van 0 of meer, met hoogstens zes decimalen. Een cel leegmaken neemt het doel terug.", year - 1, year + 1, year + 2),
        ),
        ("Doel van het jaar", format!("Waar {year} zelf geen doel heeft, volgt het uit de kwartalen: dat van het vierde kwartaal, en voor wat in een periode geteld wordt de som van de vier.")),
        ("Grijze cel", "Voor deze periode staat er al een basis waar een doel zou komen, of omgekeerd: per indicator en periode is er maar één van beide.".to_owned()),
        (
            MILESTONES,
            format!("Een rij per mijlpaal en periode, van {} tot {}. ‘{MARK}’ onder Gepland: de mijlpaal is in die periode gepland. Stand: gepland, lopend, gerealiseerd of geschrapt. De toelichting verschijnt in het rapport.", year - 1, year + 2),
        ),
        ("Nieuwe mijlpaal", "Vul een van de lege rijen onderaan in: kies de indicator en de periode, en zet een x of een stand.".to_owned()),
        ("Mijlpaal weghalen", "Een rij weghalen kan niet: zet de stand op ‘geschrapt’.".to_owned()),
        ("Inleveren", "Bewaar het werkboek als XLSX en bezorg het terug. Elke cel wordt bij het inlezen opnieuw nagekeken; fouten komen terug met hun cel.".to_owned()),
    ]
}

fn targets(sheet: &mut Worksheet, register: &Register, year: i32, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(TARGETS)?;
    let columns = target_columns(year);
    let first = NAMING.len() as u16;
    let headings = NAMING.iter().map(|name| (*name).to_owned());
    for (column, heading) in (0u16..).zip(headings.chain(columns.iter().map(|column| column.heading.clone()))) {
        sheet.write_string_with_format(0, column, heading, &style.header)?;
    }
    for (column, width) in (0u16..).zip([13, 46, 20, 26, 18]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_column_range_width(first, first + columns.len() as u16 - 1, 12)?;
    let mut row = 0;
    for indicator in register.numeric() {
        row += 1;
        let texts = [&indicator.id, &indicator.label, &indicator.programme, &indicator.section, &indicator.unit];
        for (column, text) in (0u16..).zip(texts) {
            sheet.write_string_with_format(row, column, text, &style.text)?;
        }
        for (column, target) in (first..).zip(&columns) {
            let key = (indicator.id.clone(), target.period);
            match register.value(&key, target.kind) {
                Some(value) => sheet.write_number_with_format(row, column, value, &style.number)?,
                None if register.taken(&key, target.kind) => sheet.write_blank(row, column, &style.closed)?,
                None => sheet.write_blank(row, column, &style.number)?,
            };
        }
    }
    let rule = DataValidation::new()
        .allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0))
        .set_error_title("Geen doel")?
        .set_error_message("Een getal van 0 of meer, of niets.")?;
    sheet.add_data_validation(1, first, row.max(1), first + columns.len() as u16 - 1, &rule)?;
    sheet.set_freeze_panes(1, 2)?;
    finish(sheet)
}

fn milestones(sheet: &mut Worksheet, register: &Register, year: i32, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(MILESTONES)?;
    for (column, heading) in (0u16..).zip(MILESTONE_COLUMNS) {
        sheet.write_string_with_format(0, column, heading, &style.header)?;
    }
    for (column, width) in (0u16..).zip([13, 52, 12, 10, 16, 60]) {
        sheet.set_column_width(column, width)?;
    }
    let mut row = 0;
    for (indicator, period) in existing(register, year) {
        row += 1;
        let key = (indicator.id.clone(), period);
        sheet.write_string_with_format(row, 0, &indicator.id, &style.text)?;
        sheet.write_string_with_format(row, 1, &indicator.label, &style.text)?;
        sheet.write_string_with_format(row, 2, period.to_string(), &style.text)?;
        if register.targets.contains_key(&key) {
            sheet.write_string_with_format(row, 3, MARK, &style.text)?;
        } else {
            sheet.write_blank(row, 3, &style.input)?;
        }
        let given = register.states.get(&key);
        match given {
            Some(given) => sheet.write_string_with_format(row, 4, given.state.word(), &style.input)?,
            None => sheet.write_blank(row, 4, &style.input)?,
        };
        match given.and_then(|given| given.note.as_deref()) {
            Some(note) => sheet.write_string_with_format(row, 5, note, &style.input)?,
            None => sheet.write_blank(row, 5, &style.input)?,
        };
    }
    let last = row + SPARE_ROWS;
    for spare in row + 1..=last {
        for column in 0..MILESTONE_COLUMNS.len() as u16 {
            let format = if column == 1 { &style.text } else { &style.input };
            sheet.write_blank(spare, column, format)?;
        }
    }
    let count = register.milestones().count().max(1) + 1;
    let known = DataValidation::new().allow_list_formula(Formula::new(format!("={LISTS}!$A$2:$A${count}")));
    let known = known.set_error_title("Geen mijlpaal")?.set_error_message("Kies een mijlpaal uit de lijst.")?;
    sheet.add_data_validation(row + 1, 0, last, 0, &known)?;
    let count = milestone_periods(year).len() + 1;
    let period = DataValidation::new().allow_list_formula(Formula::new(format!("={LISTS}!$B$2:$B${count}")));
    let period = period.set_error_title("Geen periode")?.set_error_message("Kies een periode uit de lijst.")?;
    sheet.add_data_validation(row + 1, 2, last, 2, &period)?;
    let mark = DataValidation::new().allow_list_strings(&[MARK])?;
    sheet.add_data_validation(1, 3, last, 3, &mark.set_error_message("Een x, of niets.")?)?;
    let state = DataValidation::new().allow_list_strings(&State::ALL.map(State::word))?;
    let state = state.set_error_title("Geen stand")?.set_error_message("gepland, lopend, gerealiseerd of geschrapt")?;
    sheet.add_data_validation(1, 4, last, 4, &state)?;
    sheet.set_freeze_panes(1, 2)?;
    finish(sheet)
}

/// The milestones and periods that the register knows, in the published
/// order, then by period.
pub(super) fn existing(register: &Register, year: i32) -> Vec<(&crate::frames::Indicator, peil_warehouse::Period)> {
    let mut rows = Vec::new();
    for indicator in register.milestones() {
        let of = |id: &String| *id == indicator.id;
        let marked = register.targets.keys().filter(|(id, _)| of(id)).map(|(_, period)| *period);
        let named = register.states.keys().filter(|(id, _)| of(id)).map(|(_, period)| *period);
        let mut periods: Vec<_> = marked.chain(named).filter(|period| covers(year, *period)).collect();
        periods.sort_by_key(|period| (period.last_day(), period.kind()));
        periods.dedup();
        rows.extend(periods.into_iter().map(|period| (indicator, period)));
    }
    rows
}

fn lists(sheet: &mut Worksheet, register: &Register, year: i32, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(LISTS)?;
    let indicators: Vec<String> = register.milestones().map(|indicator| indicator.id.clone()).collect();
    let names: Vec<String> = register.milestones().map(|indicator| indicator.label.clone()).collect();
    let periods: Vec<String> = milestone_periods(year).iter().map(ToString::to_string).collect();
    for (column, heading, entries) in
        [(0u16, "Mijlpaal", indicators), (1, "Periode", periods), (2, "Naam van de mijlpaal", names)]
    {
        sheet.write_string_with_format(0, column, heading, &style.header)?;
        sheet.set_column_width(column, if column == 2 { 60 } else { 14 })?;
        for (row, entry) in (1u32..).zip(entries) {
            sheet.write_string_with_format(row, column, entry, &style.text)?;
        }
    }
    finish(sheet)
}

/// Closed without a password, against mishaps; printed as wide as a page.
fn finish(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.protect();
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_footer("&L&9&A&R&9Pagina &P van &N");
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}
