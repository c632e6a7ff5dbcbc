//! Large facts: kept by month, made again where rows in force changed.

use super::*;

const EVENTS: &str = "conformed/portal_events";
const ACTIVITY: &str = "conformed/portal_activity";

fn event(id: &str, at: &str, authority: &str) -> String {
    format!(
        r#"{{"event_id":"{id}","occurred_at":"{at}","user_id":"u","authority":"{authority}","module":"dashboard","action":"bekijken"}}"#
    )
}

async fn deliver(site: &mut Site, file: &str, events: &[(&str, &str)]) -> String {
    let rows: Vec<String> = events.iter().map(|(id, at)| event(id, at, "Gent")).collect();
    site.deliver("portal/events", file, &rows.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// The parts of a table and the files of each.
fn parts(site: &Site, table: &str) -> BTreeMap<String, Vec<String>> {
    let state = site.draft.table(table).unwrap();
    state
        .parts
        .keys()
        .map(|part| (part.clone(), state.part_files(part).map(|file| file.path.clone()).collect()))
        .collect()
}

#[tokio::test]
async fn events_are_kept_by_month_and_rolled_up_by_day() {
    let mut site = Site::in_flanders().await;
    deliver(
        &mut site,
        "2022-03-31.ndjson",
        &[("e1", "2022-03-01T08:00:00Z"), ("e2", "2022-03-01T09:00:00Z"), ("e3", "2022-03-31T23:30:00Z")],
    )
    .await;
    site.run().await;
    assert_eq!(parts(&site, EVENTS).keys().collect::<Vec<_>>(), ["2022-03", "2022-04"]);
    assert_eq!(
        site.rows(ACTIVITY, &["month", "occurred_on", "user_id", "nis_code", "module", "events"]).await,
        ["2022-03 2022-03-01 u 44021 dashboard 2", "2022-04 2022-04-01 u 44021 dashboard 1"]
    );
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn a_day_is_rolled_up_by_delivery_and_by_whether_it_names_an_authority() {
    let mut site = Site::in_flanders().await;
    let day = |hour: u32| format!("2022-03-01T0{hour}:00:00Z");
    let nobody = event("e3", &day(3), "").replace(r#""authority":"","#, "");
    let events = [event("e1", &day(1), "Gent"), event("e2", &day(2), "Nergens"), nobody];
    site.deliver("portal/events", "2022-03-01.ndjson", &events.each_ref().map(String::as_str)).await;
    let later = [event("e4", &day(4), "Gent"), event("e5", &day(5), "Gent")];
    site.deliver("portal/events", "2022-03-02.ndjson", &later.each_ref().map(String::as_str)).await;
    site.run().await;
    let columns = ["nis_code", "names_authority", "_object", "_delivery_date", "events"];
    assert_eq!(
        site.rows(ACTIVITY, &columns).await,
        [
            "- false portal/events/2022-03-01.ndjson 2022-03-01 1",
            "- true portal/events/2022-03-01.ndjson 2022-03-01 1",
            "44021 true portal/events/2022-03-01.ndjson 2022-03-01 1",
            "44021 true portal/events/2022-03-02.ndjson 2022-03-02 2",
        ]
    );
}

#[tokio::test]
async fn only_months_whose_rows_changed_are_made_again() {
    let mut site = Site::in_flanders().await;
    deliver(&mut site, "2022-01-31.ndjson", &[("e1", "2022-01-01T08:00:00Z"), ("e2", "2022-01-02T09:00:00Z")]).await;
    deliver(&mut site, "2022-02-28.ndjson", &[("e3", "2022-02-01T08:00:00Z")]).await;
    deliver(&mut site, "2022-03-31.ndjson", &[("e4", "2022-03-01T08:00:00Z")]).await;
    site.run().await;
    let before = parts(&site, EVENTS);
    // It moves e2 from January to March: both are made again.
    let mover =
        deliver(&mut site, "2022-04-30.ndjson", &[("e2", "2022-03-02T09:00:00Z"), ("e4", "2022-03-01T08:00:00Z")])
            .await;
    site.run().await;
    let after = parts(&site, EVENTS);
    assert_ne!(before["2022-01"], after["2022-01"]);
    assert_eq!(before["2022-02"], after["2022-02"]);
    assert_ne!(before["2022-03"], after["2022-03"]);
    assert_eq!(
        site.rows(EVENTS, &["event_id", "month", "_delivery_date"]).await,
        ["e1 2022-01 2022-01-31", "e3 2022-02 2022-02-28", "e2 2022-03 2022-04-30", "e4 2022-03 2022-04-30"]
    );
    assert_eq!(site.corrections().await, BTreeMap::from([(mover, 1)]));
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn a_month_that_lost_its_last_row_is_gone() {
    let mut site = Site::in_flanders().await;
    deliver(&mut site, "2022-01-31.ndjson", &[("e1", "2022-01-01T08:00:00Z")]).await;
    deliver(&mut site, "2022-02-28.ndjson", &[("e1", "2022-02-01T08:00:00Z")]).await;
    site.run_with(Some("2022-01-31"), false).await;
    assert_eq!(parts(&site, EVENTS).keys().collect::<Vec<_>>(), ["2022-01"]);
    site.run().await;
    assert_eq!(parts(&site, EVENTS).keys().collect::<Vec<_>>(), ["2022-02"]);
    assert_eq!(parts(&site, ACTIVITY).keys().collect::<Vec<_>>(), ["2022-02"]);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let deliveries = [
        (
            "2022-01-31.ndjson",
            vec![("e1", "2022-01-01T08:00:00Z"), ("e2", "2022-01-02T08:00:00Z"), ("e1", "2022-01-03T08:00:00Z")],
        ),
        ("2022-02-28.ndjson", vec![("e3", "2022-02-01T08:00:00Z"), ("e2", "2022-01-02T10:00:00Z")]),
        ("2022-03-31.ndjson", vec![("e1", "2022-02-05T08:00:00Z"), ("e4", "2022-03-01T08:00:00Z")]),
    ];
    let mut found = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        for at_once in [true, false] {
            let mut site = Site::in_flanders().await;
            for at in order {
                deliver(&mut site, deliveries[at].0, &deliveries[at].1).await;
                if !at_once {
                    site.run().await;
                }
            }
            site.run().await;
            let corrections = site.corrections().await;
            found.push((site.contents(), corrections));
        }
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(found[0].1.values().sum::<i64>(), 3);
}

/// Numbers that look like chance, the same each time.
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[tokio::test]
async fn whatever_keys_meet_run_after_run_comes_to_what_one_run_does() {
    for seed in 1..=8 {
        let mut below = chance(seed);
        let deliveries: Vec<(String, Vec<(String, String)>)> = (1..=6)
            .map(|day| {
                let first = below(20);
                let mut keys: Vec<u64> = (0..6).map(|_| first + below(12)).collect();
                if below(2) == 0 {
                    keys.sort_unstable();
                    keys.dedup();
                }
                let at = |key: u64, month: u64| (format!("e{key:02}"), format!("2022-0{month}-0{day}T08:00:00Z"));
                (format!("2022-06-0{day}.ndjson"), keys.into_iter().map(|key| at(key, 1 + below(3))).collect())
            })
            .collect();
        let mut order: Vec<usize> = (0..deliveries.len()).collect();
        order.sort_by_key(|_| below(1000));
        let (mut by_and_by, mut at_once) = (Site::in_flanders().await, Site::in_flanders().await);
        for at in order {
            let rows: Vec<(&str, &str)> =
                deliveries[at].1.iter().map(|(id, day)| (id.as_str(), day.as_str())).collect();
            deliver(&mut by_and_by, &deliveries[at].0, &rows).await;
            by_and_by.run().await;
            deliver(&mut at_once, &deliveries[at].0, &rows).await;
        }
        at_once.run().await;
        assert_eq!(by_and_by.contents(), at_once.contents(), "seed {seed}");
        assert_eq!(by_and_by.corrections().await, at_once.corrections().await, "seed {seed}");
        by_and_by.full_is_the_same(None).await;
    }
}

#[tokio::test]
async fn what_was_looked_at_before_is_not_read_again() {
    let mut site = Site::in_flanders().await;
    deliver(&mut site, "2022-01-31.ndjson", &[("e1", "2022-01-01T08:00:00Z"), ("e2", "2022-01-02T08:00:00Z")]).await;
    deliver(&mut site, "2022-02-28.ndjson", &[("e4", "2022-02-01T08:00:00Z"), ("e3", "2022-02-02T08:00:00Z")]).await;
    site.run().await;
    let table = "staged/portal_events";
    let staged = site.draft.table(table).unwrap().files.clone();
    for file in staged {
        site.draft.storage().delete(&format!("{table}/{}", file.path)).await.unwrap();
    }
    deliver(&mut site, "2022-03-31.ndjson", &[("e5", "2022-03-01T08:00:00Z")]).await;
    site.run().await;
    assert_eq!(site.rows(EVENTS, &["event_id"]).await, ["e1", "e2", "e4", "e3", "e5"]);
}

#[tokio::test]
async fn an_alias_changes_the_months_in_which_it_occurs() {
    let mut site = Site::in_flanders().await;
    deliver(&mut site, "2022-01-31.ndjson", &[("e1", "2022-01-01T08:00:00Z")]).await;
    site.deliver("portal/events", "2022-02-28.ndjson", &[&event("e2", "2022-02-01T08:00:00Z", "Gantes")]).await;
    site.run().await;
    let before = parts(&site, EVENTS);
    assert_eq!(site.rows("ops/unresolved_authorities", &["reference", "rows"]).await, ["Gantes 1"]);
    site.deliver("reference/aliases", "2022-03-31.csv", &[r#"{"alias":"Gantes","nis_code":"44021"}"#]).await;
    site.run().await;
    let after = parts(&site, EVENTS);
    assert_eq!(before["2022-01"], after["2022-01"]);
    assert_ne!(before["2022-02"], after["2022-02"]);
    assert_eq!(site.rows(EVENTS, &["nis_code"]).await, ["44021", "44021"]);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn messages_keep_all_their_columns() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "lb365/bus_messages",
        "2022-01-31.ndjson",
        &[r#"{"message_id":"m1","occurred_at":"2022-01-31T22:59:59.123456Z","authority":"OCMW Gent","service":"MAGDA","partner":null,"status_code":200,"duration_ms":12,"bytes":null}"#],
    )
    .await;
    site.run().await;
    assert_eq!(
        site.rows(
            "conformed/lb365_bus_messages",
            &[
                "message_id",
                "occurred_at",
                "occurred_on",
                "authority",
                "nis_code",
                "service",
                "partner",
                "status_code",
                "duration_ms",
                "bytes",
                "month",
                "_row",
                "_line"
            ]
        )
        .await,
        ["m1 2022-01-31T22:59:59.123456Z 2022-01-31 OCMW Gent 44021 MAGDA - 200 12 - 2022-01 1 2"]
    );
}
