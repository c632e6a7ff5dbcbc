//! Explanations: the rows behind a figure, with figures counted by hand.

use super::{House, indicator_models};
use crate::explain::{Explanation, explain};

async fn explained(house: &House, indicator: &str, period: &str) -> Explanation {
    let (storage, published) = (house.draft.storage(), house.draft.published());
    let explanation = explain(storage, published, &house.models, indicator, period.parse().unwrap()).await;
    explanation.unwrap_or_else(|error| panic!("{error}"))
}

/// Value, things and rows as counted again.
fn counted(explanation: &Explanation) -> (Option<f64>, u64, u64) {
    let recount = explanation.recount.as_ref().unwrap();
    (recount.value, recount.things, recount.rows)
}

/// What counts, by which day, with how many rows, from which row.
fn rows(explanation: &Explanation) -> Vec<String> {
    let day = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = explanation.rows.iter();
    row.map(|row| format!("{} {} {} {}:{}", row.thing, day(&row.from_day), row.rows, row.object, row.line)).collect()
}

const ACTIVITY: &str = "occurred_on | user_id | nis_code | module | _object | events";
const EVENTS: &str = "event_id | occurred_on | user_id | authority | nis_code | module | _object | _line";

/// The rollup and the events of which it is made.
async fn portal() -> House {
    let mut house = House::new().await;
    house
        .give(
            "portal_activity",
            ACTIVITY,
            &[
                "2021-04-01 | aaaaaaaaaaaaaaaa | 11001 | bouwstenen | portal/events/2021-04.ndjson | 1",
                "2022-01-10 | aaaaaaaaaaaaaaaa | 11001 | bouwstenen | portal/events/2022-01.ndjson | 1",
                "2022-03-31 | bbbbbbbbbbbbbbbb | - | bouwstenen | portal/events/2022-03.ndjson | 2",
            ],
        )
        .await;
    house
        .give(
            "portal_events",
            EVENTS,
            &[
                "e1 | 2021-04-01 | aaaaaaaaaaaaaaaa | Gem. Aartselaar | 11001 | bouwstenen | portal/events/2021-04.ndjson | 7",
                "e2 | 2022-01-10 | aaaaaaaaaaaaaaaa | Aartselaar | 11001 | bouwstenen | portal/events/2022-01.ndjson | 3",
                "e3 | 2022-03-31 | bbbbbbbbbbbbbbbb | Nergens | - | bouwstenen | portal/events/2022-03.ndjson | 5",
                "e4 | 2022-03-31 | bbbbbbbbbbbbbbbb | Nergens | - | bouwstenen | portal/events/2022-03.ndjson | 4",
            ],
        )
        .await;
    house.run("2022-06-30").await;
    house
}

#[tokio::test]
async fn of_a_rolling_count_the_first_row_of_each_thing_is_shown() {
    let house = portal().await;
    // A year that ends on 31 March begins on 1 April.
    let explanation = explained(&house, "vvg-bs-02", "2022Q1").await;
    assert_eq!(counted(&explanation), (Some(2.0), 2, 4));
    let first = "aaaaaaaa… 2021-04-01 2 portal/events/2021-04.ndjson:7";
    assert_eq!(rows(&explanation), [first, "bbbbbbbb… 2022-03-31 2 portal/events/2022-03.ndjson:5"]);
    // A quarter later that first event lies outside: another row makes the person count.
    let explanation = explained(&house, "VVG-BS-02", "2022Q2").await;
    assert_eq!(rows(&explanation)[0], "aaaaaaaa… 2022-01-10 1 portal/events/2022-01.ndjson:3");
    assert_eq!(
        explanation.deliveries.iter().map(|share| (share.rows, share.things)).collect::<Vec<_>>(),
        [(1, 1), (2, 1)]
    );
    let sql = "select object, rows from indicator_sources where indicator_id = 'VVG-BS-02' and period = '2022Q2' order by object";
    assert_eq!(house.rows(sql).await, ["portal/events/2022-01.ndjson | 1", "portal/events/2022-03.ndjson | 2"]);
}

#[tokio::test]
async fn what_is_hidden_stays_hidden() {
    let house = portal().await;
    let explanation = explained(&house, "VVG-BS-02", "2022Q1").await;
    let shares: Vec<_> = explanation.by_authority.iter().filter(|share| share.suppressed).collect();
    assert_eq!(shares.len(), 1);
    assert_eq!((shares[0].nis_code.as_str(), shares[0].value), ("11001", None));
    // Nothing in the whole tells of which authority a person is, or who it is.
    let rows = serde_json::to_string(&explanation.rows).unwrap();
    assert!(!rows.contains("Aartselaar") && !rows.contains("11001") && !rows.contains("aaaaaaaaa"), "{rows}");
    // Of an indicator that counts authorities, rows name the authority and no person.
    let explanation = explained(&house, "VVG-TK-01", "2022Q1").await;
    assert_eq!(counted(&explanation), (Some(1.0), 1, 2));
    assert_eq!(explanation.rows[0].delivered_as.as_deref(), Some("Gem. Aartselaar"));
    assert!(!serde_json::to_string(&explanation).unwrap().contains("aaaaaaaa"));
}

#[tokio::test]
async fn merged_authorities_are_one_in_their_rows() {
    let mut house = House::new().await;
    house
        .give(
            "portal_maturity",
            "measurement_id | nis_code | authority | submitted_on | _line",
            &[
                "m1 | 44036 | Lovendegem | 2018-05-01 | 2",
                "m2 | 44085 | Lievegem | 2019-06-01 | 3",
                "m3 | 71057 | Tessenderlo | 2018-07-01 | 4",
                "m4 | - | Nergens | 2018-07-03 | 5",
            ],
        )
        .await;
    house.run("2025-01-01").await;
    let explanation = explained(&house, "VVG-MM-04", "2019").await;
    assert_eq!(counted(&explanation), (Some(2.0), 2, 3));
    let named: Vec<_> = explanation
        .rows
        .iter()
        .map(|row| (row.thing.as_str(), row.delivered_as.as_deref().unwrap(), row.rows))
        .collect();
    assert_eq!(named, [("44085", "Lovendegem", 2), ("71057", "Tessenderlo", 1)]);
    assert_eq!(explanation.rows[0].authority.as_deref(), Some("Lievegem"));
    // One that does not resolve counts where authorities do not matter.
    let explanation = explained(&house, "VVG-MM-02", "2018").await;
    assert_eq!(counted(&explanation), (Some(3.0), 3, 3));
}

#[tokio::test]
async fn a_month_an_average_and_a_line_are_explained_by_their_rows() {
    let mut house = House::new().await;
    house.give("delivery_receipts", "delivery_id | received_order", &["d1 | 1", "d2 | 2"]).await;
    house
        .give(
            "security_activity",
            "activity_id | occurred_on | member_id | nis_code",
            &["a1 | 2022-02-01 | m1 | 11001", "a2 | 2022-02-28 | m1 | 11001", "a3 | 2022-03-01 | m1 | 11002"],
        )
        .await;
    house
        .give(
            "security_gdpr_scores",
            "nis_code | measured_on | score | _delivery | _row",
            &[
                "71057 | 2022-02-01 | 60.5 | d1 | 3",
                "71057 | 2022-03-01 | 40 | d1 | 4",
                "11001 | 2022-03-01 | 50 | d2 | 3",
            ],
        )
        .await;
    house
        .give(
            "catalogue_portfolio",
            "nis_code | solution_id | status | since | _delivery_date | _row",
            &[
                "11001 | s1 | gekozen | 2022-01-01 | 2022-01-31 | 1",
                "11001 | s1 | uitgefaseerd | 2022-02-01 | 2022-01-31 | 2",
                "11001 | s2 | gepland | 2022-03-01 | 2022-01-31 | 3",
                "11002 | s1 | gekozen | 2022-01-01 | 2022-01-31 | 4",
                "11002 | s1 | uitgefaseerd | 2022-03-31 | 2022-01-31 | 5",
            ],
        )
        .await;
    house.run("2022-04-30").await;
    let explanation = explained(&house, "IV-PF-02", "2022Q1").await;
    // January 0, February 1, March 1, by three rows.
    assert_eq!(counted(&explanation), (Some(2.0 / 3.0), 2, 3));
    let months = explanation.recount.as_ref().unwrap().months.iter();
    assert_eq!(months.map(|month| month.things).collect::<Vec<_>>(), [0, 1, 1]);
    let explanation = explained(&house, "IV-TL-10", "2022Q1").await;
    assert_eq!(counted(&explanation), (Some(45.0), 2, 2));
    let explanation = explained(&house, "OC-02", "2022Q1").await;
    // Of Antwerpen the latest line is phased out; of Aartselaar one of two is in force.
    assert_eq!(counted(&explanation), (Some(1.0), 1, 1));
    assert_eq!(explanation.rows[0].row, 3);
    let sql = "select rows from indicator_sources where indicator_id = 'OC-02' and period = '2022Q1'";
    assert_eq!(house.rows(sql).await, ["1"]);
}

#[tokio::test]
async fn a_stock_shows_the_row_in_force_and_what_is_published_must_agree() {
    let mut house = House::new().await;
    let columns = "plate_id | nis_code | created_on | deleted_on | _object | _line";
    house
        .give(
            "portal_plates",
            columns,
            &[
                "p1 | 11001 | 2022-01-01 | - | portal/plates/2022-02-28.csv | 9",
                "p2 | 11001 | 2022-01-01 | 2022-03-31 | portal/plates/2022-01-31.csv | 3",
            ],
        )
        .await;
    house.run("2022-06-30").await;
    let explanation = explained(&house, "VVG-RA-04", "2022Q1").await;
    assert_eq!(rows(&explanation), ["p1 2022-01-01 1 portal/plates/2022-02-28.csv:9"]);
    assert_eq!(explanation.figure.as_ref().unwrap().value, Some(1.0));
    // Facts that changed since the marts were made give another count.
    house
        .give("portal_plates", columns, &["p2 | 11001 | 2022-01-01 | 2022-03-31 | portal/plates/2022-01-31.csv | 3"])
        .await;
    let (storage, published) = (house.draft.storage(), house.draft.published());
    let wrong = explain(storage, published, &house.models, "VVG-RA-04", "2022Q1".parse().unwrap()).await.unwrap_err();
    assert!(matches!(wrong, peil_warehouse::Error::Internal(_)), "{wrong:?}");
    assert!(wrong.to_string().contains("1 is published, and the source rows give 0"), "{wrong}");
}

#[tokio::test]
async fn a_period_without_a_value_says_why_and_where_there_is_one() {
    let mut house = House::new().await;
    house
        .give("portal_plates", "plate_id | nis_code | created_on | deleted_on", &["p1 | 11001 | 2022-02-01 | -"])
        .await;
    house.run("2022-05-10").await;
    let missing = |explanation: Explanation| {
        let missing = explanation.missing.unwrap();
        (missing.reason, missing.nearest.map(|period| period.to_string()))
    };
    let (reason, nearest) = missing(explained(&house, "VVG-RA-04", "2021Q4").await);
    assert_eq!(reason, "the first fact of portal/plates is of 2022-02-01, after 2021-12-31");
    assert_eq!(nearest.as_deref(), Some("2022Q1"));
    let (reason, nearest) = missing(explained(&house, "VVG-RA-04", "2022Q4").await);
    assert_eq!(
        (reason.as_str(), nearest.as_deref()),
        ("2022Q4 has not begun on the as-of day, 2022-05-10", Some("2022Q2"))
    );
    let (reason, nearest) = missing(explained(&house, "OC-01", "2022Q1").await);
    assert_eq!((reason.as_str(), nearest), ("no fact of catalogue/solutions was delivered yet", None));
    let (storage, published) = (house.draft.storage(), house.draft.published());
    let wrong = explain(storage, published, &house.models, "VVG-RA-4", "2022Q1".parse().unwrap()).await.unwrap_err();
    assert!(wrong.to_string().contains("did you mean `VVG-RA-04`"), "{wrong}");
}

/// Plates of Antwerpen count from 2022-04-30 on only.
const TWO_VERSIONS: &str = "
id: X-01
position: 999
programme: vlavirgem
section: Proef
label_nl: Platen
kind: stock
unit_nl: platen
definition_nl: Alle platen.
dataset: portal/plates
fact: portal_plates
counts: plate_id
from: created_on
until: deleted_on
by_authority: true
versions:
  - from: 2022-04-30
    note_nl: Alleen nog die van Antwerpen; ook verwijderde tellen.
    definition_nl: De platen van Antwerpen.
    rule:
      where: nis_code = '11002'
      until: null
";

#[tokio::test]
async fn a_period_is_counted_by_the_version_in_force_on_its_peildatum() {
    let mut house = House::with(indicator_models(&[("x.yaml", TWO_VERSIONS)])).await;
    house
        .give(
            "portal_plates",
            "plate_id | nis_code | created_on | deleted_on",
            &["p1 | 11001 | 2021-10-01 | -", "p2 | 11002 | 2021-10-01 | 2021-12-01", "p3 | 11002 | 2022-02-01 | -"],
        )
        .await;
    house.run("2022-08-31").await;
    // 31 December: p1; 31 March: p1 and p3, by the first version. From 30 April on: p2 and p3.
    let periods = ["2021Q3", "2021Q4", "2021", "2022Q1", "2022Q2", "2022S1", "2022Q3", "2022"];
    assert_eq!(house.values("X-01", &periods).await, "- 1.0 1.0 2.0 2.0 2.0 2.0 2.0");
    let sql = "select period, definition_version, break_before from indicator_values where indicator_id = 'X-01' \
               and period >= '2021S2' and definition_version is not null order by period";
    assert_eq!(
        house.rows(sql).await,
        [
            "2021S2 | 1 | false",
            "2022 | 2 | true",
            "2022Q1 | 1 | false",
            "2022Q2 | 2 | true",
            "2022Q3 | 2 | false",
            "2022S1 | 2 | true",
            "2022S2 | 2 | false"
        ]
    );
    let sql = "select nis_code, value from indicator_by_authority where indicator_id = 'X-01' and period = '{}' and value > 0 order by nis_code";
    assert_eq!(house.rows(&sql.replace("{}", "2022Q1")).await, ["11001 | 1.0", "11002 | 1.0"]);
    assert_eq!(house.rows(&sql.replace("{}", "2022Q2")).await, ["11002 | 2.0"]);
    let sql =
        "select version, holds_from, holds_until, definition_nl from indicator_definitions where indicator_id = 'X-01'";
    assert_eq!(
        house.rows(sql).await,
        ["1 | - | 2022-04-30 | Alle platen.", "2 | 2022-04-30 | - | De platen van Antwerpen."]
    );
    let explanation = explained(&house, "X-01", "2022Q2").await;
    assert_eq!((explanation.version, counted(&explanation)), (2, (Some(2.0), 2, 2)));
    assert!(explanation.sql.as_ref().unwrap().contains("periods.peildatum >= date '2022-04-30'"));
    assert!(explanation.figure.as_ref().unwrap().break_before);
    assert_eq!(counted(&explained(&house, "X-01", "2022Q1").await), (Some(2.0), 2, 2));
}

#[test]
fn a_wrong_version_is_told() {
    let wrong = |from: &str, to: &str| {
        let text = TWO_VERSIONS.replace(from, to);
        crate::indicator::parse("x.yaml", &text).map(|_| ()).unwrap_err().to_string()
    };
    assert!(wrong("until: null", "untl: null").contains("untl"));
    assert!(wrong("until: null", "measures: score").contains("version 2: `measures:` means nothing"));
    assert!(
        wrong("    note_nl: Alleen nog die van Antwerpen; ook verwijderde tellen.", "    note_nl: ''")
            .contains("note_nl")
    );
    let again = TWO_VERSIONS.to_owned() + "  - from: 2022-01-01\n    note_nl: Terug.\n";
    let wrong = crate::indicator::parse("x.yaml", &again).map(|_| ()).unwrap_err().to_string();
    assert!(wrong.contains("2022-01-01 stands after 2022-04-30"), "{wrong}");
}

#[tokio::test]
async fn coverage_tells_what_was_delivered_of_the_days_of_a_period() {
    let mut house = House::new().await;
    house
        .give(
            "portal_plates",
            "plate_id | nis_code | created_on | deleted_on",
            &["p1 | 71057 | 2021-10-01 | -", "p2 | 71069 | 2022-02-01 | -", "p3 | - | 2022-02-02 | 2022-02-03"],
        )
        .await;
    house
        .give(
            "register_activities",
            "activity_id | held_on | programme | kind",
            &["1 | 2022-01-05 | vlavirgem | opleiding", "2 | 2022-05-05 | lb365 | opleiding"],
        )
        .await;
    house
        .give(
            "ops/deliveries",
            "dataset | object | delivery_date | rejected | outcome",
            &[
                "portal/plates | portal/plates/2022-01-31.csv | 2022-01-31 | 1 | accepted",
                "portal/plates | portal/plates/2022-02-14.csv | 2022-02-14 | 2 | accepted",
                "portal/plates | portal/plates/2022-06-30.csv | 2022-06-30 | 9 | refused",
            ],
        )
        .await;
    house.run("2022-06-30").await;
    let of = |indicator: &str, period: &str| {
        format!(
            "select deliveries, last_delivery, rows, rejected, authorities, authorities_expected, round(complete, 4) \
             from indicator_coverage where indicator_id = '{indicator}' and period = '{period}'"
        )
    };
    // 45 of the 90 days lie on or before 14 February; the refused delivery tells nothing.
    assert_eq!(house.rows(&of("VVG-RA-04", "2022Q1")).await, ["2 | 2022-02-14 | 3 | 3 | 2 | 6 | 0.5"]);
    assert_eq!(house.rows(&of("VVG-RA-04", "2022Q2")).await, ["0 | 2022-02-14 | 3 | 0 | 2 | 6 | 0.0"]);
    assert_eq!(house.rows(&of("VVG-RA-04", "2021")).await, ["0 | 2022-02-14 | 1 | 0 | 1 | 6 | 1.0"]);
    // A flow has the rows of its period; the register names no authorities.
    assert_eq!(house.rows(&of("VVG-TK-02", "2022Q2")).await, ["0 | - | 1 | 0 | - | - | 0.0"]);
}
