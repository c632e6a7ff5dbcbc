//! Each format, encoding and compression.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, TimestampNanosecondArray};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::world::{World, gzip, runtime, users};
use crate::PseudonymKey;

#[test]
fn headers_in_any_order_white_space_and_case_ignored() {
    let world = World::new();
    world.put(
        "portal/users/2022-01.csv",
        "\u{feff}BESTUUR; gebruiker _ID;;extra;Geregistreerd_op\r\nAalst;u1;;x;2021-05-01\r\n\r\n;u2;;x;2021-05-02",
    );
    let summary = world.run();
    assert_eq!(summary.notes, ["portal/users/2022-01.csv: unknown columns: extra"]);
    let rows = world.rows(
        "staged/portal_users",
        &["authority", "registered_on", "unregistered_on", "job_title", "_row", "_line", "_delivery_date"],
    );
    assert_eq!(rows, ["-|2021-05-02|-|-|2|4|2022-01-31", "Aalst|2021-05-01|-|-|1|2|2022-01-31"]);
}

#[test]
fn persons_become_pseudonyms_or_nothing() {
    let world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 30) + "u0;Jan;x;Aalst;f;nooit Peeters;\n");
    world.put("portal/events/2022-01.ndjson", r#"{"gebeurtenis_id":"e","tijdstip":"2022-03-01T10:00:00Z","gebruiker_id":" u0 ","onderdeel":"Dashboard","actie":"ZOEKEN","ip":{"v4":"10.1.2.3"}}"#);
    assert_eq!(world.run().refused, []);
    let pseudonym = PseudonymKey::new(super::world::KEY).unwrap().pseudonym("u0");
    assert_eq!(
        world.rows("staged/portal_events", &["user_id", "module", "action"]),
        [format!("{pseudonym}|dashboard|zoeken")]
    );
    assert!(world.rows("staged/portal_users", &["user_id"]).contains(&pseudonym));
    for (name, content) in world.data_files() {
        let holds = |needle: &str| content.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!holds("10.1.2.3") && !holds("voorbeeld.be") && !holds("Jan Peeters"), "{name}");
    }
}

#[test]
fn another_key_for_the_same_warehouse_is_refused() {
    let mut world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 3));
    world.run();
    world.key = "another key for tests".to_owned();
    assert!(super::world::usage(world.try_run()).contains("not the one that this warehouse was filled with"));
}

#[test]
fn windows_1252_with_decimal_comma_and_dutch_days() {
    let world = World::new();
    let mut text = b"boekingsnummer;boekdatum;analytische_code;product;kostensoort;bedrag;omschrijving\n".to_vec();
    text.extend(b"1;31/03/2022;VRD2;caf\xe9 \x80 \x81;k;-1234,5;o\n2;01/01/2022;VRD2;p;k;7;\x93o\x94\n");
    world.put("finance/bookings/2022-03.csv", text);
    assert_eq!(world.run().refused, []);
    let rows = world.rows("staged/finance_bookings", &["booked_on", "product", "amount"]);
    assert_eq!(rows, ["2022-01-01|p|7.00", "2022-03-31|café € \u{81}|-1234.50"]);

    let utf8 = "boekingsnummer;boekdatum;analytische_code;product;kostensoort;bedrag\n1;31/03/2022;VRD2;café;k;1\n";
    world.put("finance/bookings/2022-04.csv", utf8);
    assert_eq!(world.run().refused[0].1, "wrong_encoding: the file is UTF-8, expected Windows-1252");
}

#[test]
fn scalars_of_another_json_type_are_read_by_their_text() {
    let world = World::new();
    let line = |id: &str, status: &str| {
        format!(
            r#"{{"bericht_id":{id},"tijdstip":"2022-10-30T02:30:00","dienst":"d\u00e9\n","status_code":{status},"duur_ms":1e3,"bytes":null,"nieuw":[1,{{"a":"]"}}]}}"#
        )
    };
    let text = [
        line("1", "\"200\""),
        line("true", "404.0"),
        line("\"\\\"x\\\"\"", "5e2"),
        String::new(),
        line("2.50", " 599 "),
    ]
    .join("\r\n");
    world.put("lb365/bus_messages/2022-10.ndjson.zst", zstd::encode_all(text.as_bytes(), 3).unwrap());
    let summary = world.run();
    assert_eq!(summary.refused, []);
    assert_eq!(summary.notes, ["lb365/bus_messages/2022-10.ndjson.zst: unknown columns: nieuw"]);
    let rows = world.rows(
        "staged/lb365_bus_messages",
        &["message_id", "occurred_at", "service", "status_code", "duration_ms", "bytes", "_line"],
    );
    let at = "2022-10-30T00:30:00Z|dé";
    assert_eq!(
        rows,
        [
            format!("\"x\"|{at}|500|1000|-|3"),
            format!("1|{at}|200|1000|-|1"),
            format!("2.50|{at}|599|1000|-|5"),
            format!("true|{at}|404|1000|-|2")
        ]
    );
}

#[test]
fn json_as_an_array_or_as_a_page() {
    let solution = |id: &str, lists: &str| {
        format!(
            "{{\"oplossing_id\": \"{id}\",\n \"leverancier_id\": \"l\", \"naam\": \"n\", {lists}\n \"gepubliceerd_op\": \"2020-01-01\"}}"
        )
    };
    let first = solution("s1", r#""referentiecomponenten": [" a ", null, "", 7], "standaarden": [],"#);
    let world = World::new();
    world.put("catalogue/solutions/2022-01.json", format!("\n[{first}, 5,\n{}\n]", solution("s2", "")));
    world.put(
        "catalogue/solutions/2022-02.json.gz",
        gzip(
            format!(
                "{{\"total\": {{\"a\": [\"]\"]}}, \"items\" : [ {} ], \"next\": null}}",
                solution("s3", r#""oplossing_id": "s4","#)
            )
            .as_bytes(),
        ),
    );
    let summary = world.run();
    assert_eq!(summary.refused.len(), 1, "{:?}", summary.refused);
    // The array has an element that is no object, on the line where it stands.
    assert_eq!(world.rejected(), ["4|-|-|bad_json"]);
    let rows = world.rows("staged/catalogue_solutions", &["solution_id", "reference_components", "_line"]);
    assert_eq!(rows, ["s4|-|1"]);
    let world = World::new();
    world.put("catalogue/solutions/2022-01.json", format!("\n[{first},\n{}\n]", solution("s2", "")));
    world.run();
    let rows = world.rows("staged/catalogue_solutions", &["solution_id", "reference_components", "standards", "_line"]);
    assert_eq!(rows, ["s1|[a, 7]|[]|2", "s2|-|-|5"]);
}

#[test]
fn a_sheet_with_true_days_and_text() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Toelichting").unwrap().write(0, 0, "Lees mij").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_name("activiteiten ").unwrap();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (column, name) in
        ["Nr", "Datum", "Programma", "Soort", "Onderwerp", "Deelnemers", "Zaal"].into_iter().enumerate()
    {
        sheet.write(2, column as u16, name).unwrap();
    }
    let rows: [(f64, Option<&str>, f64); 3] =
        [(1.0, None, 12.0), (2.0, Some("2022-03-02"), 7.0), (3.0, Some("02/03/2022"), 7.0)];
    for (number, (id, date, participants)) in rows.into_iter().enumerate() {
        let row = 3 + 2 * number as u32;
        sheet.write(row, 0, id).unwrap();
        match date {
            None => {
                sheet.write_with_format(row, 1, ExcelDateTime::parse_from_str("2022-03-01").unwrap(), &day).unwrap()
            }
            Some(text) => sheet.write(row, 1, text).unwrap(),
        };
        sheet
            .write(row, 2, "VlaVirGem")
            .unwrap()
            .write(row, 3, "opleiding")
            .unwrap()
            .write(row, 5, participants)
            .unwrap();
    }
    let mut world = World::new();
    world.settings.refuse_above = 0.5;
    world.put("register/activities/2022-03.xlsx", workbook.save_to_buffer().unwrap());
    let summary = world.run();
    assert_eq!(summary.refused, []);
    assert_eq!(summary.notes, ["register/activities/2022-03.xlsx: unknown columns: Zaal"]);
    let rows = world.rows(
        "staged/register_activities",
        &["activity_id", "held_on", "programme", "subject", "participants", "_row", "_line"],
    );
    assert_eq!(rows, ["1|2022-03-01|vlavirgem|-|12|1|4", "2|2022-03-02|vlavirgem|-|7|2|6"]);
    assert_eq!(world.rejected(), ["8|Datum|02/03/2022|bad_date"]);
    let mut other = Workbook::new();
    other.add_worksheet().set_name("Blad1").unwrap().write(0, 0, "x").unwrap();
    world.put("register/activities/2022-04.xlsx", other.save_to_buffer().unwrap());
    assert_eq!(world.run().refused[0].1, "missing_sheet: Activiteiten (there are: Blad1)");
}

fn parquet(moments: TimestampNanosecondArray) -> Vec<u8> {
    let rows = moments.len();
    let columns: [(&str, ArrayRef); 5] = [
        ("bericht_id", Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("m{row}"))))),
        ("tijdstip", Arc::new(moments)),
        ("dienst", Arc::new(StringArray::from(vec![" d "; rows]))),
        (
            "status_code",
            Arc::new(Int32Array::from_iter_values((0..rows as i32).map(|row| if row == 30 { 600 } else { 200 }))),
        ),
        ("duur_ms", Arc::new(StringArray::from(vec!["5"; rows]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut content = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    content
}

#[test]
fn parquet_with_and_without_a_zone() {
    let nanos = 1_648_339_200_123_456_789_i64; // 2022-03-27T00:00:00.123456789
    let moments = TimestampNanosecondArray::from(vec![nanos; 40]);
    assert_eq!(moments.len(), 40);
    let world = World::new();
    world.put("lb365/bus_messages/2022-03.parquet", parquet(moments.clone().with_timezone("UTC")));
    world.put("lb365/bus_messages/2022-04.parquet", parquet(moments));
    assert_eq!(world.run().refused, []);
    assert_eq!(world.rejected(), ["31|status_code|600|out_of_range", "31|status_code|600|out_of_range"]);
    let rows = world.rows("staged/lb365_bus_messages", &["_object", "occurred_at", "service", "duration_ms", "_line"]);
    assert_eq!(rows.len(), 78);
    assert!(
        rows.contains(&"lb365/bus_messages/2022-03.parquet|2022-03-27T00:00:00.123456Z|d|5|1".to_owned()),
        "{rows:?}"
    );
    assert!(
        rows.contains(&"lb365/bus_messages/2022-04.parquet|2022-03-26T23:00:00.123456Z|d|5|40".to_owned()),
        "{rows:?}"
    );
}

#[test]
fn a_delivery_of_several_stretches_and_files_is_read_in_order() {
    let world = World::new();
    let count = 300_000;
    let mut text = String::new();
    for number in 0..count {
        let wrong = if number % 1000 == 999 { "kelder" } else { "dashboard" };
        text.push_str(&format!("{{\"gebeurtenis_id\":\"e{number}\",\"tijdstip\":\"2022-03-01T10:00:00Z\",\"gebruiker_id\":\"u{}\",\"onderdeel\":\"{wrong}\",\"actie\":\"zoeken\"}}\n", number % 50));
    }
    let (first, second) = text.as_bytes().split_at(text.len() / 2 + 7);
    // Two members of gzip, one after the other.
    world.put("portal/events/2022-03.ndjson.gz", [gzip(first), gzip(second)].concat());
    let mut lines = users(0, 120_000);
    lines.push_str("u;n;e;Aalst;f;later;\n");
    world.put("portal/users/2022-03.csv", lines);
    assert_eq!(world.run().refused, []);
    let rows = world.rows("staged/portal_events", &["_row", "_line", "event_id"]);
    assert_eq!(rows.len(), 299_700);
    assert!(rows.iter().all(|row| {
        let parts: Vec<&str> = row.split('|').collect();
        parts[0] == parts[1] && parts[2] == format!("e{}", parts[0].parse::<usize>().unwrap() - 1)
    }));
    assert_eq!(world.rejected().len(), 301);
    assert!(world.rejected().contains(&"120002|geregistreerd_op|later|bad_date".to_owned()));
}

#[test]
fn a_landing_area_that_is_no_folder() {
    use peil_warehouse::storage::Storage;
    let landing = Storage::open("memory://").unwrap();
    let put = |path: &str, content: Vec<u8>| runtime().block_on(landing.put(path, content.into())).unwrap();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Mijlpalen").unwrap();
    for (column, (name, value)) in
        [("Indicator", "A"), ("Periode", "2022"), ("Stand", "Lopend")].into_iter().enumerate()
    {
        sheet.write(0, column as u16, name).unwrap().write(1, column as u16, value).unwrap();
    }
    put("portal/users/2022-01.csv.gz", gzip(users(0, 50_000).as_bytes()));
    put("register/milestones/2022-01.xlsx", workbook.save_to_buffer().unwrap());
    put("lb365/bus_messages/2022-03.parquet", parquet(TimestampNanosecondArray::from(vec![0; 20])));
    let world = World::new();
    let summary = world.run_from(&landing).unwrap();
    assert_eq!((summary.accepted, summary.accepted_rows), (3, 50_021));
    assert_eq!(world.rows("staged/register_milestones", &["indicator_id", "period", "state"]), ["A|2022|lopend"]);
    assert_eq!(world.run_from(&landing).unwrap().new, 0);
}

#[test]
fn names_of_files_may_be_anything() {
    let world = World::new();
    for (number, name) in ["export 2022-01 é#1 50%.csv", "2022-02 (kopie).csv", "~2022-03~&?=.csv", "a%20b_2022-04.csv"]
        .iter()
        .enumerate()
    {
        world.put(&format!("portal/users/{name}"), users(number * 10, 2));
    }
    let summary = world.run();
    assert_eq!((summary.accepted, summary.refused.len()), (4, 0));
    assert_eq!(world.run().new, 0);
    let objects = world.rows("ops/deliveries", &["object"]);
    assert!(objects.contains(&"portal/users/export 2022-01 é#1 50%.csv".to_owned()), "{objects:?}");
}
