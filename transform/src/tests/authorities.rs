//! References to authorities on the day of the fact, and compositions.

use super::*;

#[tokio::test]
async fn the_day_of_the_fact_decides_between_homonyms() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/users",
        "2022-01-31.csv",
        &[
            r#"{"user_id":"u1","authority":"Gemeente Aalter","registered_on":"2018-12-31"}"#,
            r#"{"user_id":"u2","authority":"Aalter","registered_on":"2019-01-01"}"#,
            r#"{"user_id":"u3","registered_on":"2019-01-01"}"#,
            r#"{"user_id":"u4","authority":"Provincie Antwerpen","registered_on":"2019-01-01"}"#,
            r#"{"user_id":"u5","authority":"Lovendegem","registered_on":"2019-01-01"}"#,
            r#"{"user_id":"u6","authority":"Nergens","registered_on":"2019-01-01"}"#,
        ],
    )
    .await;
    site.deliver(
        "lb365/modules",
        "2022-01-31.xlsx",
        &[
            r#"{"authority":"Aalter","module":"a","track_started_on":"2019-05-01","live_on":"2018-05-01"}"#,
            r#"{"authority":"Aalter","module":"b"}"#,
            r#"{"authority":"Aalter","module":"c","stopped_on":"2018-01-01"}"#,
        ],
    )
    .await;
    // 23:30 on New Year's Eve in UTC is the new year in Brussels.
    site.deliver(
        "portal/events",
        "2019-01-31.ndjson",
        &[
            r#"{"event_id":"e1","occurred_at":"2018-12-31T23:30:00Z","user_id":"u1","authority":"Aalter","module":"dashboard","action":"bekijken"}"#,
            r#"{"event_id":"e2","occurred_at":"2018-12-31T22:30:00Z","user_id":"u1","authority":"Aalter","module":"dashboard","action":"bekijken"}"#,
        ],
    )
    .await;
    site.run().await;
    assert_eq!(
        site.rows("conformed/portal_users", &["user_id", "nis_code"]).await,
        ["u1 44001", "u2 44084", "u3 -", "u4 10000", "u5 44036", "u6 -"]
    );
    assert_eq!(site.rows("conformed/lb365_modules", &["module", "nis_code"]).await, ["a 44001", "c 44001", "b 44084"]);
    assert_eq!(
        site.rows("conformed/portal_events", &["event_id", "nis_code", "occurred_on", "month"]).await,
        ["e2 44001 2018-12-31 2018-12", "e1 44084 2019-01-01 2019-01"]
    );
    assert_eq!(
        site.rows("ops/unresolved_authorities", &["reference", "datasets", "rows"]).await,
        ["Nergens portal/users 1"]
    );
}

#[tokio::test]
async fn compositions_follow_the_mergers() {
    let mut site = Site::in_flanders().await;
    site.run().await;
    let rows =
        site.rows("conformed/authority_compositions", &["nis_code", "from_day", "until_day", "composition_nis"]).await;
    for expected in [
        "44036 - 2019-01-01 44036",
        "44036 2019-01-01 - 44085",
        "44085 - - 44085",
        "11007 - 2025-01-01 11007",
        "11007 2025-01-01 - 11002",
        "11002 - - 11002",
        "44001 2019-01-01 - 44084",
        "11056 2025-01-01 - 46030",
        "10000 - - 10000",
    ] {
        assert!(rows.contains(&expected.to_owned()), "{expected}: {rows:#?}");
    }
}

#[tokio::test]
async fn a_changed_reference_resolves_anew() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/plates",
        "2022-01-31.csv",
        &[r#"{"plate_id":"p1","authority":"Merelbeke","created_on":"2022-01-01"}"#],
    )
    .await;
    site.run().await;
    assert_eq!(site.rows("conformed/portal_plates", &["nis_code"]).await, ["-"]);
    site.deliver(
        "reference/authorities",
        "2022-02-28.csv",
        &[r#"{"nis_code":"44043","name":"Merelbeke","kind":"gemeente","province":"Oost-Vlaanderen","valid_from":"1977-01-01"}"#],
    )
    .await;
    site.run().await;
    assert_eq!(site.rows("conformed/portal_plates", &["nis_code"]).await, ["44043"]);
    site.full_is_the_same(None).await;
    site.run_with(Some("2022-01-31"), false).await;
    assert_eq!(site.rows("conformed/portal_plates", &["nis_code"]).await, ["-"]);
}
