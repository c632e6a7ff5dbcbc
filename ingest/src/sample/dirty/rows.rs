//! Bad rows in CSV files and workbooks.

use super::super::table::{Cell, Format, Table};
use super::super::write::{csv, csv_text, workbook};
use super::super::{Landing, SampleError};
use super::{NAME, Text, fault, state};

/// Rows with something wrong: dataset, reason, note, the row as it is written.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("portal/users", "missing_value", "geen gebruiker_id", ";Iemand;;Gent;;2021-05-01;;nl"),
    ("portal/users", "bad_date", "datum als DD/MM/YYYY", "GEB-90001;Iemand;;Gent;;01/05/2021;;nl"),
    ("portal/users", "bad_date", "dag die niet bestaat", "GEB-90002;Iemand;;Gent;;2021-02-30;;nl"),
    (
        "portal/users",
        "bad_order",
        "uitgeschreven voor geregistreerd",
        "GEB-90003;Iemand;;Gent;;2021-05-01;2021-04-01;nl",
    ),
    ("portal/users", "wrong_column_count", "te weinig kolommen", "GEB-90004;Iemand;;Gent;;2021-05-01"),
    (
        "portal/users",
        "wrong_column_count",
        "puntkomma zonder aanhalingstekens",
        "GEB-90005;Iemand;;Gent;chef; en meer;2021-05-01;;nl",
    ),
    (
        "portal/users",
        "unresolved_authority",
        "tikfout in de naam",
        "GEB-90006;Iemand;;Gemeente Dilbek;;2022-07-01;2022-07-01;nl",
    ),
    (
        "portal/users",
        "unresolved_authority",
        "bestuur dat niet bestaat",
        "GEB-90007;Iemand;;Stad Nergenshuizen;;2022-07-01;2022-07-01;nl",
    ),
    (
        "portal/users",
        "odd_spelling",
        "wordt wel herkend",
        "GEB-90008;Iemand;;  OCMW   SINT   NIKLAAS ;;2022-07-01;2022-07-01;nl",
    ),
    (
        "portal/users",
        "odd_spelling",
        "veld over twee regels",
        "GEB-90009;Iemand;;Gand;\"hoofd\nburgerzaken\";2022-07-01;2022-07-01;nl",
    ),
    ("portal/users", "bad_date", "na een veld over twee regels", "GEB-90010;Iemand;;Gent;;onbekend;;nl"),
    ("portal/documents", "not_allowed", "onbekende soort", "DOC-90001;Een film;video;2022-07-01;"),
    (
        "portal/documents",
        "bad_order",
        "ingetrokken voor gepubliceerd",
        "DOC-90002;Een tekst;andere;2022-07-01;2022-06-01",
    ),
    ("portal/documents", "missing_value", "geen titel", "DOC-90003;;andere;2022-07-01;"),
    ("portal/documents", "bad_date", "tijdstip in plaats van datum", "DOC-90004;Een tekst;andere;2022-07-01T10:00:00;"),
    ("catalogue/ratings", "out_of_range", "score boven 5", "W-90001;Gent;;OPL-0007;6;;2022-07-01;"),
    ("catalogue/ratings", "bad_number", "score in woorden", "W-90002;Gent;;OPL-0007;vier;;2022-07-01;"),
    ("catalogue/ratings", "bad_number", "score met een komma", "W-90003;Gent;;OPL-0007;4,5;;2022-07-01;"),
    ("catalogue/ratings", "missing_value", "geen oplossing", "W-90004;Gent;;;4;;2022-07-01;"),
    (
        "catalogue/ratings",
        "unknown_reference",
        "onbekende oplossing",
        "W-90005;Gent;;OPL-9999;4;;2022-07-31;2022-07-31",
    ),
    ("catalogue/portfolio", "not_allowed", "onbekende status", "Gent;OPL-0007;misschien;2022-07-01"),
    ("catalogue/portfolio", "unknown_reference", "onbekende oplossing", "Gent;OPL-9998;uitgefaseerd;2022-07-31"),
    ("security/members", "not_allowed", "onbekende rol", "LID-9001;;Gent;gast;2022-07-01;"),
    ("security/members", "bad_order", "tot voor sinds", "LID-9002;;Gent;lid;2022-07-01;2022-06-01"),
    (
        "security/members",
        "unresolved_authority",
        "tikfout in de naam",
        "LID-9003;;Stad Kortrik;lid;2022-07-31;2022-07-31",
    ),
    ("security/gdpr_scores", "bad_number", "scheidingsteken voor duizendtallen", "Gent;2022-07-01;1.062,5"),
    ("security/gdpr_scores", "out_of_range", "score boven 100", "Gent;2022-07-02;101,0"),
    ("security/gdpr_scores", "missing_value", "geen score", "Gent;2022-07-03;"),
    (
        "finance/bookings",
        "bad_date",
        "datum als YYYY-MM-DD",
        "2022-90001;2022-07-01;VRD2;VlaVirGem tool;Personeel;10,00;",
    ),
    (
        "finance/bookings",
        "bad_number",
        "scheidingsteken voor duizendtallen",
        "2022-90002;01/07/2022;VRD2;VlaVirGem tool;Personeel;1.234,56;",
    ),
    (
        "finance/bookings",
        "bad_number",
        "meer decimalen dan de cent",
        "2022-90003;01/07/2022;VRD2;VlaVirGem tool;Personeel;12,345;",
    ),
    (
        "finance/bookings",
        "missing_value",
        "geen analytische code",
        "2022-90004;01/07/2022;;VlaVirGem tool;Personeel;10,00;één café",
    ),
    ("finance/bookings", "bad_date", "maand 13", "2022-90005;01/13/2022;VRD2;VlaVirGem tool;Personeel;10,00;"),
];

/// Puts the bad rows after the rows that each dataset has on that day.
pub(super) fn plant(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut datasets: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    datasets.dedup();
    for dataset in datasets {
        let Some((table, rows)) = state(tables, dataset) else { continue };
        let users = dataset == "portal/users";
        let documents = dataset == "portal/documents";
        let end = if users { "\r\n" } else { "\n" };
        let book = table.format == Format::Bookkeeping;
        let comma = matches!(table.format, Format::Csv { comma: true, .. }) || book;
        let mut bytes = Vec::new();
        csv(&mut bytes, table.columns, &rows, users, |cell| match cell {
            Cell::Date(day) if book => day.format("%d/%m/%Y").to_string(),
            cell => csv_text(cell, comma),
        });
        if users {
            // A header of other letters, with a column that nobody knows.
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", ";\r\n");
            let header = " Gebruiker_ID ;NAAM;email;Bestuur;functie;geregistreerd_op;uitgeschreven_op;taal";
            let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
            bytes = format!("\u{feff}{header}\r\n{rest}").into_bytes();
        }
        let mut text = Text::new(dataset, "csv", bytes, rows.len(), end);
        if users {
            text.report(Some(1), "unknown_column", "kolom taal");
            text.report(Some(1), "odd_spelling", "BOM, kop in andere letters, CRLF");
        }
        for (number, (_, reason, note, row)) in ROWS.iter().filter(|row| row.0 == dataset).enumerate() {
            if users || (documents && number == 1) {
                text.blank();
            }
            text.row(reason, note, row);
        }
        if book {
            correct(&rows, &mut text);
        }
        text.save(landing, |bytes| match book {
            true => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
            }
            false => bytes,
        })?;
    }
    activities(tables, landing)?;
    milestones(tables, landing)
}

/// A booking under another code whose amount was wrong.
fn correct(rows: &[&super::Version], text: &mut Text<'_>) {
    let other = rows.iter().rev().find(|row| row.cells.get(2) == Some(&Cell::text("ALG")));
    if let Some(row) = other {
        let field = |place: usize| row.cells.get(place).map(|cell| csv_text(cell, true)).unwrap_or_default();
        let on = match row.cells.get(1) {
            Some(Cell::Date(day)) => day.format("%d/%m/%Y").to_string(),
            _ => return,
        };
        let line = format!("{};{on};ALG;{};{};{};rechtzetting", field(0), field(3), field(4), "123,45");
        text.row("correction", "ander bedrag voor een gekend boekingsnummer", &line);
    }
}

/// The cells of a bad row of a workbook, as texts, with reason and note.
type BadRow<'a> = (&'a str, &'a str, &'a [&'a str]);

fn activities(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    const BAD: &[BadRow<'_>] = &[
        ("bad_date", "datum in woorden", &["90001", "volgende week", "lb365", "werkgroep", "", ""]),
        ("not_allowed", "onbekende soort", &["90002", "2022-07-04", "lb365", "barbecue", "", ""]),
        ("not_allowed", "onbekend programma", &["90003", "2022-07-04", "ander", "werkgroep", "", ""]),
        ("out_of_range", "negatief aantal", &["90004", "2022-07-04", "lb365", "werkgroep", "", "-3"]),
        ("bad_number", "aantal in woorden", &["90005", "2022-07-04", "lb365", "werkgroep", "", "een twintigtal"]),
        ("missing_value", "geen datum", &["90006", "", "lb365", "werkgroep", "Zonder dag", ""]),
    ];
    book(tables, landing, "register/activities", "Activiteiten", BAD)
}

fn milestones(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    const BAD: &[BadRow<'_>] = &[
        ("bad_period", "periode die niet bestaat", &["VVG-RA-01", "2022K1", "gepland", ""]),
        ("bad_period", "vijfde kwartaal", &["VVG-RA-01", "2022Q5", "gepland", ""]),
        ("not_allowed", "onbekende stand", &["VVG-RA-01", "2026Q1", "bijna", ""]),
        ("unknown_reference", "onbekende indicator", &["VVG-ZZ-99", "2022Q4", "gepland", ""]),
    ];
    book(tables, landing, "register/milestones", "Mijlpalen", BAD)
}

fn book(
    tables: &[Table],
    landing: &mut Landing<'_>,
    dataset: &str,
    sheet: &str,
    bad: &[BadRow<'_>],
) -> Result<(), SampleError> {
    let Some((table, rows)) = state(tables, dataset) else { return Ok(()) };
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(|row| row.cells.clone()).collect();
    let object = format!("{dataset}/{NAME}.xlsx");
    for (reason, note, texts) in bad {
        let row = texts.iter().map(|text| if text.is_empty() { Cell::Empty } else { Cell::text(*text) });
        cells.push(row.collect());
        // The sheet's first row is the header.
        let line = cells.len() as u64 + 1;
        landing.summary.faults.push(fault(dataset, &object, Some(line), reason, note));
    }
    let slices: Vec<&[Cell]> = cells.iter().map(Vec::as_slice).collect();
    let bytes = workbook(sheet, table.columns, &slices, dataset.ends_with("milestones"))?;
    landing.save(dataset, &object, &bytes, cells.len() as u64)
}
