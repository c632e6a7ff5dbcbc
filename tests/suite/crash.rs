//! A run that is killed anywhere leaves the published state whole, and the
//! next run completes it.

use std::collections::BTreeMap;

use peil_tests::{AS_OF, Site};

/// Ends the process before its n-th write.
const POWER_CUT: &str = "PEIL_POWER_CUT_BEFORE_WRITE";

fn marts(site: &Site) -> Option<BTreeMap<String, Vec<String>>> {
    site.warehouse().join("published.json").exists().then(|| site.files("marts"))
}

#[test]
fn a_power_cut_at_any_write_leaves_all_of_one_run_or_all_of_the_next() {
    let site = Site::copy_of(Site::published());
    let before = marts(&site);
    site.deliver(
        "portal/plates/2022-07-15.csv",
        "plaat_id;bestuur;aangemaakt_op;verwijderd_op\nnieuwe-plaat;Gent;2022-06-20;\n",
    );
    let whole = Site::empty();
    peil_tests::copy_tree(&site.landing(), &whole.landing());
    whole.run();
    let after = marts(&whole);
    assert_ne!(before, after);
    let mut cuts = 0;
    for write in 1.. {
        let answer = site.peil_with(&["run", "--as-of", AS_OF], &[(POWER_CUT, &write.to_string())]);
        let now = marts(&site);
        assert!(now == before || now == after, "a mixture after a cut before write {write}");
        if answer.code == Some(0) {
            break;
        }
        assert_eq!(answer.code, None, "killed, not failed: {}", answer.stderr);
        cuts += 1;
        assert!(cuts < 400, "the run never completes");
    }
    assert!(cuts > 5, "only {cuts} writes were cut");
    assert_eq!(marts(&site), after);
}

#[test]
fn two_runs_at_once_give_what_one_gives() {
    let site = Site::sample();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| site.run());
        let second = scope.spawn(|| site.run());
        first.join().unwrap();
        second.join().unwrap();
    });
    assert_eq!(marts(&site), marts(Site::published()));
}

#[test]
fn a_failed_check_keeps_the_former_state_and_says_which_rows() {
    let site = Site::copy_of(Site::published());
    let before = marts(&site);
    let models = tempfile::tempdir().unwrap();
    let folder = models.path().join("models/test");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("no_plates.sql"),
        "/*\nmart: no_plates\ngrain: a row for each plate\nowner: tests\ndescription: a mart whose check must fail\ncolumns:\n  plate_id: the plate\norder: [plate_id]\nchecks:\n  - name: there_are_none\n    query: select plate_id from marts.no_plates\n*/\nselect plate_id from conformed.portal_plates\n",
    )
    .unwrap();
    let answer = site.peil_with(&["run", "--as-of", "2022-06-30"], &[("PEIL_MODELS", models.path().to_str().unwrap())]);
    assert_eq!(answer.code, Some(3), "{}\n{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains("there_are_none") || answer.stdout.contains("there_are_none"));
    assert_eq!(marts(&site), before);
    let recorded = site.sql("select outcome, rows from ops.quality_checks where \"check\" = 'there_are_none'");
    assert!(recorded.iter().any(|row| row[0] == "failed" && row[1] != "0"), "{recorded:?}");
}

/// The write by which the release of the first quarter becomes visible.
const RELEASED: &str = "releases/2022Q1.json";

/// Closes the first quarter on a copy of the published sample, and cuts the
/// power before a write: what is left, and whether it came to its end.
fn close_cut_before(write: &str) -> (Site, bool) {
    let site = Site::copy_of(Site::published());
    let answer = site.peil_with(&["close", "2022Q1"], &[(POWER_CUT, write)]);
    assert!(matches!(answer.code, None | Some(0)), "write {write}: {}", answer.stderr);
    assert_eq!(marts(&site), marts(Site::published()), "the marts changed before write {write}");
    (site, answer.code == Some(0))
}

fn is_released(site: &Site) -> bool {
    site.warehouse().join(RELEASED).exists()
}

fn known_releases(site: &Site) -> String {
    site.value("select count(*) from ops.releases")
}

#[test]
fn a_close_that_is_cut_off_leaves_no_release_or_a_whole_one() {
    // Up to the write that makes it visible there is no release, and the same command makes one.
    let just_before = format!("{RELEASED}+1");
    for write in ["1", "6", &just_before] {
        let (site, completed) = close_cut_before(write);
        assert!(!completed && !is_released(&site), "a release before write {write}");
        assert_eq!(known_releases(&site), "0");
        if write == just_before {
            let closed = site.peil(&["close", "2022Q1"]);
            assert_eq!(closed.code, Some(0), "{}", closed.stderr);
            assert_eq!(known_releases(&site), "1");
            let whole = site.peil(&["releases", "verify", "2022Q1"]);
            assert_eq!(whole.code, Some(0), "{}{}", whole.stdout, whole.stderr);
        }
    }

    // From then on there is a whole one, whatever is cut off; it is told of at once or after the next run.
    for after in 2..200 {
        let write = format!("{RELEASED}+{after}");
        let (site, completed) = close_cut_before(&write);
        assert!(is_released(&site), "no release after write {write}");
        let again = site.peil(&["close", "2022Q1"]);
        assert_eq!(again.code, Some(2), "a release was written over after a cut before write {write}");
        if after == 2 || completed {
            let proof = site.peil(&["releases", "verify", "2022Q1"]);
            assert_eq!(proof.code, Some(0), "write {write}: {}{}", proof.stdout, proof.stderr);
        }
        site.run();
        assert_eq!(known_releases(&site), "1", "after a cut before write {write}");
        if completed {
            return;
        }
    }
    unreachable!("the close never completes");
}
