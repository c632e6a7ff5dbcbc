//! Each kind of indicator at each of its boundaries.

use super::House;

#[tokio::test]
async fn a_stock_is_open_on_the_peildatum() {
    let mut house = House::new().await;
    house
        .give(
            "portal_plates",
            "plate_id | nis_code | created_on | deleted_on",
            &[
                "p1 | 11001 | 2022-03-31 | -",
                "p2 | 11001 | 2022-03-31 | 2022-04-01",
                "p3 | 11001 | 2022-01-01 | 2022-03-31",
                "p4 | 11002 | 2022-02-01 | 2022-02-01",
                "p5 | - | 2022-01-15 | -",
                "p6 | 11002 | 2022-08-01 | -",
            ],
        )
        .await;
    // Something older, so that there are periods before the first plate.
    house
        .give(
            "portal_documents",
            "document_id | kind | published_on | withdrawn_on",
            &["d1 | andere | 2021-05-01 | 2021-06-30"],
        )
        .await;
    house.run("2022-07-31").await;
    // Open on 31 March: p1, p2 and p5, of which no authority is known; on 30 June p2 has gone. A plate of
    // August is not counted on 31 July.
    let periods = ["2021Q4", "2021", "2022Q1", "2022Q2", "2022S1", "2022Q3", "2022Q4", "2022"];
    assert_eq!(house.values("VVG-RA-04", &periods).await, "- - 3.0 2.0 2.0 2.0  2.0");
    // From the first fact on there is a value, zero included.
    assert_eq!(house.values("VVG-LN-02", &["2021Q1", "2021Q2", "2021Q3", "2022"]).await, "- 0.0 0.0 0.0");
    let sql = "select nis_code, value from indicator_by_authority where indicator_id = 'VVG-RA-04' and period = '2022Q1' order by nis_code";
    assert_eq!(
        house.rows(sql).await,
        ["10000 | 0.0", "11001 | 2.0", "11002 | 0.0", "44085 | 0.0", "71057 | 0.0", "71069 | 0.0"]
    );
    let sql = "select distinct period from indicator_by_authority order by period";
    assert_eq!(
        house.rows(sql).await,
        ["2021", "2021Q1", "2021Q2", "2021Q3", "2021Q4", "2022", "2022Q1", "2022Q2", "2022Q3"]
    );
    // Before the first fact the breakdown is as empty as the value.
    let sql = "select count(*), count(value) from indicator_by_authority where indicator_id = 'VVG-RA-04' and period = '2021Q4'";
    assert_eq!(house.rows(sql).await, ["6 | 0"]);
}

#[tokio::test]
async fn a_flow_begins_inside_the_period() {
    let mut house = House::new().await;
    house
        .give(
            "register_activities",
            "activity_id | held_on | programme | kind",
            &[
                "1 | 2021-12-31 | vlavirgem | communicatie",
                "2 | 2022-01-01 | vlavirgem | opleiding",
                "3 | 2022-03-31 | vlavirgem | opleiding",
                "4 | 2022-04-01 | vlavirgem | opleiding",
                "5 | 2022-05-11 | vlavirgem | opleiding",
                "6 | 2022-02-01 | lb365 | opleiding",
            ],
        )
        .await;
    house.run("2022-05-10").await;
    // The dataset begins in 2021Q4: there the count of courses is 0, not empty.
    let periods = ["2021Q3", "2021Q4", "2022Q1", "2022Q2", "2022S1", "2022"];
    assert_eq!(house.values("VVG-TK-02", &periods).await, "- 0.0 2.0 1.0 3.0 3.0");
    assert_eq!(house.values("LB-LB-03", &["2022Q1", "2022Q2"]).await, "1.0 0.0");
    assert_eq!(house.values("VVG-TK-03", &["2021Q4", "2021", "2022Q1"]).await, "1.0 1.0 0.0");
}

const ACTIVITY: &str = "occurred_on | user_id | nis_code | module | events";

#[tokio::test]
async fn distinct_and_rolling_count_afresh() {
    let mut house = House::new().await;
    house
        .give(
            "portal_activity",
            ACTIVITY,
            &[
                // Seen on the day that is just outside, and just inside, the year that ends on 31 March 2022.
                "2021-03-31 | u1 | 11001 | bouwstenen | 1",
                "2021-04-01 | u2 | 11001 | bouwstenen | 1",
                "2022-03-31 | u3 | - | bouwstenen | 3",
                "2022-01-10 | u3 | 11002 | maturiteitsmeting | 1",
                "2022-05-10 | u3 | 11002 | maturiteitsmeting | 1",
                "2022-05-11 | u3 | 11001 | maturiteitsmeting | 1",
                "2022-05-12 | u9 | - | maturiteitsmeting | 1",
            ],
        )
        .await;
    house.run("2022-07-31").await;
    assert_eq!(
        house.values("VVG-BS-02", &["2021Q1", "2021Q4", "2022Q1", "2022S1", "2022"]).await,
        "1.0 2.0 2.0 1.0 1.0"
    );
    // Two persons, of whom the authority of one is known: that one cell is too small to show.
    let sql = "select nis_code, value, suppressed from indicator_by_authority where indicator_id = 'VVG-BS-02' and period = '2022Q1' \
               and (suppressed or value <> 0)";
    assert_eq!(house.rows(sql).await, ["11001 | - | true"]);
    // Two authorities in the year, one in the first quarter: never added up; the unknown one does not count.
    assert_eq!(house.values("VVG-MM-03", &["2022Q1", "2022Q2", "2022"]).await, "1.0 2.0 2.0");
    assert_eq!(house.values("VVG-TK-01", &["2021Q1", "2022Q1", "2022Q2"]).await, "1.0 2.0 2.0");
}

#[tokio::test]
async fn the_year_that_ends_on_a_leap_day_begins_on_the_first_of_march() {
    let mut house = House::new().await;
    let rows = [
        "2023-02-28 | u1 | 11001 | bouwstenen | 1",
        "2023-03-01 | u2 | 11001 | bouwstenen | 1",
        "2024-02-29 | u3 | 11001 | bouwstenen | 1",
    ];
    house.give("portal_activity", ACTIVITY, &rows).await;
    house.run("2024-02-29").await;
    assert_eq!(house.values("VVG-BS-02", &["2023Q1", "2024Q1", "2024"]).await, "2.0 2.0 2.0");
    house.run("2025-02-28").await;
    // After 28 February 2024: the leap day is inside.
    assert_eq!(house.values("VVG-BS-02", &["2025Q1"]).await, "1.0");
}

#[tokio::test]
async fn monthly_active_is_the_mean_of_whole_months() {
    let mut house = House::new().await;
    house
        .give(
            "security_activity",
            "activity_id | occurred_on | member_id | nis_code",
            &[
                "a1 | 2022-02-01 | m1 | 11001",
                "a2 | 2022-02-28 | m1 | 11001",
                "a3 | 2022-02-28 | m2 | 11002",
                "a4 | 2022-03-01 | m1 | 11001",
                "a5 | 2022-05-02 | m1 | 11001",
                "a6 | 2022-05-31 | m2 | -",
            ],
        )
        .await;
    house.run("2022-05-30").await;
    // January 0, February 2, March 1; April 0, and May has not ended.
    let periods = ["2021Q4", "2022Q1", "2022Q2", "2022S1", "2022", "2022Q3"];
    assert_eq!(house.values("IV-PF-02", &periods).await, " 1.0 0.0 0.75 0.75 ");
    house.run("2022-05-31").await;
    assert_eq!(house.values("IV-PF-02", &["2022Q2", "2022S1"]).await, "1.0 1.0");
    house.run("2022-01-30").await;
    assert_eq!(house.values("IV-PF-02", &["2022Q1"]).await, "-");
    house.run("2022-02-27").await;
    // The first fact lies before; January has ended without one.
    assert_eq!(house.values("IV-PF-02", &["2022Q1"]).await, "0.0");
}

#[tokio::test]
async fn an_average_takes_the_latest_measurement_of_each_authority() {
    let mut house = House::new().await;
    house.give("delivery_receipts", "delivery_id | received_order", &["d1 | 1", "d2 | 2"]).await;
    house
        .give(
            "security_gdpr_scores",
            "nis_code | measured_on | score | _delivery | _delivery_date | _row",
            &[
                "11001 | 2024-03-31 | 40 | d1 | 2024-12-31 | 1",
                "11001 | 2024-04-01 | 50 | d1 | 2024-12-31 | 2",
                "71057 | 2024-02-01 | 60.5 | d1 | 2024-12-31 | 3",
                "71069 | 2024-02-01 | 70 | d2 | 2024-12-31 | 3",
                "- | 2024-02-01 | 99 | d1 | 2024-12-31 | 4",
            ],
        )
        .await;
    house.run("2025-03-31").await;
    // (40 + 60.5 + 70) / 3; then 50; in 2025 the two are one, of which the one received later counts.
    assert_eq!(
        house.values("IV-TL-10", &["2024Q1", "2024Q2", "2025Q1"]).await,
        "56.833333333333336 60.166666666666664 60.0"
    );
    let sql = "select nis_code, value from indicator_by_authority where indicator_id = 'IV-TL-10' and period = '2025Q1' order by nis_code";
    assert_eq!(house.rows(sql).await, ["10000 | -", "11001 | 50.0", "11002 | -", "44085 | -", "71071 | 70.0"]);
}

#[tokio::test]
async fn the_latest_line_of_the_portfolio_is_in_force() {
    let mut house = House::new().await;
    house
        .give(
            "catalogue_portfolio",
            "nis_code | solution_id | status | since | _delivery_date | _row",
            &[
                "11001 | s1 | gekozen | 2022-01-01 | 2022-01-31 | 1",
                "11001 | s1 | uitgefaseerd | 2022-04-01 | 2022-01-31 | 2",
                "11002 | s1 | gepland | 2022-03-31 | 2022-01-31 | 3",
                "11002 | s2 | uitgefaseerd | 2022-05-01 | 2022-01-31 | 4",
                "44036 | s1 | gekozen | 2018-01-01 | 2022-01-31 | 5",
                "44085 | s1 | uitgefaseerd | 2022-06-30 | 2022-01-31 | 6",
                "71057 | s3 | gekozen | 2024-01-01 | 2024-02-29 | 2",
                "71069 | s3 | uitgefaseerd | 2024-01-01 | 2024-02-29 | 3",
            ],
        )
        .await;
    house.run("2025-06-30").await;
    // 31 March: 11001, 11002 and Lievegem (by Lovendegem's line). 30 June: 11002.
    assert_eq!(house.values("OC-02", &["2018Q1", "2022Q1", "2022Q2", "2024Q4", "2025Q1"]).await, "1.0 3.0 1.0 2.0 1.0");
    let sql = "select nis_code, value from indicator_by_authority where indicator_id = 'OC-02' and period = '2022Q1' order by nis_code";
    assert_eq!(
        house.rows(sql).await,
        ["10000 | 0.0", "11001 | 1.0", "11002 | 1.0", "44085 | 1.0", "71057 | 0.0", "71069 | 0.0"]
    );
}

#[tokio::test]
async fn authorities_are_counted_in_the_composition_of_the_peildatum() {
    let mut house = House::new().await;
    house
        .give(
            "portal_maturity",
            "measurement_id | nis_code | submitted_on",
            &[
                "m1 | 44036 | 2018-05-01",
                "m2 | 44085 | 2018-06-01",
                "m3 | 71057 | 2018-07-01",
                "m4 | 71069 | 2018-07-02",
                "m5 | - | 2018-07-03",
                "m6 | 71071 | 2018-08-01",
            ],
        )
        .await;
    house.run("2025-01-01").await;
    // Lievegem is named before it exists: it stays itself, so do the two that merge in 2025 and the one they become.
    assert_eq!(
        house.values("VVG-MM-04", &["2018Q2", "2018", "2019", "2024Q4", "2024", "2025Q1"]).await,
        "2.0 5.0 4.0 4.0 4.0 2.0"
    );
    assert_eq!(house.values("VVG-MM-02", &["2018", "2024", "2025"]).await, "6.0 6.0 6.0");
    let cells = |period: &str| {
        format!(
            "select nis_code, authority, province, value from indicator_by_authority where indicator_id = 'VVG-MM-02' \
             and period = '{period}' and value > 0 order by nis_code"
        )
    };
    let limburg = [
        "71057 | Tessenderlo | Limburg | 1.0",
        "71069 | Ham | Limburg | 1.0",
        "71071 | Tessenderlo-Ham | Limburg | 1.0",
    ];
    let before = ["44036 | Lovendegem | Oost-Vlaanderen | 1.0", "44085 | Lievegem | Oost-Vlaanderen | 1.0"];
    assert_eq!(house.rows(&cells("2018")).await, [&before[..], &limburg[..]].concat());
    assert_eq!(
        house.rows(&cells("2024")).await,
        [&["44085 | Lievegem | Oost-Vlaanderen | 2.0"], &limburg[..]].concat()
    );
    assert_eq!(
        house.rows(&cells("2025")).await,
        ["44085 | Lievegem | Oost-Vlaanderen | 2.0", "71071 | Tessenderlo-Ham | Limburg | 3.0"]
    );
    // No row for one that does not exist yet and is not named.
    let sql = "select count(*) from indicator_by_authority where indicator_id = 'OC-06' and period = '2018' and nis_code in ('44085', '71071')";
    assert_eq!(house.rows(sql).await, ["0"]);
}
