//! Forms that sources have of their own, and what is wrong with the files of
//! databases.

use std::path::Path;

use serde_json::value::RawValue;

use super::config::Source;
use super::rows::row;

const STANDARDS: &str = include_str!("../../sources/oslo_standards.yaml");

fn read(name: &str, text: &str) -> peil_warehouse::Result<Source> {
    let contracts = peil_ingest::contracts::embedded().unwrap();
    Source::read(Path::new(&format!("/etc/peil/sources/{name}.yaml")), text, &contracts)
}

#[test]
fn the_register_of_standards_is_read_in_its_own_form() {
    let source = read("oslo_standards", STANDARDS).unwrap();
    let read = |text: &str| row(&source, serde_json::from_str::<&RawValue>(text).unwrap());
    let concept = "https://data.vlaanderen.be/id/concept";
    let plain = format!(
        r#"{{"title": "Applicatieprofiel Bodem", "category": "{concept}/StandaardType/Applicatieprofiel", "usage": "TBD",
            "status": "{concept}/StandaardStatus/ErkendeStandaard", "responsibleOrganisation": [{{"name": "x"}}],
            "dateOfRegistration": "2018-04-10 (retroactief)", "publicationDate": "TBD", "endOfPublication": "TBD",
            "_path": "/standaarden/applicatieprofiel-bodem/configuration"}}"#
    );
    assert_eq!(
        read(&plain),
        r#"{"naam":"Applicatieprofiel Bodem","opgenomen_op":"2018-04-10","soort":"applicatieprofiel","standaard_id":"applicatieprofiel-bodem","status":"erkende-standaard","verwijderd_op":""}"#
    );
    let older = r#"{"slug": "api-guidelines", "title": "API", "category": "TechnischeStandaard", "status": "standaard-in-ontwikkeling",
        "dateOfRegistration": "TDB", "publicationDate": "2020-02-01"}"#;
    assert_eq!(
        read(older),
        r#"{"naam":"API","opgenomen_op":"2020-02-01","soort":"technisch","standaard_id":"api-guidelines","status":"standaard-in-ontwikkeling"}"#
    );
    // What has no day at all is told, not guessed.
    let dayless = r#"{"slug": "x", "title": "X", "dateOfRegistration": "TDB", "publicationDate": "TBD"}"#;
    assert!(read(dayless).contains(r#""opgenomen_op":"TDB""#));
}

#[test]
fn mistakes_in_a_database_name_the_line_and_the_remedy() {
    const GOOD: &str = "source: register\ndataset: catalogue/standards\npostgres:\n  host: db.example\n  database: portal\n  user: reader\n  password: { variable: PEIL_SECRET_X }\n  query: select 1\n  cursor: changed\n";
    read("register", GOOD).unwrap();
    for (from, to, line, word) in [
        ("host: db.example", "host: postgres://me:secret@db", 4, "no URL"),
        ("host: db.example", "host: db.example\n  tls: off", 5, "plain text"),
        ("PEIL_SECRET_X", "PEIL_X", 7, "PEIL_SECRET_"),
        ("select 1", "delete from x", 8, "`select`"),
        ("  cursor: changed\n", "  first: x\n", 9, "`cursor`"),
        ("  cursor: changed\n", "since: { parameter: p, at: /a }\n", 9, "`postgres.cursor`"),
        ("  cursor: changed\n", "http: { url: 'https://x/y' }\n", 1, "`http` or `postgres`"),
        ("  user: reader\n", "", 8, "user"),
        ("  cursor: changed\n", "fields: { naam: { first_of: [/a], pattern: '(' } }\n", 9, "regular expression"),
        ("  cursor: changed\n", "fields: { naam: { first_of: [] } }\n", 9, "`first_of`"),
    ] {
        let error = read("register", &GOOD.replace(from, to)).unwrap_err().to_string();
        let place = format!("register.yaml:{line}: ");
        assert!(error.contains(&place) && error.contains(word) && !error.contains("secret@"), "{to}: {error}");
    }
}
