//! The published tables come out of the sample, cell by cell.

use peil_tests::Site;

/// The table as it was published.
const PUBLISHED: &str = include_str!("../data/published_indicators.csv");

#[test]
fn every_realised_number_of_the_published_table_is_reproduced() {
    let site = Site::published();
    let rows = site.sql(
        "select indicator_id, period, value from marts.indicator_values where period in ('2021', '2022Q1', '2022Q2')",
    );
    let value = |id: &str, period: &str| {
        rows.iter()
            .find(|row| row[0] == id && row[1] == period)
            .map(|row| row[2].clone())
            .unwrap_or_else(|| panic!("no row for {id} {period}"))
    };
    let mut reader = csv::Reader::from_reader(PUBLISHED.as_bytes());
    let (mut numeric, mut cells) = (0, 0);
    for record in reader.records() {
        let record = record.unwrap();
        if &record[4] == "milestone" {
            continue;
        }
        numeric += 1;
        for (column, period) in [(5, "2021"), (6, "2022Q1"), (7, "2022Q2")] {
            if record[column].is_empty() {
                continue;
            }
            let got: f64 = value(&record[0], period).parse().unwrap();
            let want: f64 = record[column].parse().unwrap();
            assert!((got - want).abs() < 1e-9, "{} {period}: {got}, published {want}", &record[0]);
            cells += 1;
        }
    }
    assert_eq!(numeric, 49);
    assert!(cells > 130, "{cells} cells compared");
}

#[test]
fn the_milestones_are_planned_where_the_table_marks_them() {
    let site = Site::published();
    let planned = site.sql("select indicator_id, period from marts.milestones where planned order by 1, 2");
    let marked = |id: &str, period: &str| planned.iter().any(|row| row[0] == id && row[1] == period);
    let mut reader = csv::Reader::from_reader(PUBLISHED.as_bytes());
    let periods = ["2021", "2022Q1", "2022Q2", "2022Q3", "2022Q4", "2023", "2024"];
    for record in reader.records() {
        let record = record.unwrap();
        if &record[4] != "milestone" {
            continue;
        }
        for (position, period) in periods.iter().enumerate() {
            let mark = &record[5 + position];
            let (period, expected) = match mark {
                "Q4" => (format!("{period}Q4"), true),
                mark => ((*period).to_owned(), mark == "x"),
            };
            assert_eq!(marked(&record[0], &period), expected, "{} {period}", &record[0]);
        }
    }
}

#[test]
fn the_costs_are_those_of_the_published_table_to_the_cent() {
    let site = Site::published();
    let total = site.sql("select sum(actual), sum(forecast) from marts.costs where year = 2022");
    assert_eq!(total[0], ["94840.79", "162584.16"]);
    let budget =
        site.sql("select budget, actual, forecast, round(budget_share * 1000) from marts.budget where year = 2022");
    assert_eq!(budget[0][..3], ["111018.00", "94840.79", "162584.16"]);
    assert_eq!(budget[0][3].parse::<f64>().unwrap(), 1464.0);
}

#[test]
fn every_check_of_the_sample_passes() {
    let site = Site::published();
    let failed =
        site.sql("select \"check\", dataset, outcome, detail from ops.quality_checks where outcome <> 'passed'");
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(site.value("select count(*) from ops.unresolved_authorities"), "0");
    assert_eq!(site.value("select count(*) from ops.deliveries where rows <> accepted + rejected"), "0");
}
