//! Targets, statuses, the published table, milestones.

use super::House;

const TARGETS: &str = "indicator_id | period | kind | value";

/// Ten courses in the first quarter, nine in the second; two documents.
async fn house() -> House {
    let mut house = House::new().await;
    let held = |first: usize, count: usize, day: &str| {
        (first..first + count).map(|number| format!("{number} | {day} | vlavirgem | opleiding")).collect::<Vec<_>>()
    };
    let rows = [held(1, 10, "2022-02-01"), held(100, 9, "2022-06-30")].concat();
    house
        .give(
            "register_activities",
            "activity_id | held_on | programme | kind",
            &rows.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .await;
    house
        .give(
            "portal_documents",
            "document_id | kind | published_on",
            &["d1 | andere | 2022-01-05", "d2 | andere | 2022-05-05"],
        )
        .await;
    house
}

#[tokio::test]
async fn targets_of_semester_and_year_follow_from_the_quarters() {
    let mut house = house().await;
    house
        .give(
            "reference_targets",
            TARGETS,
            &[
                "VVG-TK-02 | 2021 | basis | 7",
                "VVG-TK-02 | 2022Q1 | streef | 10",
                "VVG-TK-02 | 2022Q2 | streef | 10",
                "VVG-TK-02 | 2022Q3 | streef | 3.5",
                "VVG-TK-02 | 2022Q4 | streef | 3",
                "VVG-TK-02 | 2023 | streef | 40",
                "VVG-TK-02 | 2024Q1 | streef | 4",
                "VVG-LN-02 | 2022Q2 | streef | 3",
                "VVG-LN-02 | 2022Q4 | streef | 5",
                "VVG-LN-02 | 2023S1 | streef | 6",
                "VVG-LN-02 | 2023Q2 | streef | 9",
                "LB-VB-09 | 2022Q1 | streef | 0",
                "VVG-RA-01 | 2026 | streef | -",
                "VVG-TK-03 | 2025Q1 | streef | -",
            ],
        )
        .await;
    house.give("lb365_connections", "nis_code | building_block | connected_on", &["11001 | OSLO | 2022-01-01"]).await;
    house.run("2022-07-31").await;
    let sql =
        "select period, target from indicator_values where indicator_id = '$' and target is not null order by period";
    let flow = [
        "2022 | 26.5",
        "2022Q1 | 10.0",
        "2022Q2 | 10.0",
        "2022Q3 | 3.5",
        "2022Q4 | 3.0",
        "2022S1 | 20.0",
        "2022S2 | 6.5",
        "2023 | 40.0",
        "2024Q1 | 4.0",
    ];
    assert_eq!(house.rows(&sql.replace('$', "VVG-TK-02")).await, flow);
    let stock =
        ["2022 | 5.0", "2022Q2 | 3.0", "2022Q4 | 5.0", "2022S1 | 3.0", "2022S2 | 5.0", "2023Q2 | 9.0", "2023S1 | 6.0"];
    assert_eq!(house.rows(&sql.replace('$', "VVG-LN-02")).await, stock);
    // Rows go from the year of the first fact to the last period with a target, 2024Q1; no row says 2025.
    let sql = "select count(*), min(period_start), max(period_end) from indicator_values where indicator_id = 'OC-01'";
    assert_eq!(house.rows(sql).await, ["15 | 2022-01-01 | 2024-03-31"]);
    let sql = "select period, value, target, round(attainment, 3), status, provisional, peildatum from indicator_values where indicator_id = '$' order by period_start, period";
    let rows = house.rows(&sql.replace('$', "VVG-TK-02")).await;
    assert_eq!(rows[0], "2022 | 19.0 | 26.5 | 0.717 | in_progress | true | 2022-07-31");
    assert_eq!(rows[1], "2022Q1 | 10.0 | 10.0 | 1.0 | achieved | false | 2022-03-31");
    assert_eq!(rows[3], "2022Q2 | 9.0 | 10.0 | 0.9 | at_risk | false | 2022-06-30");
    assert_eq!(rows[6], "2022Q4 | - | 3.0 | - | no_value | true | -");
    let rows = house.rows(&sql.replace('$', "VVG-LN-02")).await;
    assert_eq!(rows[1], "2022Q1 | 1.0 | - | - | no_target | false | 2022-03-31");
    assert_eq!(rows[3], "2022Q2 | 2.0 | 3.0 | 0.667 | missed | false | 2022-06-30");
    // A target of 0 is reached by 0, without a share.
    let rows = house.rows(&sql.replace('$', "LB-VB-09")).await;
    assert_eq!(rows[1], "2022Q1 | 0.0 | 0.0 | - | achieved | false | 2022-03-31");
    let sql = "select year, baseline, q1, q2, q3, q4, year_value, q1_target, q4_target, year_target, next_year_target, second_next_year_target \
               from indicator_table where indicator_id = 'VVG-TK-02' order by year";
    let rows = house.rows(sql).await;
    assert_eq!(rows[0], "2022 | 7.0 | 10.0 | 9.0 | 0.0 | - | 19.0 | 10.0 | 3.0 | 26.5 | 40.0 | -");
    assert_eq!(rows[1], "2023 | 19.0 | - | - | - | - | - | - | - | 40.0 | - | -");
}

#[tokio::test]
async fn milestones_are_marked_by_targets_or_named_by_the_register() {
    let mut house = house().await;
    let targets =
        ["VVG-RA-01 | 2021 | basis | -", "VVG-RA-01 | 2022Q1 | streef | -", "VVG-TK-02 | 2022Q1 | streef | 3"];
    house.give("reference_targets", TARGETS, &targets).await;
    let named = [
        "VVG-RA-01 | 2022Q1 | lopend | bezig",
        "VVG-RA-01 | 2022Q3 | gepland | -",
        "VVG-TK-02 | 2022Q2 | lopend | geen mijlpaal",
    ];
    house.give("register_milestones", "indicator_id | period | state | note", &named).await;
    house.run("2022-07-31").await;
    let rows = house.rows("select * from milestones order by indicator_id, period").await;
    assert_eq!(
        rows,
        [
            "VVG-RA-01 | 2021 | true | - | -",
            "VVG-RA-01 | 2022Q1 | true | lopend | bezig",
            "VVG-RA-01 | 2022Q3 | false | gepland | -",
        ]
    );
    assert_eq!(house.rows("select count(*), count(unit_nl) from indicators").await, ["87 | 49"]);
}
