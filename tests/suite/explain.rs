//! Every figure can be followed down to the source rows behind it.

use std::collections::BTreeMap;

use peil_tests::Site;
use serde_json::Value;

/// A figure of each indicator and period, by `indicator period`.
fn figures(site: &Site, sql: &str) -> BTreeMap<String, String> {
    site.sql(sql).into_iter().map(|row| (format!("{} {}", row[0], row[1]), row[2].clone())).collect()
}

/// The published indicators with their kinds, from the marts.
fn indicators(site: &Site) -> Vec<(String, String)> {
    let answer = site.peil(&["sql", "select indicator_id, kind from indicators order by position", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&answer.stdout).unwrap();
    let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "indicator_id"), text(row, "kind"))).collect()
}

#[test]
fn of_every_indicator_the_source_rows_give_the_published_value() {
    let site = Site::published();
    let numeric: Vec<_> = indicators(site).into_iter().filter(|(_, kind)| kind != "milestone").collect();
    assert_eq!(numeric.len(), 49);
    let values = figures(site, "select indicator_id, period, value from indicator_values");
    let rows = "select indicator_id, period, sum(rows) from indicator_sources where rows > 0 group by 1, 2";
    let sources = figures(site, rows);
    let mut with_value = 0;
    for (indicator, kind) in &numeric {
        for period in ["2021", "2022Q2", "2022S2"] {
            let answer = site.peil(&["--json", "explain", indicator, period, "--rows", "0"]);
            assert_eq!(answer.code, Some(0), "{indicator} {period}: {}", answer.stderr);
            let document: Value = serde_json::from_str(&answer.stdout).unwrap();
            let figure = format!("{indicator} {period}");
            let published = values.get(&figure).and_then(|value| value.parse::<f64>().ok());
            assert_eq!(document["figure"]["value"].as_f64(), published, "{indicator} {period}");
            let rows = document["rows"].as_array().unwrap();
            let Some(value) = published else {
                assert!(document["missing"]["reason"].is_string(), "{indicator} {period}");
                continue;
            };
            with_value += 1;
            // What a reader counts of the rows that are listed, without us.
            let listed = match kind.as_str() {
                "average" => {
                    let scores = rows.iter().map(|row| row["measure"].as_str().unwrap().parse::<f64>().unwrap());
                    scores.sum::<f64>() / rows.len() as f64
                }
                "monthly_active" => rows.len() as f64 / document["recount"]["months"].as_array().unwrap().len() as f64,
                _ => rows.len() as f64,
            };
            assert!((listed - value).abs() < 1e-9, "{indicator} {period}: {listed} listed, {value} published");
            let of_deliveries: u64 =
                document["deliveries"].as_array().unwrap().iter().map(|share| share["rows"].as_u64().unwrap()).sum();
            let behind = sources.get(&figure).map_or("0", String::as_str);
            assert_eq!(of_deliveries.to_string(), behind, "{figure}");
            for row in rows {
                assert!(row["sha256"].as_str().is_some_and(|sha| sha.len() == 64), "{indicator} {period}: {row}");
                assert!(row["line"].as_u64().is_some_and(|line| line > 0), "{indicator} {period}: {row}");
            }
        }
    }
    assert!(with_value > 130, "{with_value} figures have a value");
}

#[test]
fn the_line_is_the_one_that_an_editor_shows() {
    let site = Site::published();
    let answer = site.peil(&["--json", "explain", "LB-VB-04", "2022Q2", "--rows", "0"]);
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let text = std::fs::read_to_string(site.landing().join(row["object"].as_str().unwrap())).unwrap();
        let line = text.lines().nth(row["line"].as_u64().unwrap() as usize - 1).unwrap();
        assert!(line.contains("MBP") && line.contains(row["delivered_as"].as_str().unwrap()), "{row}: {line}");
    }
    // A workbook names its sheet too; the register of activities is one.
    let answer = site.peil(&["--json", "explain", "LB-LB-02", "2022S1"]);
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert!(document["rows"][0]["sheet"].as_str().is_some_and(|sheet| !sheet.is_empty()), "{}", answer.stdout);
}

#[test]
fn a_milestone_shows_its_mark_and_the_row_of_the_register() {
    let site = Site::published();
    let sql =
        "select indicator_id || ' ' || period from milestones where planned and state is not null order by 1 limit 1";
    let named = site.value(sql);
    let (indicator, period) = named.split_once(' ').unwrap();
    let answer = site.peil(&["--json", "explain", indicator, period]);
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(document["milestone"]["planned"], Value::Bool(true));
    let rows = document["rows"].as_array().unwrap();
    let object = |what: &str| {
        let row = rows.iter().find(|row| row["thing"] == what).unwrap_or_else(|| panic!("no row for {what}"));
        row["object"].as_str().unwrap().to_owned()
    };
    assert!(object("planned").starts_with("reference/targets/"));
    assert!(object("state").starts_with("register/milestones/"));
}

#[test]
fn a_wrong_indicator_names_the_nearest_and_the_text_shows_all_parts() {
    let site = Site::published();
    let answer = site.peil(&["explain", "LB-VB-4", "2022Q2"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("did you mean `LB-VB-04`"), "{}", answer.stderr);
    let answer = site.peil(&["explain", "VVG-BS-02", "2022Q2", "--rows", "1"]);
    for part in
        ["Het aantal verschillende gebruikers", "Rule", "Query", "By authority", "not shown", "1 of ", "the same: "]
    {
        assert!(answer.stdout.contains(part), "`{part}` is missing: {}", answer.stdout);
    }
}
