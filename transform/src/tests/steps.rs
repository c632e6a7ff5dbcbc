//! Only what changed is made again, and with nothing changed nothing is.

use super::*;

#[tokio::test]
async fn all_tables_are_there_also_empty_ones() {
    let mut site = Site::new().await;
    let summary = site.run().await;
    assert_eq!(summary.total_rows(), 0);
    for table in [
        "portal_users",
        "portal_events",
        "portal_activity",
        "portal_building_blocks",
        "portal_maturity_scores",
        "portal_maturity_figures",
        "catalogue_solution_components",
        "catalogue_solution_standards",
        "catalogue_coupling_authorities",
        "authority_compositions",
        "finance_bookings",
        "reference_aliases",
    ] {
        assert!(site.draft.table(&format!("conformed/{table}")).is_some(), "{table}");
    }
    assert!(site.rows("ops/unresolved_authorities", &["reference"]).await.is_empty());
}

#[tokio::test]
async fn columns_stand_in_their_order() {
    let mut site = Site::new().await;
    site.run().await;
    let columns = |table: &str| -> Vec<String> {
        let schema = site.draft.table(table).unwrap().arrow_schema().unwrap();
        schema.fields().iter().map(|field| field.name().clone()).collect()
    };
    assert_eq!(
        columns("conformed/portal_events"),
        [
            "event_id",
            "occurred_at",
            "occurred_on",
            "user_id",
            "authority",
            "nis_code",
            "module",
            "action",
            "month",
            "_delivery",
            "_row",
            "_line",
            "_delivery_date",
            "_object"
        ]
    );
    assert_eq!(
        columns("conformed/portal_maturity_figures"),
        [
            "measurement_id",
            "authority",
            "nis_code",
            "submitted_at",
            "submitted_on",
            "figure",
            "value",
            "_delivery",
            "_row",
            "_line",
            "_delivery_date",
            "_object"
        ]
    );
    assert_eq!(
        columns("conformed/portal_activity"),
        [
            "month",
            "occurred_on",
            "user_id",
            "nis_code",
            "module",
            "names_authority",
            "_object",
            "_delivery_date",
            "events"
        ]
    );
    assert_eq!(columns("conformed/catalogue_coupling_authorities"), ["coupling_id", "authority", "nis_code"]);
    assert_eq!(
        columns("conformed/portal_building_blocks")[..7],
        ["authority", "nis_code", "building_block", "status", "since", "valid_from", "valid_until"]
    );
}

#[tokio::test]
async fn with_nothing_new_nothing_is_done() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/plates",
        "2022-01-31.csv",
        &[r#"{"plate_id":"p1","authority":"Gent","created_on":"2022-01-01"}"#],
    )
    .await;
    let first = site.run().await;
    assert!(first.changed.contains(&"conformed/portal_plates".to_owned()));
    let sequence = site.draft.published().sequence;
    let second = site.run().await;
    assert!(second.changed.is_empty() && second.checks.is_empty());
    assert_eq!(second.rows, first.rows);
    assert_eq!(site.draft.published().sequence, sequence);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn a_new_delivery_changes_its_own_tables_only() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/plates",
        "2022-01-31.csv",
        &[r#"{"plate_id":"p1","authority":"Gent","created_on":"2022-01-01"}"#],
    )
    .await;
    site.run().await;
    site.deliver(
        "portal/documents",
        "2022-01-31.csv",
        &[r#"{"document_id":"d1","title":"Opname","kind":"opname","published_on":"2022-01-01"}"#],
    )
    .await;
    let summary = site.run().await;
    assert_eq!(summary.changed, ["conformed/portal_documents"]);
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn nested_columns_have_their_own_tables() {
    let mut site = Site::in_flanders().await;
    site.deliver(
        "portal/maturity",
        "2022-01-31.ndjson",
        &[
            r#"{"measurement_id":"m1","authority":"Gent","submitted_at":"2022-01-31T23:30:00Z","chapters":[{"chapter":"tech comp","score":"3.5"},{"chapter":"capaciteit","score":"2"},{"chapter":"capaciteit","score":"2.5"}],"figures":{"medewerkers":"12.5","servers":"0"}}"#,
            r#"{"measurement_id":"m2","authority":"Nergens","submitted_at":"2022-01-01T10:00:00Z","chapters":[]}"#,
        ],
    )
    .await;
    site.deliver(
        "catalogue/solutions",
        "2022-01-31.json",
        &[r#"{"solution_id":"s1","supplier_id":"l9","name":"Een","reference_components":["b","a","b"],"standards":["x"],"published_on":"2022-01-01"}"#],
    )
    .await;
    site.deliver(
        "catalogue/couplings",
        "2022-01-31.json",
        &[
            r#"{"coupling_id":"k1","from_solution_id":"s1","to_solution_id":"s2","technique":"API","available_since":"2018-06-01","authorities":["Stad Gent","Aalter","Nergens"]}"#,
            r#"{"coupling_id":"k2","from_solution_id":"s1","to_solution_id":"s1","technique":"API","available_since":"2020-06-01","authorities":["Aalter"]}"#,
        ],
    )
    .await;
    let summary = site.run().await;
    assert_eq!(
        site.rows(
            "conformed/portal_maturity_scores",
            &["measurement_id", "nis_code", "submitted_on", "chapter", "score", "_row"]
        )
        .await,
        ["m1 44021 2022-02-01 capaciteit 2.500000 1", "m1 44021 2022-02-01 tech comp 3.500000 1"]
    );
    assert_eq!(
        site.rows("conformed/portal_maturity_figures", &["measurement_id", "figure", "value"]).await,
        ["m1 medewerkers 12.500000", "m1 servers 0.000000"]
    );
    assert_eq!(
        site.rows("conformed/catalogue_solution_components", &["solution_id", "reference_component"]).await,
        ["s1 a", "s1 b"]
    );
    assert_eq!(
        site.rows("conformed/catalogue_coupling_authorities", &["coupling_id", "authority", "nis_code"]).await,
        ["k1 Aalter 44001", "k1 Nergens -", "k1 Stad Gent 44021", "k2 Aalter 44084"]
    );
    assert_eq!(
        site.rows("ops/unresolved_authorities", &["reference", "datasets", "rows"]).await,
        ["Nergens catalogue/couplings, portal/maturity 2"]
    );
    let warnings: Vec<String> = summary
        .checks
        .iter()
        .filter(|check| check.outcome() == "warning")
        .map(|check| {
            format!("{} {} {} {}", check.check, check.dataset, check.rows, check.detail.as_deref().unwrap_or_default())
        })
        .collect();
    assert_eq!(warnings.len(), 5, "{warnings:#?}");
    assert!(
        warnings.contains(&"unknown_reference catalogue/couplings 1 to_solution_id: s2 (1; nearest: s1)".to_owned())
    );
    assert!(warnings.contains(&"unknown_reference catalogue/solutions 1 supplier_id: l9 (1)".to_owned()));
    assert!(warnings.contains(&"unknown_reference catalogue/solutions 1 standards: x (1)".to_owned()));
    let recorded = site.rows("ops/quality_checks", &["run_id", "check", "outcome", "severity", "stage"]).await;
    assert!(recorded.contains(&"run unknown_reference warning warning transform".to_owned()));
    site.full_is_the_same(None).await;
}

#[tokio::test]
async fn indicators_are_known_by_kind() {
    let mut site = Site::new().await;
    site.deliver(
        "register/milestones",
        "2022-01-31.xlsx",
        &[
            r#"{"indicator_id":"VVG-RA-01","period":"2022Q1","state":"gepland"}"#,
            r#"{"indicator_id":"VVG-TK-01","period":"2022Q1","state":"gepland"}"#,
        ],
    )
    .await;
    site.deliver(
        "reference/targets",
        "2022-01-31.csv",
        &[
            r#"{"indicator_id":"VVG-TK-01","period":"2022Q1","kind":"streef","value":"3"}"#,
            r#"{"indicator_id":"VVG-TK-1","period":"2022Q1","kind":"streef","value":"3"}"#,
        ],
    )
    .await;
    let summary = site.run().await;
    let details: Vec<&str> = summary.checks.iter().filter_map(|check| check.detail.as_deref()).collect();
    assert_eq!(
        details,
        [
            "indicator_id: VVG-TK-1 (1; nearest: VVG-TK-01, VVG-RA-01)",
            "indicator_id: VVG-TK-01 (1; nearest: VVG-RA-01)"
        ]
    );
}
