//! Whole files that are to be refused, left alone or seen as known already.

use super::super::blocks::{Blocks, rows};
use super::super::calendar::day;
use super::super::events::Events;
use super::super::table::{Cell, Packing, Table};
use super::super::write::{pack, render, save, workbook};
use super::super::{Landing, SampleError};
use super::{NAME, fault, state};

/// Files of text: dataset, name, rows, reason, note, content.
const TEXTS: &[(&str, &str, u64, &str, &str, &str)] = &[
    ("security/plans", "2022-07-30.csv", 0, "refused", "leeg bestand", ""),
    (
        "security/qrc_sources",
        "bronnen.csv",
        1,
        "refused",
        "geen datum in de naam",
        "bron;sinds;tot\nZonder datum;2022-07-01;\n",
    ),
    (
        "lb365/third_party",
        "2022-07-30.csv",
        1,
        "refused",
        "verplichte kolom live_op ontbreekt",
        "koppeling_id;leverancier;product;gestopt_op\nTP-901;Verre Wulp Nergens;Koppelstuk;\n",
    ),
    (
        "lb365/modules",
        "2022-07-30.xlsx",
        1,
        "refused",
        "geen werkboek maar tekst",
        "Bestuur;Module;Traject gestart;In gebruik;Stopgezet\nGent;Archief;2022-07-01;;\n",
    ),
    (
        "lb365/bus_messages",
        "2022-07-30.parquet",
        1,
        "refused",
        "geen Parquet maar tekst",
        "bericht_id;tijdstip\nBX-2;2022-07-01T10:00:00Z\n",
    ),
    (
        "catalogue/couplings",
        "2022-07-30.json",
        0,
        "refused",
        "JSON die ophoudt",
        "{\"items\": [\n  {\"koppeling_id\": \"KOP-9001\", \"van_oplossing_id\": \"OPL-0007\"",
    ),
    (
        "reference/targets",
        "2022-07-31_nalevering.csv",
        1,
        "unknown_reference",
        "onbekende indicator",
        "indicator_id;periode;soort;waarde;bron\nVVG-ZZ-98;2024;streef;5;eigen lijst\n",
    ),
    (
        "reference/aliases",
        "2022-07-31_nalevering.csv",
        1,
        "unknown_reference",
        "onbekende NIS-code",
        "alias;nis_code\nNergenshuizen-Oost;99999\n",
    ),
];

/// Plants the files.
pub(super) fn plant(
    tables: &[Table],
    blocks: &Blocks<'_>,
    events: &Events<'_>,
    landing: &mut Landing<'_>,
) -> Result<(), SampleError> {
    for (dataset, name, rows, reason, note, content) in TEXTS {
        // What is refused has no row to point at.
        let line = (*reason == "unknown_reference").then_some(2);
        file(landing, dataset, name, content.as_bytes(), *rows, line, reason, note)?;
    }
    cut_off(events, landing)?;
    let header = &["Nr", "Datum", "Programma", "Soort", "Onderwerp", "Deelnemers"];
    let row = [Cell::Integer(90_101), Cell::text("2022-07-04"), Cell::text("lb365"), Cell::text("werkgroep")];
    let other_sheet = workbook("Blad1", header, &[&row], false)?;
    file(landing, "register/activities", "2022-07-30.xlsx", &other_sheet, 1, None, "refused", "het blad heet anders")?;
    let latin = b"document_id;titel;soort;gepubliceerd_op;ingetrokken_op\nDOC-90100;E\xe9n loket;andere;2022-07-01;\n";
    file(landing, "portal/documents", "2022-07-30.csv", latin, 1, None, "refused", "Windows-1252 in plaats van UTF-8")?;
    too_many(landing)?;
    copies(tables, blocks, landing)?;
    strays(landing)
}

#[expect(clippy::too_many_arguments, reason = "one fault has as many parts")]
fn file(
    landing: &mut Landing<'_>,
    dataset: &str,
    name: &str,
    bytes: &[u8],
    rows: u64,
    line: Option<u64>,
    reason: &str,
    note: &str,
) -> Result<(), SampleError> {
    let object = format!("{dataset}/{name}");
    landing.save(dataset, &object, bytes, rows)?;
    landing.summary.faults.push(fault(dataset, &object, line, reason, note));
    Ok(())
}

/// A packed file of which the end has not come through.
fn cut_off(events: &Events<'_>, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut lines = Vec::new();
    let rows = events.delivery(day(2022, 6, 30), day(2022, 7, 30), &mut lines);
    let mut packed = pack(lines, Packing::Gzip)?;
    packed.truncate(packed.len() * 2 / 3);
    file(landing, "portal/events", "2022-07-30.ndjson.gz", &packed, rows, None, "refused", "gzip die ophoudt")
}

/// A file of which more than one row in twenty is bad.
fn too_many(landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let (dataset, name) = ("portal/masterplans", "2022-07-30.csv");
    let object = format!("{dataset}/{name}");
    let mut text = String::from("masterplan_id;bestuur;gestart_op;vastgesteld_op\n");
    for number in 0..20 {
        let started = if number % 4 == 3 { "binnenkort" } else { "2022-07-04" };
        text.push_str(&format!("MP-9{number:02};Gent;{started};\n"));
        if number % 4 == 3 {
            let line = Some(number + 2);
            landing.summary.faults.push(fault(
                dataset,
                &object,
                line,
                "bad_date",
                "in een levering die geweigerd wordt",
            ));
        }
    }
    file(landing, dataset, name, text.as_bytes(), 20, None, "refused", "meer dan 5 % verworpen rijen")
}

/// The same bytes once more, and a file without a column that may be empty.
fn copies(tables: &[Table], blocks: &Blocks<'_>, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let plates = tables.iter().find(|table| table.dataset == "portal/plates");
    let latest = plates.and_then(|table| Some((table, table.deliveries(day(2022, 6, 30)).pop()?)));
    if let Some((table, delivery)) = latest {
        let bytes = render(table, &delivery.rows)?;
        let (rows, note) = (delivery.rows.len() as u64, "dezelfde bytes onder een andere naam");
        file(landing, table.dataset, "2022-07-15_kopie.csv", &bytes, rows, None, "duplicate", note)?;
    }
    let snapshot = blocks.snapshot(day(2022, 6, 30));
    let cells = rows(&snapshot);
    let bytes = render(&snapshot, &cells)?;
    file(
        landing,
        snapshot.dataset,
        "2022-07-29.xlsx",
        &bytes,
        cells.len() as u64,
        None,
        "new_state",
        "dezelfde bytes van een latere dag: voor een momentopname een nieuwe stand",
    )?;
    if let Some((table, rows)) = state(tables, "portal/tender_domains") {
        let mut text = String::from("beschikbaar_sinds;domein\n");
        for row in &rows {
            if let [Cell::Text(domain), Cell::Date(since), ..] = row.cells.as_slice() {
                text.push_str(&format!("{since};{domain}\n"));
            }
        }
        let name = format!("{NAME}.csv");
        file(
            landing,
            table.dataset,
            &name,
            text.as_bytes(),
            rows.len() as u64,
            None,
            "missing_column",
            "kolom ingetrokken_op ontbreekt en mag leeg zijn",
        )?;
    }
    Ok(())
}

/// What does not belong in the landing area.
fn strays(landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let strays = [
        ("portal/users/.2022-07-31.csv.swp", "hidden_file", "verborgen bestand"),
        (".DS_Store", "hidden_file", "verborgen bestand"),
        ("portal/photos/2022-07-31.csv", "unknown_folder", "map die geen dataset is"),
        ("archief/2019/2019-12-31.csv", "unknown_folder", "map die geen systeem is"),
    ];
    for (object, reason, note) in strays {
        landing.summary.bytes += save(landing.dir, object, b"niet voor Peil\n")?;
        landing.summary.files += 1;
        landing.summary.faults.push(fault("", object, None, reason, note));
    }
    Ok(())
}
