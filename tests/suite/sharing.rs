//! Several machines share the work of a run: what is published is the same,
//! also where one of them did not do its share.

use std::fs;

use peil_tests::{AS_OF, Site};

/// What a share says of itself: all, done here, ready.
fn share(site: &Site, stage: &str, share: &str) -> (u64, u64, u64) {
    let answer = site.peil(&["share", stage, share, "--json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let number = |name: &str| report[name].as_u64().unwrap();
    (number("all"), number("taken"), number("ready"))
}

#[test]
fn shares_of_several_machines_come_to_the_same() {
    let alone = Site::published();
    let site = Site::sample();
    let (all, first, ready) = share(&site, "ingest", "1/2");
    assert!(0 < first && first < all && ready == first, "{first} of {all}, {ready} ready");
    assert!(!site.warehouse().join("published.json").exists(), "nothing is published");
    let (_, second, ready) = share(&site, "ingest", "2/2");
    assert_eq!((first + second, ready), (all, all));
    assert_eq!(share(&site, "ingest", "1/2"), (all, 0, all), "done once");
    // The run reads no delivery: it takes over what is ready.
    let notes = site.warehouse().join("_share/ingest");
    assert_eq!(fs::read_dir(&notes).unwrap().count() as u64, all);
    let ingested = site.peil(&["ingest", "--json"]);
    assert_eq!(ingested.code, Some(0), "{}", ingested.stderr);
    assert_eq!(fs::read_dir(&notes).unwrap().count(), 0, "the notes are cleared");
    assert_eq!(site.files("staged"), alone.files("staged"));
    assert_eq!(
        site.sql("select object, outcome, \"rows\", accepted, rejected from ops.deliveries order by object"),
        alone.sql("select object, outcome, \"rows\", accepted, rejected from ops.deliveries order by object")
    );

    // One of three machines is lost, and a file of another with it.
    let (all, first, _) = share(&site, "transform", "1/3");
    let (_, second, ready) = share(&site, "transform", "2/3");
    assert!(first + second == ready && ready < all && first > 0, "{first} and {second} of {all}");
    let note = fs::read_dir(site.warehouse().join("_share/transform")).unwrap().next().unwrap().unwrap().path();
    let told: serde_json::Value = serde_json::from_slice(&fs::read(note).unwrap()).unwrap();
    let lost = format!("{}/{}", told[0]["table"].as_str().unwrap(), told[0]["files"][0]["path"].as_str().unwrap());
    fs::remove_file(site.warehouse().join(lost)).unwrap();
    site.run_expecting(&["--as-of", AS_OF], 0);
    assert_eq!(site.files("conformed"), alone.files("conformed"));
    assert_eq!(site.files("marts"), alone.files("marts"));

    let wrong = site.peil(&["share", "ingest", "3/2"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("1/3"), "{}", wrong.stderr);
}
