//! Each reason for which a row is rejected: a fault in a line of its own,
//! among good lines enough for the delivery to be accepted.

use super::world::{World, users};

/// Delivers, for each case, a file of good lines with a faulty one after them;
/// of each, what is kept of the faulty line is what is expected.
fn assert_faults<T: AsRef<str>>(dataset: &str, extension: &str, good: &str, cases: &[(T, &str)]) {
    let world = World::new();
    let (header, line) =
        good.split_once('\n').map_or((String::new(), good), |(header, line)| (format!("{header}\n"), line));
    for (case, (faulty, _)) in cases.iter().enumerate() {
        let lines: String = (0..40).map(|number| line.replace('#', &format!("{case}x{number}")) + "\n").collect();
        world.put(
            &format!("{dataset}/2022-01-{:02}.{extension}", case + 1),
            format!("{header}{lines}{}", faulty.as_ref()),
        );
    }
    let summary = world.run();
    assert_eq!(summary.refused, []);
    assert_eq!(summary.rows, summary.accepted_rows + summary.rejected_rows);
    let found = world.rows("ops/rejected_rows", &["object", "line", "column", "raw_value", "reason"]);
    let expected = cases.iter().enumerate().filter(|(_, (_, expected))| !expected.is_empty());
    let expected: Vec<String> = expected
        .map(|(case, (_, expected))| format!("{dataset}/2022-01-{:02}.{extension}|{expected}", case + 1))
        .collect();
    assert_eq!(found, expected);
}

const USERS: &str =
    "gebruiker_id;naam;email;bestuur;functie;geregistreerd_op;uitgeschreven_op\nu#;n;e;Aalst;f;2021-05-01;";
const EVENTS: &str = r#"{"gebeurtenis_id":"e#","tijdstip":"2022-03-01T10:00:00+01:00","gebruiker_id":"u","onderdeel":"dashboard","actie":"zoeken"}"#;
const MATURITY: &str = r#"{"meting_id":"m#","bestuur":"Aalst","ingediend_op":"2022-03-01T10:00:00Z","hoofdstukken":[{"hoofdstuk":"a","score":2.5}],"indicatoren":{"devices":3}}"#;

#[test]
fn faults_of_separated_values() {
    let cases = [
        (";n;e;Aalst;f;2021-05-01;", "42|gebruiker_id|-|missing_value"),
        ("u;n;e;Aalst;f;2021-02-29;", "42|geregistreerd_op|2021-02-29|bad_date"),
        ("u;n;e;Aalst;f;1/5/2021;", "42|geregistreerd_op|1/5/2021|bad_date"),
        ("u;n;e;Aalst;f;2021-05-01 ;2021-04-30", "42|uitgeschreven_op|2021-04-30|bad_order"),
        ("u;n;e;Aalst;f;2021-05-01", "42|-|-|wrong_column_count"),
        ("u;n;e;Aalst;f;2021-05-01;;", "42|-|-|wrong_column_count"),
        // The first in the contract's order, an order last.
        (";n;e;Aalst;f;never;2021-04-30", "42|gebruiker_id|-|missing_value"),
        ("u;n;e;Aalst;f;2021-05-01;never", "42|uitgeschreven_op|never|bad_date"),
        // White space is no value; the raw value is as delivered.
        ("u;n;e;Aalst;f; \u{a0};", "42|geregistreerd_op| \u{a0}|missing_value"),
    ];
    assert_faults("portal/users", "csv", USERS, &cases);
}

#[test]
fn an_end_on_the_day_of_its_start_is_in_order_unless_strictly_after() {
    assert_faults("portal/users", "csv", USERS, &[("u;n;e;Aalst;f;2021-05-01;2021-05-01", "")]);
    let authorities = "nis_code;naam;soort;provincie;geldig_van;geldig_tot;opvolger_nis;inwoners;kbo_nummer\n#;n;gemeente;p;1977-01-01;;;5;";
    let line = "1;n;gemeente;p;1977-01-01;1977-01-01;;5;";
    assert_faults("reference/authorities", "csv", authorities, &[(line, "42|geldig_tot|1977-01-01|bad_order")]);
}

#[test]
fn faults_of_numbers() {
    let bookings = "boekingsnummer;boekdatum;analytische_code;product;kostensoort;bedrag;omschrijving\n#;31/03/2022;VRD2;p;k;-1,50;o";
    let cases = [
        ("b;31/03/2022;VRD2;p;k;1.50;o", "42|bedrag|1.50|bad_number"),
        ("b;31/03/2022;VRD2;p;k;1.234,50;o", "42|bedrag|1.234,50|bad_number"),
        ("b;31/03/2022;VRD2;p;k;1,505;o", "42|bedrag|1,505|bad_number"),
        ("b;31/03/2022;VRD2;p;k;1,500;o", "42|bedrag|1,500|bad_number"),
        ("b;31/03/2022;VRD2;p;k;1e3;o", "42|bedrag|1e3|bad_number"),
        ("b;31/03/2022;VRD2;p;k;12345678901234567,00;o", "42|bedrag|12345678901234567,00|bad_number"),
        ("b;2022-03-31;VRD2;p;k;1,50;o", "42|boekdatum|2022-03-31|bad_date"),
    ];
    assert_faults("finance/bookings", "csv", bookings, &cases);
    let ratings = "waardering_id;bestuur;gebruiker_id;oplossing_id;score;opmerking;gegeven_op;ingetrokken_op\nr#;Aalst;u;o;3;x;2021-05-01;";
    let cases = [
        ("r;;u;o;6;x;2021-05-01;", "42|score|6|out_of_range"),
        ("r;;u;o;0;x;2021-05-01;", "42|score|0|out_of_range"),
        ("r;;u;o;3,5;x;2021-05-01;", "42|score|3,5|bad_number"),
        ("r;;u;o;3.5;x;2021-05-01;", "42|score|3.5|bad_number"),
        ("r;;u;o;1.000;x;2021-05-01;", "42|score|1.000|bad_number"),
        ("r;;u;o;;x;2021-05-01;", "42|score|-|missing_value"),
    ];
    assert_faults("catalogue/ratings", "csv", ratings, &cases);
    let scores = "bestuur;gemeten_op;score\nA#;2022-01-01;99,5";
    let cases =
        [("A;2022-01-01;100,1", "42|score|100,1|out_of_range"), ("A;2022-01-01;-0,1", "42|score|-0,1|out_of_range")];
    assert_faults("security/gdpr_scores", "csv", scores, &cases);
}

#[test]
fn faults_of_objects() {
    let event =
        |members: &str| format!("{{\"gebeurtenis_id\":\"x\",\"gebruiker_id\":\"u\",\"actie\":\"zoeken\",{members}}}");
    let cases = [
        (
            event(r#""tijdstip":"2022-03-27T02:30:00","onderdeel":"dashboard""#),
            "41|tijdstip|2022-03-27T02:30:00|bad_timestamp",
        ),
        (event(r#""tijdstip":"2022-03-01","onderdeel":"dashboard""#), "41|tijdstip|2022-03-01|bad_timestamp"),
        (event(r#""tijdstip":["x"],"onderdeel":"dashboard""#), "41|tijdstip|[\"x\"]|bad_timestamp"),
        (event(r#""tijdstip":"2022-03-01T10:00:00Z","onderdeel":"kelder""#), "41|onderdeel|kelder|not_allowed"),
        (event(r#""tijdstip":"2022-03-01T10:00:00Z","onderdeel":{"a":1}"#), "41|-|-|bad_json"),
        (event(r#""tijdstip":"2022-03-01T10:00:00Z""#), "41|onderdeel|-|missing_value"),
        (event(r#""tijdstip":"2022-03-01T10:00:00Z","onderdeel":null"#), "41|onderdeel|-|missing_value"),
        ("{\"gebeurtenis_id\":\"x\"".to_owned(), "41|-|-|bad_json"),
        ("[1]".to_owned(), "41|-|-|bad_json"),
        ("{} {}".to_owned(), "41|-|-|bad_json"),
        ("{\"a\":01}".to_owned(), "41|-|-|bad_json"),
        // Of a person nothing is kept, not even what is wrong.
        (
            "{\"gebeurtenis_id\":\"x\",\"tijdstip\":\"2022-03-01T10:00:00Z\",\"gebruiker_id\":[\"Jan\"]}".to_owned(),
            "41|-|-|bad_json",
        ),
    ];
    assert_faults("portal/events", "ndjson", EVENTS, &cases);
}

#[test]
fn faults_within_objects() {
    let row = |chapters: &str, figures: &str| {
        format!(
            r#"{{"meting_id":"x","bestuur":"Aalst","ingediend_op":"2022-03-01T10:00:00Z","hoofdstukken":{chapters},"indicatoren":{figures}}}"#
        )
    };
    let cases = [
        (row("null", "null"), "41|hoofdstukken|-|missing_value"),
        (row("5", "null"), "41|-|-|bad_json"),
        (
            row(r#"[{"hoofdstuk":"a","score":5.1}]"#, "null"),
            r#"41|hoofdstukken|[{"hoofdstuk":"a","score":5.1}]|out_of_range"#,
        ),
        (
            row(r#"[{"hoofdstuk":"a","score":"x"}]"#, "null"),
            r#"41|hoofdstukken|[{"hoofdstuk":"a","score":"x"}]|bad_number"#,
        ),
        (row(r#"[{"hoofdstuk":"a"}]"#, "null"), r#"41|hoofdstukken|[{"hoofdstuk":"a"}]|missing_value"#),
        (row("[3]", "null"), "41|-|-|bad_json"),
        (row("[]", r#"{"devices":-1}"#), r#"41|indicatoren|{"devices":-1}|out_of_range"#),
        (row("[]", r#"{"devices":"veel"}"#), r#"41|indicatoren|{"devices":"veel"}|bad_number"#),
        (row("[]", "[1]"), "41|-|-|bad_json"),
    ];
    assert_faults("portal/maturity", "ndjson", MATURITY, &cases);
}

#[test]
fn faults_of_enterprise_numbers_and_periods() {
    let world = World::new();
    let good: Vec<String> = (0..60)
        .map(|number| {
            format!(
                r#"{{"leverancier_id":"l{number}","naam":"n","kbo_nummer":"207.500.123","aangemeld_op":"2020-01-01"}}"#
            )
        })
        .collect();
    let bad = r#"{"leverancier_id":"x","naam":"n","kbo_nummer":"0207500124","aangemeld_op":"2020-01-01"}"#;
    let short = r#"{"leverancier_id":"y","naam":"n","kbo_nummer":"75.001","aangemeld_op":"2020-01-01"}"#;
    world.put("catalogue/suppliers/2022-03.json", format!("[\n{},\n{bad},\n{short}]", good.join(",\n")));
    let targets = "indicator_id;periode;soort;waarde;bron\n".to_owned()
        + &"A;2022-Q1;streef;1,5;b\n".repeat(40)
        + "A;2022Q5;streef;1,5;b\n";
    world.put("reference/targets/2022-03.csv", targets);
    assert_eq!(world.run().refused, []);
    assert_eq!(
        world.rejected(),
        ["42|periode|2022Q5|bad_period", "62|kbo_nummer|0207500124|bad_checksum", "63|kbo_nummer|75.001|bad_checksum"]
    );
    assert_eq!(world.rows("staged/catalogue_suppliers", &["enterprise_number"])[0], "0207500123");
    assert_eq!(world.rows("staged/reference_targets", &["period", "value"])[0], "2022Q1|1.500000");
}

#[test]
fn a_row_that_spans_lines_counts_from_its_first() {
    let world = World::new();
    let mut text = users(0, 40);
    text.push_str("\r\n \n");
    text.push_str("u;\"Jan\n\"\"de\"\" Man\";e;\"Aalst;\n\";f;2021-05-01;\r\n");
    text.push_str("u;n;e;Aalst;f;later;\n");
    world.put("portal/users/2022-03.csv", text);
    world.run();
    // 41 lines, two blank ones, then a row on three lines.
    assert_eq!(world.rejected(), ["47|geregistreerd_op|later|bad_date"]);
    assert!(world.rows("staged/portal_users", &["_row", "_line", "authority"]).contains(&"41|44|Aalst;".to_owned()));
}
