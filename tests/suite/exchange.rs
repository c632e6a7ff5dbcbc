//! What others take from Peil: lineage, exports, events of runs; by the public
//! validators of their formats, where these are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use peil_tests::{AS_OF, Site};

/// Runs a script of `tests/data` with the Python of the validators; its talk.
/// None where there is no such Python.
fn validate(script: &str, of: &Path) -> Option<String> {
    let Some(python) = std::env::var_os("TEST_EXCHANGE_PYTHON") else {
        eprintln!(
            "skipped: no Python with frictionless, csvw, pyshacl, sdmx1 and openlineage-python: name it in TEST_EXCHANGE_PYTHON"
        );
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(script);
    let output = Command::new(python).arg(script).arg(of).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}\n{talk}", String::from_utf8_lossy(&output.stdout));
    Some(talk)
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(at) = ahead.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_column_is_followed_to_the_deliveries() {
    let site = Site::published();
    let answer = site.peil(&["lineage", "portal_usage.users", "--json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let asked: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let sources = asked["columns"][0]["sources"].as_array().unwrap();
    let user = sources.iter().find(|source| source["column"] == "user_id").unwrap();
    assert_eq!((&user["table"], &user["how"]), (&"conformed.portal_activity".into(), &"aggregate".into()));
    assert_eq!(
        user["delivered"],
        serde_json::json!([{ "dataset": "portal/events", "column": "gebruiker_id", "how": "pseudonym" }])
    );
    assert!(sources.iter().any(|source| source["column"] == "period" && source["how"] == "group"));
    let wrong = site.peil(&["lineage", "portal_usage.user"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `users`"), "{}", wrong.stderr);
}

#[test]
fn every_column_of_a_mart_has_a_lineage_or_is_a_constant() {
    let site = Site::published();
    let without = site.sql(
        "select c.model || '.' || c.\"column\" from ops.model_columns c \
         join ops.models m on m.model = c.model and m.layer = 'marts' \
         left join ops.column_lineage l on l.mart = c.model and l.\"column\" = c.\"column\" \
         where l.mart is null order by 1",
    );
    // What the declarations of the indicators and the rules say is written
    // into their queries.
    let constant = |column: &str| column.starts_with("indicators.") || column.starts_with("attention_points.");
    let others: Vec<&String> = without.iter().flatten().filter(|column| !constant(column)).collect();
    assert!(others.is_empty(), "{others:?}");
    let unknown = site.value(
        "select count(*) from ops.column_lineage l left join ops.conformed_lineage c \
         on l.source_table = 'conformed.' || c.\"table\" and l.source_column = c.\"column\" \
         where l.source_table like 'conformed.%' and l.source_column <> '*' \
         and l.source_table <> 'conformed.delivery_receipts' and c.\"table\" is null",
    );
    assert_eq!(unknown, "0");
}

#[test]
fn exports_are_the_same_twice_and_public_validators_accept_them() {
    let site = Site::published();
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    for out in [&one, &other] {
        let answer = site.peil(&["export", "--out", out.to_str().unwrap()]);
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        assert_eq!(answer.stdout.lines().count(), 4, "{}", answer.stdout);
    }
    assert!(files(&one) == files(&other), "two exports of one state differ");
    let suppressed = site.value("select count(*) from marts.indicator_by_authority where suppressed");
    let data = std::fs::read_to_string(one.join("sdmx/indicators.csv")).unwrap();
    let flagged = data.lines().filter(|line| line.contains(",,Q,")).count();
    assert_eq!(flagged.to_string(), suppressed, "a suppressed cell is empty and flagged");
    validate("validate_export.py", &one);
}

#[test]
fn runs_are_told_and_whoever_cannot_be_told_stops_no_run() {
    let site = Site::sample();
    let events = site.warehouse().with_extension("ndjson");
    let file = events.to_str().unwrap();
    // Nothing listens there.
    let told = [("PEIL_LINEAGE_FILE", file), ("PEIL_LINEAGE_URL", "http://127.0.0.1:9/api/v1/lineage")];
    let answer = site.peil_with(&["run", "--as-of", AS_OF], &told);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(answer.stderr.contains("lineage was not told"), "{}", answer.stderr);
    let lines: Vec<serde_json::Value> =
        std::fs::read_to_string(&events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let marts =
        lines.iter().find(|event| event["eventType"] == "COMPLETE" && event["job"]["name"] == "peil.marts").unwrap();
    let usage = marts["outputs"].as_array().unwrap().iter().find(|one| one["name"] == "marts/portal_usage").unwrap();
    let users = &usage["facets"]["columnLineage"]["fields"]["users"]["inputFields"];
    assert!(users.to_string().contains("conformed/portal_activity"), "{users}");
    let checks = lines.iter().find(|event| event["eventType"] == "COMPLETE" && event["job"]["name"] == "peil.checks");
    assert!(checks.unwrap().to_string().contains("dataQualityAssertions"));
    if let Some(talk) = validate("validate_events.py", &events) {
        assert!(talk.contains("COMPLETE peil.transform"), "{talk}");
    }
}
