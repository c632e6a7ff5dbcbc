//! Targets that staff fill in: the workbook handed out, filled in and taken
//! back.

use std::path::{Path, PathBuf};
use std::process::Command;

use peil_tests::{AS_OF, Site, files_below};

const INDICATOR: &str = "VVG-RA-04";
const TARGET: &str = "select target from marts.indicator_values where indicator_id = 'VVG-RA-04' and period = '2022Q4'";

/// A Python with openpyxl, where there is one.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("TEST_PYTHON").map(PathBuf::from);
    let ready = |python: &PathBuf| {
        let output = Command::new(python).args(["-c", "import openpyxl"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    named.into_iter().chain([PathBuf::from("python3")]).find(ready)
}

/// Fills in a cell and gives its name.
fn fill(python: &Path, workbook: &Path, heading: &str, value: &str) -> String {
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/data/fill_cell.py"))
        .arg(workbook)
        .args([INDICATOR, heading, value])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_target_that_is_filled_in_counts_in_the_next_run_and_a_bad_cell_is_refused() {
    let site = Site::copy_of(Site::published());
    let workbook = site.landing().with_file_name("doelen.xlsx");
    let file = workbook.to_str().unwrap();
    assert_eq!(site.peil(&["targets", "export", file]).code, Some(0));
    let delivered = files_below(&site.landing());

    let unchanged = site.peil(&["targets", "import", file, "--yes"]);
    assert_eq!(unchanged.code, Some(0), "{}", unchanged.stderr);
    assert!(unchanged.stdout.contains("no difference"), "{}", unchanged.stdout);
    assert_eq!(files_below(&site.landing()), delivered);

    let again = site.peil(&["targets", "export", file]);
    assert_eq!(again.code, Some(2), "what was filled in is not written over");

    let Some(python) = python() else {
        eprintln!("skipped: no Python with openpyxl (name one in TEST_PYTHON)");
        return;
    };
    let cell = fill(&python, &workbook, "Doel 2022Q4", "veel");
    let refused = site.peil(&["targets", "import", file, "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    let table = format!("{}{}", refused.stdout, refused.stderr);
    for told in [format!("Doelen!{cell}").as_str(), "not_a_number", "veel", "remedy", "nothing was taken over"] {
        assert!(table.contains(told), "{told} is not told: {table}");
    }
    assert_eq!(files_below(&site.landing()), delivered);

    let before = site.value(TARGET);
    assert_ne!(before, "4321.0");
    fill(&python, &workbook, "Doel 2022Q4", "4321");
    let taken = site.peil(&["targets", "import", file, "--yes"]);
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    assert!(taken.stdout.contains("1 difference") && taken.stdout.contains(INDICATOR), "{}", taken.stdout);
    assert_eq!(files_below(&site.landing()).len(), delivered.len() + 1);
    assert_eq!(site.value(TARGET), before, "nothing counts before a run");
    site.run_expecting(&["--as-of", AS_OF], 0);
    assert_eq!(site.value(TARGET), "4321.0");
}
