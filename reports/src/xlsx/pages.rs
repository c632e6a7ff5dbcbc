//! Omslag, Inhoud, Toelichting, Herkomst.

use rust_xlsxwriter::{Url, Worksheet, XlsxError};

use super::charts::Planned;
use super::grid::{Entry, Grid};
use super::sheet::print_setup;
use super::style::Style;
use crate::document::{Document, Missing};
use crate::format::{capital, long_day, period_phrase};
use crate::frames::{Report, Status};

/// The sheet that the others are found from.
const CONTENTS: &str = "Inhoud";
/// The sheet of charts.
pub(super) const CHARTS: &str = "Grafieken";

/// The cover: what this is, over which period, as known when.
pub(super) fn cover(
    sheet: &mut Worksheet,
    report: &Report,
    document: &Document,
    style: &Style,
) -> Result<(), XlsxError> {
    sheet.set_name("Omslag")?;
    sheet.set_column_width(0, 28)?.set_column_width(1, 80)?;
    sheet.set_screen_gridlines(false);
    sheet.set_row_height(0, 34)?;
    sheet.write_string_with_format(0, 0, &document.title, &style.title)?;
    sheet.write_string_with_format(
        1,
        0,
        "Digitale lokale besturen van Vlaanderen: bijlage met alle cijfers",
        &style.heading,
    )?;
    let mut row = 3;
    for (label, text) in facts(report) {
        sheet.write_string_with_format(row, 0, label, &style.label)?;
        sheet.write_string_with_format(row, 1, text, &style.text)?;
        row += 1;
    }
    let link = Url::new(format!("internal:'{CONTENTS}'!A1")).set_text("Naar de inhoud van dit werkboek");
    sheet.write_url_with_format(row + 1, 0, link, &style.link)?;
    print_setup(sheet, &document.title)
}

/// What the figures rest on.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let colophon = &report.colophon;
    let mut facts = vec![
        ("Periode", capital(&crate::format::period_name(colophon.period))),
        ("Peildatum", long_day(colophon.peildatum())),
        ("Feiten tot en met", long_day(colophon.as_of)),
        ("Leveringen tot en met", colophon.known_on.map_or_else(|| "alle leveringen".to_owned(), long_day)),
        (
            "Stand",
            if colophon.provisional() {
                "voorlopig: de periode loopt nog op de peildatum".to_owned()
            } else {
                "de periode is afgelopen".to_owned()
            },
        ),
    ];
    facts.push(("Uitgave", colophon.edition.words()));
    facts.extend(colophon.run_id.clone().map(|run| ("Verwerking", run)));
    facts.push(("Uitgever", "V-ICT-OR, Vlaamse ICT-organisatie".to_owned()));
    facts.push(("Meer", "Dezelfde cijfers staan op de site en in de PDF van dit rapport.".to_owned()));
    facts.into_iter().map(|(label, text)| (label, text.replace('\u{a0}', " "))).collect()
}

/// A row for each sheet, with a link to it.
pub(super) fn contents(grids: &[Grid], charts: &[Planned]) -> Grid {
    let columns = [("sheet", "Blad"), ("caption", "Wat het toont"), ("rows", "Rijen"), ("table", "Tabel")];
    let mut grid = Grid::new(CONTENTS, "inhoud", "De bladen van dit werkboek", &columns);
    let link = |sheet: &str| Entry::Link(sheet.to_owned(), sheet.to_owned());
    let plain = |sheet: &str, text: &str| vec![link(sheet), Entry::text(text), Entry::Blank, Entry::Blank];
    grid.rows.push(plain("Omslag", "Waarover dit werkboek gaat en waarop de cijfers rusten"));
    grid.rows.push(plain("Toelichting", "Hoe de bladen te lezen, en wat de woorden betekenen"));
    for of in grids {
        let caption = of.caption.replace('\u{a0}', " ");
        grid.rows.push(vec![
            link(&of.sheet),
            Entry::text(caption),
            Entry::count(of.rows.len()),
            Entry::text(&*of.table),
        ]);
    }
    let number = match charts.len() {
        1 => "Eén grafiek".to_owned(),
        several => format!("{} grafieken", capital(&crate::format::count_word(several))),
    };
    grid.rows.push(plain(CHARTS, &format!("{number} bij de cijfers van de andere bladen")));
    grid
}

/// How the sheets are read, and what their words mean.
pub(super) fn explanation(report: &Report, document: &Document) -> Grid {
    let columns = [("subject", "Onderwerp"), ("text", "Uitleg")];
    let mut grid = Grid::new("Toelichting", "toelichting", "Hoe de bladen te lezen", &columns);
    let mut say = |subject: &str, text: String| {
        grid.rows.push(vec![Entry::text(subject.replace('\u{a0}', " ")), Entry::text(text.replace('\u{a0}', " "))]);
    };
    say("Bladen", "Elk blad met cijfers is één tabel vanaf cel A1, met één rij koppen. De tabel heeft een naam (zie Inhoud) en kan gefilterd, gesorteerd en gedraaid worden.".to_owned());
    say(
        "Lege cellen",
        "Een lege cel is een waarde die er niet is; de kolom ‘opmerking’ ernaast zegt waarom. Nul is 0.".to_owned(),
    );
    say(
        "Voorlopig (v)",
        "De periode eindigt na de laatste dag waarvan feiten meetellen: het cijfer kan nog veranderen.".to_owned(),
    );
    say("Herzien (h)", "Het cijfer verschilt van wat eerder gepubliceerd is.".to_owned());
    say(
        "Peildatum",
        format!(
            "De laatste dag van de periode, of de laatste dag waarvan feiten meetellen als die eerst komt: voor {} {}.",
            period_phrase(report.colophon.period),
            long_day(report.colophon.peildatum())
        ),
    );
    say("Doelbereik", "De waarde gedeeld door het doel; leeg waar er geen doel is of het doel 0 is.".to_owned());
    for status in Status::ALL {
        say(&format!("Status: {}", status.word()), meaning(status).to_owned());
    }
    for missing in [Missing::Suppressed, Missing::FewRatings, Missing::FewAuthorities] {
        say(&format!("Opmerking: {}", missing.reason()), "Een zo klein aantal kan naar iemand leiden, en wordt daarom niet getoond; soms ook een tweede, waaruit het anders te berekenen was.".to_owned());
    }
    say("Afronding", "Cellen houden het cijfer zoals het berekend is; de opmaak rondt af wat getoond wordt. Bedragen zijn in euro, tot op de cent.".to_owned());
    for row in report.indicators.rows() {
        let indicator = row.indicator();
        if !indicator.definition.is_empty() {
            say(&format!("{} {}", indicator.id, indicator.label), indicator.definition.clone());
        }
    }
    for table in document.tables().filter(|table| !table.notes.is_empty()) {
        let notes: Vec<String> = table.notes.iter().map(crate::document::Text::plain).collect();
        say(&format!("Tabel: {}", table.caption), notes.join(" "));
    }
    grid
}

const fn meaning(status: Status) -> &'static str {
    match status {
        Status::Achieved => "Het cijfer is gelijk aan het doel of hoger.",
        Status::AtRisk => "Het cijfer is minstens 90 % van het doel.",
        Status::Missed => "Het cijfer is minder dan 90 % van het doel.",
        Status::InProgress => "De periode is nog niet afgelopen.",
        Status::NoTarget => "Er is een cijfer, maar geen doel.",
        Status::NoValue => "Er is geen cijfer.",
    }
}

/// Where each sheet comes from.
pub(super) fn provenance(report: &Report, grids: &[Grid]) -> Grid {
    let columns = [
        ("sheet", "Blad"),
        ("table", "Tabel"),
        ("mart", "Mart"),
        ("rows", "Rijen"),
        ("as_of", "Feiten tot en met"),
        ("known_on", "Leveringen tot en met"),
        ("run_id", "Verwerking"),
        ("published_on", "Gepubliceerd op"),
    ];
    let mut grid = Grid::new("Herkomst", "herkomst", "Waar de cijfers van elk blad vandaan komen", &columns);
    let colophon = &report.colophon;
    for of in grids {
        grid.rows.push(vec![
            Entry::text(&*of.sheet),
            Entry::text(&*of.table),
            Entry::text(of.mart.as_ref().map(|mart| format!("marts.{mart}")).unwrap_or_default()),
            Entry::count(of.rows.len()),
            Entry::Day(colophon.as_of),
            colophon.known_on.map_or_else(|| Entry::text("alle leveringen"), Entry::Day),
            Entry::text(colophon.run_id.as_deref().unwrap_or_default()),
            colophon.published_at.map_or(Entry::Blank, |at| Entry::Day(peil_warehouse::period::brussels_day(at))),
        ]);
    }
    grid
}
