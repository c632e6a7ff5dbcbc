//! Bad rows in lines of JSON and in the catalogue's JSON.

use super::super::events::Events;
use super::super::table::{Format, Table};
use super::super::write::object;
use super::super::{Landing, SampleError};
use super::{Text, state};

/// Rows with something wrong: dataset, reason, note, the object as it is written.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "portal/maturity",
        "out_of_range",
        "score boven 5",
        r#"{"meting_id": "MET-90001", "bestuur": "Gent", "ingediend_op": "2022-07-04T10:00:00Z", "hoofdstukken": [{"hoofdstuk": "capaciteit", "score": 7}]}"#,
    ),
    (
        "portal/maturity",
        "out_of_range",
        "negatief cijfer",
        r#"{"meting_id": "MET-90002", "bestuur": "Gent", "ingediend_op": "2022-07-04T10:00:00Z", "hoofdstukken": [{"hoofdstuk": "capaciteit", "score": 3}], "indicatoren": {"servers": -5}}"#,
    ),
    (
        "portal/maturity",
        "missing_value",
        "geen hoofdstukken",
        r#"{"meting_id": "MET-90003", "bestuur": "Gent", "ingediend_op": "2022-07-04T10:00:00Z"}"#,
    ),
    (
        "portal/maturity",
        "bad_timestamp",
        "alleen een dag",
        r#"{"meting_id": "MET-90004", "bestuur": "Gent", "ingediend_op": "2022-07-04", "hoofdstukken": [{"hoofdstuk": "capaciteit", "score": 3}]}"#,
    ),
    (
        "portal/maturity",
        "bad_json",
        "afgebroken regel",
        r#"{"meting_id": "MET-90005", "bestuur": "Gent", "ingediend_op""#,
    ),
    (
        "catalogue/suppliers",
        "bad_checksum",
        "controlegetal van het ondernemingsnummer",
        r#"{"leverancier_id": "LEV-901", "naam": "Verre Wulp Nergens", "kbo_nummer": "0999.000.001", "aangemeld_op": "2022-07-31", "afgemeld_op": "2022-07-31"}"#,
    ),
    (
        "catalogue/suppliers",
        "missing_value",
        "geen naam",
        r#"{"leverancier_id": "LEV-902", "naam": "  ", "kbo_nummer": null, "aangemeld_op": "2022-07-31"}"#,
    ),
    (
        "catalogue/suppliers",
        "bad_order",
        "afgemeld voor aangemeld",
        r#"{"leverancier_id": "LEV-903", "naam": "Verre Egel Nergens", "aangemeld_op": "2022-07-31", "afgemeld_op": "2022-07-01"}"#,
    ),
    (
        "catalogue/solutions",
        "missing_value",
        "geen naam",
        r#"{"oplossing_id": "OPL-9001", "leverancier_id": "LEV-001", "naam": null, "gepubliceerd_op": "2022-07-31"}"#,
    ),
    (
        "catalogue/solutions",
        "bad_date",
        "geen datum",
        r#"{"oplossing_id": "OPL-9002", "leverancier_id": "LEV-001", "naam": "Iets", "gepubliceerd_op": "juli 2022"}"#,
    ),
    (
        "catalogue/solutions",
        "unknown_reference",
        "onbekende leverancier",
        r#"{"oplossing_id": "OPL-9003", "leverancier_id": "LEV-999", "naam": "Wees", "gepubliceerd_op": "2022-07-31", "ingetrokken_op": "2022-07-31"}"#,
    ),
    (
        "catalogue/solutions",
        "unknown_reference",
        "onbekende standaard",
        r#"{"oplossing_id": "OPL-9004", "leverancier_id": "LEV-001", "naam": "Eigenzinnig", "standaarden": ["eigen-standaard"], "gepubliceerd_op": "2022-07-31", "ingetrokken_op": "2022-07-31"}"#,
    ),
    (
        "catalogue/solutions",
        "unknown_column",
        "onbekend lid prijs",
        r#"{"oplossing_id": "OPL-9005", "leverancier_id": "LEV-001", "naam": "Met prijs", "prijs": 12.5, "gepubliceerd_op": "2022-07-31", "ingetrokken_op": "2022-07-31"}"#,
    ),
    (
        "portal/events",
        "bad_timestamp",
        "uur dat niet bestaat: de klok gaat vooruit",
        r#"{"gebeurtenis_id":"GX-01","tijdstip":"2022-03-27T02:30:00","gebruiker_id":"GEB-00001","bestuur":"Gent","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    (
        "portal/events",
        "bad_timestamp",
        "zonder seconden",
        r#"{"gebeurtenis_id":"GX-02","tijdstip":"2022-03-01T10:30","gebruiker_id":"GEB-00001","bestuur":"Gent","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    (
        "portal/events",
        "bad_timestamp",
        "verschil met UTC zonder dubbele punt",
        r#"{"gebeurtenis_id":"GX-03","tijdstip":"2022-03-01T10:30:00+0100","gebruiker_id":"GEB-00001","bestuur":"Gent","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    (
        "portal/events",
        "not_allowed",
        "onbekend onderdeel",
        r#"{"gebeurtenis_id":"GX-04","tijdstip":"2022-03-01T10:30:00Z","gebruiker_id":"GEB-00001","bestuur":"Gent","onderdeel":"kaart","actie":"bekijken"}"#,
    ),
    (
        "portal/events",
        "missing_value",
        "geen gebruiker",
        r#"{"gebeurtenis_id":"GX-05","tijdstip":"2022-03-01T10:30:00Z","gebruiker_id":null,"bestuur":"Gent","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    ("portal/events", "bad_json", "afgebroken regel", r#"{"gebeurtenis_id":"GX-06","tijdstip":"2022-03-01T10"#),
    ("portal/events", "bad_json", "geen object", r#"["GX-07"]"#),
    (
        "portal/events",
        "repeated_hour",
        "uur dat tweemaal voorkomt: het eerste telt",
        r#"{"gebeurtenis_id":"GX-08","tijdstip":"2021-10-31T02:30:00","gebruiker_id":"GEB-00001","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    (
        "portal/events",
        "other_type",
        "getal als identificatie",
        r#"{"gebeurtenis_id":20220701,"tijdstip":"2022-07-01T10:30:00Z","gebruiker_id":"GEB-00001","onderdeel":"Dashboard","actie":"BEKIJKEN"}"#,
    ),
    (
        "portal/events",
        "unknown_column",
        "onbekend lid browser",
        r#"{"gebeurtenis_id":"GX-09","tijdstip":"2022-07-01T10:30:00Z","gebruiker_id":"GEB-00001","onderdeel":"dashboard","actie":"bekijken","browser":"onbekend"}"#,
    ),
    (
        "portal/events",
        "unresolved_authority",
        "tikfout in de naam",
        r#"{"gebeurtenis_id":"GX-10","tijdstip":"2022-07-01T10:30:00Z","gebruiker_id":"GEB-00001","bestuur":"Gemeente Kortrik","onderdeel":"dashboard","actie":"bekijken"}"#,
    ),
    (
        "lb365/bus_messages",
        "out_of_range",
        "status buiten 100 tot 599",
        r#"{"bericht_id":"BX-01","tijdstip":"2022-07-01T10:30:00Z","dienst":"zaken","status_code":600,"duur_ms":5}"#,
    ),
    (
        "lb365/bus_messages",
        "out_of_range",
        "negatieve duur",
        r#"{"bericht_id":"BX-02","tijdstip":"2022-07-01T10:30:00Z","dienst":"zaken","status_code":200,"duur_ms":-5}"#,
    ),
    (
        "lb365/bus_messages",
        "bad_number",
        "duur in woorden",
        r#"{"bericht_id":"BX-03","tijdstip":"2022-07-01T10:30:00Z","dienst":"zaken","status_code":200,"duur_ms":"snel"}"#,
    ),
    (
        "lb365/bus_messages",
        "bad_number",
        "gebroken getal",
        r#"{"bericht_id":"BX-04","tijdstip":"2022-07-01T10:30:00Z","dienst":"zaken","status_code":200,"duur_ms":5.5}"#,
    ),
    (
        "lb365/bus_messages",
        "other_type",
        "tekst en 200.0 als getal",
        r#"{"bericht_id":"BX-05","tijdstip":"2022-07-01T10:30:00Z","dienst":"zaken","status_code":200.0,"duur_ms":"45"}"#,
    ),
];

/// Rows of portal events that are delivered once more.
const EVENTS_AGAIN: usize = 400;
/// Rows of bus messages that are like any other.
const MESSAGES: usize = 150;

/// Puts the bad rows after rows in good order.
pub(super) fn plant(tables: &[Table], events: &Events<'_>, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    for dataset in ["portal/maturity", "catalogue/suppliers", "catalogue/solutions"] {
        let Some((table, rows)) = state(tables, dataset) else { continue };
        let json = !matches!(table.format, Format::Ndjson { .. });
        let page = table.format == Format::JsonPage;
        let mut bytes = match (json, page) {
            (false, _) => Vec::new(),
            (true, true) => b"{\"items\": [\n".to_vec(),
            (true, false) => b"[\n".to_vec(),
        };
        for row in &rows {
            object(&mut bytes, table.columns, row);
            bytes.extend_from_slice(if json { b",\n" } else { b"\n" });
        }
        let extension = if json { "json" } else { "ndjson" };
        let mut text = Text::new(dataset, extension, bytes, rows.len(), "\n");
        let bad: Vec<_> = ROWS.iter().filter(|row| row.0 == dataset).collect();
        for (number, (_, reason, note, row)) in bad.iter().enumerate() {
            let comma = if json && number + 1 < bad.len() { "," } else { "" };
            text.row(reason, note, &format!("{row}{comma}"));
        }
        if json {
            text.bytes.extend_from_slice(if page { b"], \"next\": null}\n" } else { b"]\n" });
        }
        text.save(landing, |bytes| bytes)?;
    }
    portal_events(events, landing)?;
    bus_messages(landing)
}

fn portal_events(events: &Events<'_>, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut rows = 0;
    // From the third row of a month on: the first ones are corrected a month later.
    'filled: for month in 24..=54 {
        for (number, event) in events.month(month).iter().enumerate().skip(3) {
            if rows == EVENTS_AGAIN {
                break 'filled;
            }
            events.line(&mut bytes, month, number, event, None);
            rows += 1;
        }
    }
    let mut text = Text::new("portal/events", "ndjson", bytes, rows, "\r\n");
    text.report(Some(1), "odd_spelling", "BOM, lege regels, LF en CRLF door elkaar");
    for (_, reason, note, row) in ROWS.iter().filter(|row| row.0 == "portal/events") {
        text.blank();
        text.row(reason, note, row);
    }
    text.save(landing, |bytes| bytes)
}

fn bus_messages(landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut text = Text::new("lb365/bus_messages", "ndjson", Vec::new(), 0, "\n");
    for number in 0..MESSAGES {
        text.plain(&format!(
            r#"{{"bericht_id":"BX-1{number:03}","tijdstip":"2022-07-01T11:{:02}:{:02}Z","bestuur":"Lede","dienst":"zaken","status_code":200,"duur_ms":{}}}"#,
            number / 60, number % 60, 40 + number % 17
        ));
    }
    for (_, reason, note, row) in ROWS.iter().filter(|row| row.0 == "lb365/bus_messages") {
        text.row(reason, note, row);
    }
    text.save(landing, |bytes| bytes)
}
