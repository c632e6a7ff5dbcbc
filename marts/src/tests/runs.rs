//! Runs: what changed, what failed, what is read.

use super::{House, indicator_models};
use crate::{ModelSet, open_session, query};

const TRAFFIC: &str = "/*
mart: traffic
grain: a row for each month
owner: a test
description: Messages of a month.
columns:
  month: the month
  messages: number of messages
incremental: month of conformed.lb365_bus_messages
order: [month]
checks:
  - name: not_too_many
    query: select month, messages from marts.traffic where messages > 2
  - name: not_many
    severity: warning
    query: select month, messages from marts.traffic where messages > 1
*/
select messages.month, count(*) as messages
from conformed.lb365_bus_messages as messages
join run.months as months on months.month = messages.month
where messages.occurred_on <= months.last_day
group by messages.month
";
const MESSAGES: &str = "message_id | occurred_on | service | status_code | duration_ms";

async fn messages(house: &mut House, days: &[&str]) {
    let rows: Vec<String> =
        days.iter().enumerate().map(|(number, day)| format!("{number} | {day} | s | 200 | 1")).collect();
    house.give("lb365_bus_messages", MESSAGES, &rows.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

/// Every model, planned and run on empty tables: an error in one shows here.
#[tokio::test]
async fn models_plan() {
    let mut house = House::with(ModelSet::load(None).unwrap_or_else(|error| panic!("{error}"))).await;
    house.give("reference_authorities", "nis_code", &[]).await;
    house.give("authority_compositions", "nis_code", &[]).await;
    let summary = house.run("2022-07-31").await;
    assert_eq!(summary.failed, []);
    assert!(house.models.marts().count() >= 23);
    for model in house.models.marts() {
        let table = house.draft.table(&model.table()).unwrap();
        assert!(!table.arrow_schema().unwrap().fields().is_empty(), "{}", model.name);
        let session = open_session(house.draft.storage(), house.draft.published(), &[]).await.unwrap();
        for example in &model.header.examples {
            let frame = query(&session, &example.query).await;
            frame.unwrap_or_else(|error| panic!("{}: {}: {error}", model.place, example.question));
        }
    }
}

#[tokio::test]
async fn only_months_that_changed_are_computed_and_all_at_once_gives_the_same_bytes() {
    let mut house = House::with(indicator_models(&[("traffic.sql", TRAFFIC)])).await;
    messages(&mut house, &["2022-01-01", "2022-02-01", "2022-02-28"]).await;
    let first = house.run("2022-02-15").await;
    assert_eq!((first.failed.len(), first.warnings.len()), (0, 0));
    assert_eq!(house.rows("select * from traffic order by month").await, ["2022-01 | 1", "2022-02 | 1"]);
    let february = house.draft.fingerprint("marts/traffic", "2022-02").unwrap().to_owned();
    let january = house.draft.fingerprint("marts/traffic", "2022-01").unwrap().to_owned();

    let nothing = house.run("2022-02-15").await;
    assert_eq!(nothing.computed, 0);

    // A later as-of day touches the month that it cuts, and only that.
    let later = house.run("2022-03-31").await;
    assert_eq!(later.warnings.len(), 1);
    assert_eq!(house.rows("select * from traffic order by month").await, ["2022-01 | 1", "2022-02 | 2"]);
    assert_eq!(house.draft.fingerprint("marts/traffic", "2022-01"), Some(january.as_str()));
    assert_ne!(house.draft.fingerprint("marts/traffic", "2022-02"), Some(february.as_str()));

    // A month that is gone goes, a new one comes.
    messages(&mut house, &["2022-02-01", "2022-02-28", "2022-03-01"]).await;
    house.run("2022-03-31").await;
    assert_eq!(house.rows("select * from traffic order by month").await, ["2022-02 | 2", "2022-03 | 1"]);
    let files = house.files();
    house.run_as("2022-03-31", true).await;
    assert_eq!(house.files(), files);
}

#[tokio::test]
async fn a_failed_check_keeps_the_former_marts() {
    let mut house = House::with(indicator_models(&[("traffic.sql", TRAFFIC)])).await;
    messages(&mut house, &["2022-01-01"]).await;
    house.run("2022-03-31").await;
    let before = house.files();

    messages(&mut house, &["2022-01-01", "2022-01-02", "2022-01-03"]).await;
    let summary = house.run("2022-03-31").await;
    assert_eq!(summary.failed.len(), 1);
    let failed = &summary.failed[0];
    assert_eq!((failed.check.as_str(), failed.mart.as_str(), failed.rows), ("not_too_many", "traffic", 1));
    assert_eq!(failed.examples, ["month=2022-01, messages=3"]);
    assert_eq!(house.files(), before);
    assert_eq!(house.draft.published().run_id.as_deref(), Some("run-1"));
    let sql = "select run_id, \"check\", outcome, \"rows\", detail from ops.quality_checks where outcome = 'failed'";
    assert_eq!(house.rows(sql).await, ["run-2 | not_too_many | failed | 1 | month=2022-01, messages=3"]);

    // It fails again until the data is mended; then it is published.
    assert_eq!(house.run("2022-03-31").await.failed.len(), 1);
    messages(&mut house, &["2022-01-01", "2022-01-02"]).await;
    assert_eq!(house.run("2022-03-31").await.failed.len(), 0);
    assert_eq!(house.rows("select * from traffic").await, ["2022-01 | 2"]);
    assert_eq!(house.rows("select count(distinct run_id) from ops.quality_checks").await, ["4"]);
}

#[tokio::test]
async fn a_key_that_is_not_unique_is_a_failed_check() {
    let text = "/*\nmart: twice\ngrain: a row\nowner: a test\ndescription: A test.\ncolumns: { a: a }\norder: [a]\n*/\nselect 1 as a union all select 1 as a\n";
    let mut house = House::with(indicator_models(&[("twice.sql", text)])).await;
    let summary = house.run("2022-03-31").await;
    assert_eq!(summary.failed.len(), 1);
    assert_eq!(
        (summary.failed[0].check.as_str(), summary.failed[0].examples.as_slice()),
        ("unique_key", &["a=1".to_owned()][..])
    );
    assert!(house.files().is_empty());
}

#[tokio::test]
async fn readers_can_only_read() {
    let mut house = House::new().await;
    house.run("2022-03-31").await;
    let session = open_session(house.draft.storage(), house.draft.published(), &[]).await.unwrap();
    for sql in [
        "create table x as select 1",
        "select 1 into x",
        "insert into marts.indicators select 1",
        "copy (select 1) to '/tmp/x.csv'",
        "drop table marts.indicators",
        "set datafusion.execution.batch_size = 1",
    ] {
        assert!(query(&session, sql).await.is_err(), "{sql}");
    }
    assert!(query(&session, "select * from conformed.portal_users").await.is_err());
    assert_eq!(house.rows("select count(*) from ops.releases").await, ["0"]);
}

#[tokio::test]
async fn a_source_that_is_not_there_is_named() {
    let text = "/*\nintermediate: a\ngrain: a row\ndescription: A test.\n*/\nselect * from conformed.portal_usrs\n";
    let mut house = House::with(indicator_models(&[("a.sql", text)])).await;
    let context = crate::MartsContext {
        memory: Default::default(),
        run_id: "run",
        as_of: "2022-03-31".parse().unwrap(),
        known_on: None,
        models: &house.models,
        contracts: &peil_warehouse::contract::ContractSet::default(),
        quality: &crate::QualityRules::default(),
        threshold: 5,
        hidden_before: std::sync::Arc::default(),
        engine: &crate::Engine::Embedded,
        full: false,
        progress: &peil_warehouse::progress::Silent,
    };
    let message = crate::run(&context, &mut house.draft).await.unwrap_err().to_string();
    assert!(message.contains("a.sql") && message.contains("did you mean `conformed.portal_users`"), "{message}");
}
