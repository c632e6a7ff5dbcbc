//! The row in force, and what counts as a correction.

use super::*;

const PLATES: &str = "conformed/portal_plates";

fn plate(id: &str, authority: &str, created: &str) -> String {
    format!(r#"{{"plate_id":"{id}","authority":"{authority}","created_on":"{created}"}}"#)
}

#[tokio::test]
async fn the_later_delivery_wins_whatever_came_first() {
    let early = [plate("p1", "Gent", "2021-01-01"), plate("p2", "Gent", "2021-01-01")];
    let late = [plate("p1", "Gent", "2022-02-02")];
    let mut found = Vec::new();
    for turned in [false, true] {
        let mut site = Site::in_flanders().await;
        let mut deliveries = vec![
            ("2022-01-31.csv", early.iter().map(String::as_str).collect::<Vec<_>>()),
            ("2022-02-28.csv", vec![late[0].as_str()]),
        ];
        if turned {
            deliveries.reverse();
        }
        for (file, rows) in deliveries {
            site.deliver("portal/plates", file, &rows).await;
            site.run().await;
        }
        assert_eq!(
            site.rows(PLATES, &["plate_id", "created_on", "_delivery_date", "_object"]).await,
            [
                "p1 2022-02-02 2022-02-28 portal/plates/2022-02-28.csv",
                "p2 2021-01-01 2022-01-31 portal/plates/2022-01-31.csv"
            ]
        );
        assert_eq!(site.corrections().await.values().copied().collect::<Vec<_>>(), [1]);
        site.full_is_the_same(None).await;
        found.push(site.contents());
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn ties_go_by_name_then_row_then_receipt() {
    let mut site = Site::in_flanders().await;
    let rows =
        [plate("p1", "Gent", "2021-01-01"), plate("p1", "Gent", "2021-01-02"), plate("p2", "Gent", "2021-01-01")];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    site.deliver("portal/plates", "b_2022-01-31.csv", &rows).await;
    // The same day, an earlier name: it loses.
    site.deliver("portal/plates", "a_2022-01-31.csv", &[&plate("p1", "Gent", "2021-05-05")]).await;
    // The same day and name: rows compare by their number, then by receipt.
    site.deliver("portal/plates", "b_2022-01-31.csv", &[&plate("p1", "Gent", "2021-06-06")]).await;
    site.deliver_numbered("portal/plates", "b_2022-01-31.csv", &[(3, &plate("p2", "Gent", "2021-07-07"))]).await;
    site.run().await;
    assert_eq!(site.rows(PLATES, &["plate_id", "created_on"]).await, ["p1 2021-01-02", "p2 2021-07-07"]);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn the_same_content_again_is_no_correction() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/plates",
        "2022-01-31.csv",
        &[&plate("p1", "Gent", "2021-01-01"), &plate("p2", "Gent", "2021-01-01")],
    )
    .await;
    // Another spelling of the same authority is the same content.
    let second = site
        .deliver(
            "portal/plates",
            "2022-02-28.csv",
            &[&plate("p1", "Stad GENT", "2021-01-01"), &plate("p2", "Aalter", "2021-01-01")],
        )
        .await;
    let summary = site.run().await;
    assert_eq!(summary.corrections, 1);
    assert_eq!(site.corrections().await, BTreeMap::from([(second, 1)]));
    assert_eq!(
        site.rows(PLATES, &["plate_id", "authority", "nis_code"]).await,
        ["p1 Stad GENT 44021", "p2 Aalter 44084"]
    );
}

#[tokio::test]
async fn known_on_equals_a_run_without_the_later_deliveries() {
    let mut whole = Site::in_flanders().await;
    let mut partial = Site::in_flanders().await;
    for (file, day) in
        [("2022-01-31.csv", "2021-01-01"), ("2022-02-28.csv", "2021-01-02"), ("2022-03-31.csv", "2021-01-03")]
    {
        whole.deliver("portal/plates", file, &[&plate("p1", "Gent", day)]).await;
        if file < "2022-03" {
            partial.deliver("portal/plates", file, &[&plate("p1", "Gent", day)]).await;
        }
    }
    partial.run().await;
    whole.run().await;
    assert_ne!(whole.contents(), partial.contents());
    whole.run_with(Some("2022-02-28"), false).await;
    assert_eq!(whole.contents(), partial.contents());
    assert_eq!(whole.corrections().await, partial.corrections().await);
    assert_eq!(whole.draft.published().known_on.map(|day| day.to_string()).as_deref(), Some("2022-02-28"));
    whole.full_is_the_same(Some("2022-02-28")).await;
    whole.run_with(None, false).await;
    assert_eq!(whole.rows(PLATES, &["created_on"]).await, ["2021-01-03"]);
    assert_eq!(whole.corrections().await.len(), 2);
}

#[tokio::test]
async fn the_same_bytes_count_under_the_earliest_date() {
    let mut site = Site::in_flanders().await;
    let id = site.deliver("portal/plates", "2022-03-31.csv", &[&plate("p1", "Gent", "2021-03-03")]).await;
    site.deliver("portal/plates", "2022-02-28.csv", &[&plate("p1", "Gent", "2021-02-02")]).await;
    site.run().await;
    assert_eq!(site.rows(PLATES, &["created_on"]).await, ["2021-03-03"]);
    site.deliver_again(&id, "2022-01-31.csv", "duplicate").await;
    site.run().await;
    assert_eq!(site.rows(PLATES, &["created_on", "_delivery_date"]).await, ["2021-02-02 2022-02-28"]);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn a_refused_delivery_does_not_count() {
    let mut site = Site::in_flanders().await;
    site.deliver("portal/plates", "2022-03-31.csv", &[&plate("p1", "Gent", "2021-03-03")]).await;
    site.received.last_mut().unwrap().outcome = "refused";
    site.record().await;
    site.run().await;
    assert!(site.rows(PLATES, &["plate_id"]).await.is_empty());
}

#[tokio::test]
async fn keys_with_an_authority_follow_its_code_and_a_new_alias() {
    let mut site = Site::in_flanders().await;
    let row = |authority: &str, until: &str| {
        format!(r#"{{"authority":"{authority}","department":"IT","since":"2021-01-01","until":"{until}"}}"#)
    };
    site.deliver(
        "portal/data_ownership",
        "2022-01-31.csv",
        &[&row("Gent", "2022-01-01"), &row("Gantes", "2022-02-02")],
    )
    .await;
    let second = site.deliver("portal/data_ownership", "2022-02-28.csv", &[&row("OCMW Gent", "2022-03-03")]).await;
    site.run().await;
    let columns = ["authority", "nis_code", "until"];
    assert_eq!(
        site.rows("conformed/portal_data_ownership", &columns).await,
        ["Gantes - 2022-02-02", "OCMW Gent 44021 2022-03-03"]
    );
    assert_eq!(site.corrections().await, BTreeMap::from([(second.clone(), 1)]));
    assert_eq!(
        site.rows("ops/unresolved_authorities", &["reference", "rows", "nearest"]).await[0].split("; ").next(),
        Some("Gantes 1 Gent")
    );

    site.deliver("reference/aliases", "2022-03-31.csv", &[r#"{"alias":"Gantes","nis_code":"44021"}"#]).await;
    site.run().await;
    assert_eq!(site.rows("conformed/portal_data_ownership", &columns).await, ["OCMW Gent 44021 2022-03-03"]);
    assert_eq!(site.corrections().await.values().sum::<i64>(), 2);
    assert!(site.rows("ops/unresolved_authorities", &["reference"]).await.is_empty());
    site.full_is_the_same(None).await;
}
