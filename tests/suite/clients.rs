//! The tables are read by others' programs, without us.

use std::path::PathBuf;
use std::process::Command;

use peil_tests::Site;

/// A Python with duckdb, polars and deltalake, where there is one.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| PathBuf::from("python3"));
    let ready = Command::new(&python).args(["-c", "import duckdb, polars, deltalake, pyarrow"]).output();
    ready.is_ok_and(|output| output.status.success()).then_some(python)
}

#[test]
fn duckdb_and_polars_read_every_table_as_delta() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python with duckdb, polars, deltalake and pyarrow (name one in TEST_PYTHON)");
        return;
    };
    let site = Site::published();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/data/read_tables.py"))
        .arg(site.warehouse())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let seen = String::from_utf8_lossy(&output.stdout);
    for line in seen.lines() {
        let (table, rows) = line.split_once(' ').unwrap();
        if let Some(name) = table.strip_prefix("marts/") {
            assert_eq!(site.value(&format!("select count(*) from marts.{name}")), rows, "{table}");
        }
    }
    assert!(seen.lines().filter(|line| line.starts_with("marts/")).count() >= 23, "{seen}");
}
