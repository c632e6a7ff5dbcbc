//! What is refused, what is rejected, and that nothing is lost.

use peil_tests::{Site, write_sample};

#[test]
fn every_planted_fault_is_found_and_moves_no_figure() {
    let dirty = write_sample(&["--scale", "0.005", "--dirty"]);
    let site = Site::empty();
    peil_tests::copy_tree(dirty.path(), &site.landing());
    site.run_expecting(&["--as-of", peil_tests::AS_OF], 3);
    let reasons = site.sql("select distinct reason from ops.rejected_rows order by 1");
    let reasons: Vec<&str> = reasons.iter().map(|row| row[0].as_str()).collect();
    for reason in [
        "bad_checksum",
        "bad_date",
        "bad_json",
        "bad_number",
        "bad_order",
        "bad_period",
        "bad_timestamp",
        "missing_value",
        "not_allowed",
        "out_of_range",
        "wrong_column_count",
    ] {
        assert!(reasons.contains(&reason), "{reason} is planted and not found: {reasons:?}");
    }
    assert_eq!(site.value("select count(*) from ops.deliveries where rows <> accepted + rejected"), "0");
    let clean = Site::published();
    let figures = "select indicator_id, period, value from marts.indicator_values where period in ('2021', '2022Q1', '2022Q2') order by 1, 2";
    assert_eq!(site.sql(figures), clean.sql(figures));
}

#[test]
fn a_refused_delivery_counts_for_nothing_until_it_comes_in_good_order() {
    let site = Site::empty();
    let header = "plaat_id;bestuur;aangemaakt_op;verwijderd_op\n";
    site.deliver("portal/plates/2022-03-31.csv", format!("{header}p1;Gent;2022-01-01;\np2;Gent;31 januari;\n"));
    site.deliver("portal/plates/zonder-datum.csv", format!("{header}p9;Gent;2022-01-01;\n"));
    site.deliver("portal/tender_domains/2022-03-31.csv", "domein;beschikbaar_sinds;ingetrokken_op\nict;2021-01-01;\n");
    let answer = site.run_expecting(&["--as-of", "2022-03-31"], 3);
    assert!(answer.stderr.contains("2022-03-31.csv") || answer.stdout.contains("2022-03-31.csv"));
    let plates = "select value from marts.indicator_values where indicator_id = 'VVG-RA-04' and period = '2022Q1'";
    assert_eq!(site.value(plates), "");
    assert_eq!(
        site.value("select value from marts.indicator_values where indicator_id = 'VVG-AK-01' and period = '2022Q1'"),
        "1.0"
    );
    let refused = site.sql("select object, outcome, rows, accepted, rejected from ops.deliveries where outcome = 'refused' order by object");
    assert_eq!(refused[0], ["portal/plates/2022-03-31.csv", "refused", "2", "1", "1"]);
    assert_eq!(site.value("select line from ops.rejected_rows"), "3");
    assert_eq!(site.run_expecting(&["--as-of", "2022-03-31"], 0).code, Some(0));
    site.deliver("portal/plates/2022-03-31.csv", format!("{header}p1;Gent;2022-01-01;\np2;Gent;2022-01-31;\n"));
    std::fs::remove_file(site.landing().join("portal/plates/zonder-datum.csv")).unwrap();
    site.run_expecting(&["--as-of", "2022-03-31"], 0);
    assert_eq!(site.value(plates), "2.0");
}

#[test]
fn wrong_usage_is_said_with_its_remedy_and_exit_code_2() {
    let site = Site::published();
    for (arguments, words) in [
        (&["run", "--as-of", "31/03/2022"][..], "2022"),
        (&["sql", "select * from marts.indicator_value"], "indicator_values"),
        (&["report", "2022Q5"], "2022Q1"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let answer = site.peil(arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {}", answer.stderr);
        assert!(answer.stderr.contains(words), "{arguments:?}: {}", answer.stderr);
    }
    let answer = site.peil_with(&["status"], &[("PEIL_WAREHUOSE", "x")]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("PEIL_WAREHOUSE"), "{}", answer.stderr);
}
