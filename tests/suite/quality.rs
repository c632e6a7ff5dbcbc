//! The quality gate as staff meet it: what fails keeps the marts as they were,
//! on every run; what is known is put up with, and says who said so.

use peil_tests::Site;

/// A model whose check fails where there are plates.
fn failing_models(site: &Site) -> String {
    let folder = site.landing().parent().unwrap().join("own/models");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("no_plates.sql"),
        "/*\nmart: no_plates\ngrain: a row for each plate\nowner: tests\ndescription: a mart whose check must fail\ncolumns:\n  plate_id: the plate\norder: [plate_id]\nchecks:\n  - name: there_are_none\n    query: select plate_id from marts.no_plates\n*/\nselect plate_id from conformed.portal_plates\n",
    )
    .unwrap();
    folder.parent().unwrap().display().to_string()
}

fn known_fault(site: &Site, until: &str) -> String {
    let file = site.landing().parent().unwrap().join("known_faults.yaml");
    let text = format!(
        "known_faults:\n  - check: there_are_none\n    dataset: no_plates\n    rows: 1000\n    reason: plates cannot be helped\n    date: 2022-06-01\n    until: {until}\n    by: the tests\n"
    );
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

const LAST: &str = "run_id = (select max(run_id) from ops.quality_checks)";

#[test]
fn a_failing_check_fails_every_run_until_it_is_known_and_then_again_once_that_is_over() {
    let site = Site::sample();
    let models = failing_models(&site);
    let variables = [("PEIL_MODELS", models.as_str())];
    let run = |more: &[(&str, &str)]| {
        site.peil_with(&["run", "--as-of", "2022-06-30"], &[variables.as_slice(), more].concat())
    };
    for _ in 0..2 {
        let answer = run(&[]);
        assert_eq!(answer.code, Some(3), "{}", answer.stderr);
        let told = format!("{}{}", answer.stdout, answer.stderr);
        assert!(told.contains("there_are_none") && told.contains("plate_id="), "the offending rows are told: {told}");
    }
    assert!(!site.warehouse().join("marts/no_plates/_delta_log").exists());
    let since = site.sql("select distinct since from ops.quality_checks where outcome = 'failed'");
    assert_eq!(since.len(), 1, "failed since the first run, and the second says so: {since:?}");

    let known = known_fault(&site, "2022-12-31");
    let known = [("PEIL_QUALITY_KNOWN_FAULTS", known.as_str())];
    for _ in 0..2 {
        let answer = run(&known);
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    }
    let told =
        site.sql(&format!("select outcome from ops.quality_checks where \"check\" = 'there_are_none' and {LAST}"));
    assert_eq!(told, [["known"]]);
    let layers = site.sql(&format!("select distinct layer from ops.quality_checks where {LAST} order by layer"));
    assert_eq!(layers, [["conformed"], ["marts"], ["ops"], ["staged"]]);

    // Nothing else changes; the day after which it is not put up with does.
    known_fault(&site, "2022-06-29");
    assert_eq!(run(&known).code, Some(3));
    assert_eq!(run(&known).code, Some(3));
    let check = site.peil_with(&["check"], &[("PEIL_QUALITY_KNOWN_FAULTS", known[0].1)]);
    assert_eq!(check.code, Some(2), "no model declares the check: {}", check.stdout);
    assert!(check.stdout.contains("there is no such check"), "{}", check.stdout);
}

#[test]
fn a_published_figure_that_is_no_longer_there_fails_within_its_tolerance() {
    let site = Site::copy_of(Site::published());
    let value: f64 = site
        .value("select value from marts.indicator_values where indicator_id = 'VVG-TK-01' and period = '2022Q1'")
        .parse()
        .unwrap();
    let file = site.landing().parent().unwrap().join("figures.csv");
    let with = |published: f64, tolerance: f64| {
        std::fs::write(
            &file,
            format!("indicator_id,period,value,tolerance,severity\nVVG-TK-01,2022Q1,{published},{tolerance},error\n"),
        )
        .unwrap();
        site.peil_with(&["run", "--as-of", "2022-07-31"], &[("PEIL_QUALITY_PUBLISHED_FIGURES", file.to_str().unwrap())])
            .code
    };
    assert_eq!(with(value + 2.0, 2.0), Some(0));
    assert_eq!(with(value + 2.0, 1.0), Some(3));
    let detail =
        site.value(&format!("select detail from ops.quality_checks where \"check\" = 'published_figures' and {LAST}"));
    assert_eq!(detail, format!("VVG-TK-01 2022Q1: {value}, published {}", value + 2.0));
}
