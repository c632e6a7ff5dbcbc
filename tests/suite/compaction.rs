//! Years of nightly deliveries stay a few files, and all that is said of them
//! stays the same.

use peil_tests::{AS_OF, Site, files_below};

/// Nights that deliver.
const NIGHTS: u32 = 140;

/// The delivery of a night: a few plates, one of which corrects that of the
/// night before.
pub fn delivery(night: u32) -> String {
    let mut text = "plaat_id;bestuur;aangemaakt_op;verwijderd_op\n".to_owned();
    let day = |night: u32| chrono::NaiveDate::from_yo_opt(2022, 1 + night).unwrap();
    if night > 0 {
        text += &format!("nacht-{};Gent;{};{}\n", night - 1, day(night - 1), day(night));
    }
    text += &format!("nacht-{night};Aalst;{};\n", day(night));
    if night.is_multiple_of(7) {
        // A row that is rejected, among so many that the delivery is not.
        (0..30).for_each(|plate| text += &format!("vast-{plate};Gent;2022-01-01;\n"));
        text += "nacht-zonder-dag;Aalst;;\n";
    }
    text
}

/// Where that of a night lies.
pub fn object(night: u32) -> String {
    format!("portal/plates/plates-{}.csv", chrono::NaiveDate::from_yo_opt(2022, 1 + night).unwrap())
}

/// Data files of the staged tables, as they lie there.
fn staged_files(site: &Site) -> usize {
    let files = files_below(&site.warehouse().join("staged"));
    files.iter().filter(|file| file.extension().is_some_and(|end| end == "parquet")).count()
}

#[test]
fn nights_are_put_together_and_nothing_that_is_said_of_them_changes() {
    let site = Site::sample();
    for night in 0..NIGHTS {
        site.deliver(&object(night), delivery(night));
    }
    site.run();
    let before = (site.files("staged"), site.files("marts"), staged_files(&site));
    let would = site.peil(&["maintain", "--dry-run"]);
    assert!(would.stdout.contains("would be put together"), "{}", would.stdout);
    let done = site.peil(&["maintain", "--keep-hours", "0", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let done: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(done["bundles"].as_u64().unwrap() >= 2, "{done}");
    // Two bundles of 64 in the place of as many files; what each held is there.
    assert!(staged_files(&site) <= before.2 - 2 * 63, "{} of {} files are left", staged_files(&site), before.2);
    assert_eq!((&site.files("staged"), &site.files("marts")), (&before.0, &before.1));
    let again = site.run();
    assert!(again.stdout.contains("nothing new"), "{}", again.stdout);
    site.run_expecting(&["--as-of", AS_OF, "--full"], 0);
    assert_eq!(site.files("marts"), before.1, "computed anew from bundles");
    assert_eq!(site.value("select count(*) from ops.rejected_rows where object like 'portal/plates/plates-%'"), "20");
    assert_eq!(
        site.value(
            "select count(distinct delivery_id) from ops.rejected_rows where object like 'portal/plates/plates-%'"
        ),
        "20"
    );

    // A night that comes once more under an earlier name: its rows leave the
    // bundle, and the marts are those of a warehouse that never had one.
    let late = |site: &Site| {
        site.deliver("portal/plates/plates-2021-12-31.csv", delivery(5));
        site.deliver(&object(NIGHTS), delivery(NIGHTS));
        site.run();
    };
    late(&site);
    let never = Site::sample();
    for night in 0..NIGHTS {
        never.deliver(&object(night), delivery(night));
    }
    never.run();
    late(&never);
    assert_eq!(site.files("staged"), never.files("staged"));
    assert_eq!(site.files("conformed"), never.files("conformed"));
    assert_eq!(site.files("marts"), never.files("marts"));
    assert_eq!(site.peil(&["maintain", "--keep-hours", "0"]).code, Some(0));
    site.run_expecting(&["--as-of", AS_OF, "--full"], 0);
    assert_eq!(site.files("marts"), never.files("marts"));
}
