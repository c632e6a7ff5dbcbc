//! A thousand models at once: which of them run.

use super::{House, indicator_models};
use crate::ModelSet;

const SOURCES: [&str; 4] = ["security_plans", "security_qrc_sources", "catalogue_suppliers", "portal_tender_domains"];
const GROUPS: usize = 100;
/// Models of a group: nine that only the next one reads, and a mart.
const GROUP: usize = 10;

/// A hundred groups: each counts the rows of its source, and eight models in a
/// row add one. The last group reads the mart of the first instead.
fn files(first_of_group_7: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for group in 0..GROUPS {
        for step in 0..GROUP - 1 {
            let query = match step {
                0 if group == 7 => first_of_group_7.to_owned(),
                0 if group == GROUPS - 1 => "select number from marts.group_000".to_owned(),
                0 => format!("select count(*) as number from conformed.{}", SOURCES[group % SOURCES.len()]),
                _ => format!("select number + 1 as number from intermediate.group_{group:03}_{}", step - 1),
            };
            let header = format!("intermediate: group_{group:03}_{step}\ngrain: one row\ndescription: A test.");
            files.push((format!("group_{group:03}_{step}.sql"), format!("/*\n{header}\n*/\n{query}\n")));
        }
        let header = format!(
            "mart: group_{group:03}\ngrain: one row\nowner: a test\ndescription: A test.\ncolumns:\n  number: a number\norder: [number]"
        );
        let query = format!("select number from intermediate.group_{group:03}_{}", GROUP - 2);
        files.push((format!("group_{group:03}.sql"), format!("/*\n{header}\n*/\n{query}\n")));
    }
    files
}

fn with_thousand(first_of_group_7: &str) -> ModelSet {
    let files = files(first_of_group_7);
    assert_eq!(files.len(), 1000);
    indicator_models(&files.iter().map(|(place, text)| (place.as_str(), text.as_str())).collect::<Vec<_>>())
}

/// How many of the thousand ran: those of a run with them, less those of the
/// same run without them.
async fn ran(house: &mut House, without: &mut House) -> usize {
    house.run("2022-07-31").await.computed - without.run("2022-07-31").await.computed
}

#[tokio::test]
async fn of_a_thousand_models_only_those_run_that_a_change_touches() {
    let plain = "select count(*) as number from conformed.catalogue_suppliers";
    let mut house = House::with(with_thousand(plain)).await;
    let mut without = House::new().await;
    assert_eq!(ran(&mut house, &mut without).await, 1000);
    assert_eq!(ran(&mut house, &mut without).await, 0);

    // A quarter of the groups reads the plans, and the last one reads the
    // mart of one of these.
    for house in [&mut house, &mut without] {
        house.give("security_plans", "plan_id | made_on", &["p | 2022-01-01"]).await;
    }
    assert_eq!(ran(&mut house, &mut without).await, 26 * GROUP);
    assert_eq!(house.rows("select number from group_000").await, ["9"]);
    assert_eq!(house.rows("select number from group_001").await, ["8"]);
    assert_eq!(house.rows("select number from group_099").await, ["17"]);

    // A query that says something else: its group runs, and no other.
    house.models = with_thousand("select count(*) + 100 as number from conformed.catalogue_suppliers");
    // One more is the intermediate model that a check of the indicators reads:
    // it is computed in each run that computes at all, and here only one does.
    assert_eq!(ran(&mut house, &mut without).await, GROUP + 1);
    assert_eq!(house.rows("select number from group_007").await, ["108"]);
}
