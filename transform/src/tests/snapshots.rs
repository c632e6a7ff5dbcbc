//! Datasets of which each delivery is the whole state.

use super::*;

const BLOCKS: &str = "conformed/portal_building_blocks";
const COLUMNS: [&str; 6] = ["nis_code", "building_block", "status", "valid_from", "valid_until", "_object"];

fn block(authority: &str, name: &str, status: &str) -> String {
    format!(r#"{{"authority":"{authority}","building_block":"{name}","status":"{status}"}}"#)
}

#[tokio::test]
async fn each_snapshot_holds_until_the_next() {
    let mut site = Site::in_flanders().await;
    site.deliver("portal/building_blocks", "2022-06-30.xlsx", &[&block("Gent", "MAGDA", "in gebruik")]).await;
    site.deliver(
        "portal/building_blocks",
        "2022-03-31.xlsx",
        &[&block("Gent", "MAGDA", "gepland"), &block("Aalter", "OSLO", "niet")],
    )
    .await;
    let summary = site.run().await;
    assert_eq!(
        site.rows(BLOCKS, &COLUMNS[..5]).await,
        [
            "44021 MAGDA gepland 2022-03-31 2022-06-30",
            "44084 OSLO niet 2022-03-31 2022-06-30",
            "44021 MAGDA in gebruik 2022-06-30 -"
        ]
    );
    assert_eq!(summary.corrections, 0);
    site.run_with(Some("2022-05-01"), false).await;
    assert_eq!(
        site.rows(BLOCKS, &COLUMNS[..5]).await,
        ["44021 MAGDA gepland 2022-03-31 -", "44084 OSLO niet 2022-03-31 -"]
    );
    site.full_is_the_same(Some("2022-05-01")).await;
}

#[tokio::test]
async fn of_two_on_one_day_the_last_by_name_is_the_state() {
    let mut site = Site::in_flanders().await;
    site.deliver("portal/building_blocks", "b_2022-03-31.xlsx", &[&block("Gent", "MAGDA", "gepland")]).await;
    site.deliver(
        "portal/building_blocks",
        "a_2022-03-31.xlsx",
        &[&block("Gent", "MAGDA", "niet"), &block("Aalter", "MAGDA", "niet")],
    )
    .await;
    site.run().await;
    assert_eq!(
        site.rows(BLOCKS, &COLUMNS).await,
        ["44021 MAGDA gepland 2022-03-31 - portal/building_blocks/b_2022-03-31.xlsx"]
    );
}

#[tokio::test]
async fn of_one_key_within_a_snapshot_the_last_row_wins() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/building_blocks",
        "2022-03-31.xlsx",
        &[&block("Gent", "MAGDA", "gepland"), &block("Stad Gent", "MAGDA", "niet")],
    )
    .await;
    let summary = site.run().await;
    assert_eq!(site.rows(BLOCKS, &COLUMNS[..3]).await, ["44021 MAGDA niet"]);
    assert_eq!(summary.corrections, 1);
}

#[tokio::test]
async fn a_snapshot_without_rows_is_a_state() {
    let mut site = Site::in_flanders().await;
    site.deliver("portal/building_blocks", "2022-03-31.xlsx", &[&block("Gent", "MAGDA", "gepland")]).await;
    site.deliver("portal/building_blocks", "2022-06-30.xlsx", &[]).await;
    site.run().await;
    assert_eq!(site.rows(BLOCKS, &COLUMNS[..5]).await, ["44021 MAGDA gepland 2022-03-31 2022-06-30"]);
}

#[tokio::test]
async fn names_are_resolved_on_the_day_of_the_delivery() {
    let mut site = Site::in_flanders().await;
    site.deliver("portal/building_blocks", "2018-12-31.xlsx", &[&block("Aalter", "MAGDA", "niet")]).await;
    site.deliver("portal/building_blocks", "2019-12-31.xlsx", &[&block("Aalter", "MAGDA", "niet")]).await;
    site.run().await;
    assert_eq!(site.rows(BLOCKS, &["nis_code", "valid_from"]).await, ["44001 2018-12-31", "44084 2019-12-31"]);
}
