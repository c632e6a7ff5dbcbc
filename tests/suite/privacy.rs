//! Nothing personal passes the fence.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::Array;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peil_tests::{Site, files_below};

const PERSON: &str = "Wilhelmina Zonderling";
const MAIL: &str = "wilhelmina.zonderling@voorbeeld.invalid";
const ACCOUNT: &str = "account-geheim-4711";
const REMARK: &str = "zeer persoonlijke opmerking";
const ADDRESS: &str = "203.0.113.77";

fn deliver_persons(site: &Site) {
    site.deliver(
        "portal/users/2022-06-30.csv",
        format!(
            "gebruiker_id;naam;email;bestuur;functie;geregistreerd_op;uitgeschreven_op\n{ACCOUNT};{PERSON};{MAIL};Gent;;2022-01-01;\n"
        ),
    );
    let good = format!(
        "{{\"gebeurtenis_id\":\"e-ok\",\"tijdstip\":\"2022-05-01T10:00:00Z\",\"gebruiker_id\":\"{ACCOUNT}\",\"bestuur\":\"Gent\",\"onderdeel\":\"bouwstenen\",\"actie\":\"bekijken\",\"ip\":\"{ADDRESS}\"}}\n"
    );
    let bad = good.replace("e-ok", "e-slecht").replace("bekijken", "staren");
    let broken = format!("{{\"gebruiker_id\":\"{ACCOUNT}\",\"ip\":\"{ADDRESS}\"\n");
    let events = (0..60).map(|number| good.replace("e-ok", &format!("e-{number}"))).collect::<String>();
    site.deliver("portal/events/2022-05.ndjson", format!("{events}{bad}{broken}"));
    site.deliver(
        "catalogue/ratings/2022-05-31.csv",
        format!(
            "waardering_id;bestuur;gebruiker_id;oplossing_id;score;opmerking;gegeven_op;ingetrokken_op\nw1;Gent;{ACCOUNT};o1;9;{REMARK};2022-05-02;\n"
        ),
    );
}

/// Every text in a Parquet file, nested ones included.
pub fn texts(path: &Path) -> BTreeSet<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap().build().unwrap();
    let options = FormatOptions::default();
    let mut found = BTreeSet::new();
    for batch in reader {
        for column in batch.unwrap().columns() {
            let formatter = ArrayFormatter::try_new(column, &options).unwrap();
            found.extend(
                (0..column.len()).filter(|row| column.is_valid(*row)).map(|row| formatter.value(row).to_string()),
            );
        }
    }
    found
}

#[test]
fn no_dropped_or_raw_pseudonymised_value_is_in_any_file_of_the_warehouse_or_any_message() {
    let site = Site::empty();
    deliver_persons(&site);
    // The ratings are refused: their one row is bad. Its text must not stay either.
    let answer = site.run_expecting(&["--as-of", "2022-06-30"], 3);
    let secrets = [PERSON, MAIL, ACCOUNT, REMARK, ADDRESS, peil_tests::KEY];
    let rejected = site.peil(&["rejected"]);
    for secret in secrets {
        for (what, text) in [
            ("the run's talk", &answer.stderr),
            ("the run's output", &answer.stdout),
            ("peil rejected", &rejected.stdout),
        ] {
            assert!(!text.contains(secret), "{secret} in {what}");
        }
    }
    for file in files_below(&site.warehouse()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{secret} in {}",
                file.display()
            );
        }
        if file.extension().is_some_and(|extension| extension == "parquet") {
            for text in texts(&file) {
                assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text} in {}", file.display());
            }
        }
    }
    let users = site.sql(
        "select \"column\", raw_value, reason from ops.rejected_rows where dataset = 'portal/events' order by line",
    );
    assert_eq!(users[0], ["actie", "staren", "not_allowed"]);
    assert_eq!(users[1], ["", "", "bad_json"]);
}

#[test]
fn a_run_without_a_key_fails_before_it_reads_anything() {
    let site = Site::empty();
    deliver_persons(&site);
    let answer = site.peil_with(&["run"], &[("PEIL_PSEUDONYM_KEY", "")]);
    assert_eq!(answer.code, Some(2), "{}", answer.stderr);
    assert!(answer.stderr.contains("PEIL_PSEUDONYM_KEY"), "{}", answer.stderr);
    let answer = site.peil_with(&["run"], &[("PEIL_PSEUDONYM_KEY", "too short")]);
    assert_eq!(answer.code, Some(2), "{}", answer.stderr);
    assert!(!site.warehouse().join("published.json").exists());
}
