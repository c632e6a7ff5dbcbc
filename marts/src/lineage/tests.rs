//! Lineage of small models, each of one shape of SQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::lineage;
use crate::ModelSet;
use crate::calendar::{self, Horizon};

fn tables() -> BTreeMap<String, SchemaRef> {
    let table = |columns: &[&str]| {
        let fields = columns.iter().map(|name| Field::new(*name, DataType::Int64, true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    };
    let calendar = calendar::calendar(&Horizon::default(), &[]).unwrap();
    let run = calendar.tables.iter().map(|(name, rows)| ((*name).to_owned(), rows.schema()));
    let own = [
        ("conformed.events".to_owned(), table(&["day", "person", "kind", "size"])),
        ("conformed.people".to_owned(), table(&["person", "town", "until"])),
    ];
    run.chain(own).collect()
}

/// `how table.column` of the column `x` of the mart that the query makes;
/// `intermediate.between` is another model, where one is given.
async fn of(query: &str, between: Option<&str>) -> Vec<String> {
    let mart = format!(
        "/*\nmart: made\ngrain: a row\nowner: V-ICT-OR\ndescription: A mart.\ncolumns:\n  x: what is asked\norder: [x]\n*/\n{query}\n"
    );
    let mut files = vec![("made.sql".to_owned(), mart)];
    files.extend(between.map(|query| {
        let text = format!("/*\nintermediate: between\ngrain: a row\ndescription: Between.\n*/\n{query}\n");
        ("between.sql".to_owned(), text)
    }));
    let found = lineage(&ModelSet::from_files(&files).unwrap(), &tables()).await.unwrap();
    let column = found.iter().find(|one| one.mart == "made" && one.column == "x").unwrap();
    let told = column.sources.told();
    let told = told.map(|(s, how)| format!("{how} {}.{}", s.table.trim_start_matches("conformed."), s.column));
    told.collect()
}

#[tokio::test]
async fn a_value_is_the_column_or_made_of_it() {
    assert_eq!(of("select e.size as x from conformed.events e", None).await, ["direct events.size"]);
    assert_eq!(of("select cast(size as varchar) as x from conformed.events", None).await, ["direct events.size"]);
    assert_eq!(
        of("select case when kind = 1 then size else 0 end as x from conformed.events", None).await,
        ["expression events.kind", "expression events.size"]
    );
    assert!(of("select 1 as x", None).await.is_empty());
}

#[tokio::test]
async fn what_decides_on_rows_is_told_apart_from_values() {
    let query = "with big as (select person, size from conformed.events where size > 3)
        select sum(b.size) as x from big b join conformed.people p on p.person = b.person group by p.town";
    assert_eq!(
        of(query, None).await,
        [
            "join events.person",
            "aggregate events.size",
            "filter events.size",
            "join people.person",
            "group people.town"
        ]
    );
}

#[tokio::test]
async fn a_left_join_tells_its_keys_only_of_what_it_brings() {
    let from = "from conformed.events e left join conformed.people p on p.person = e.person and p.until is null";
    assert_eq!(of(&format!("select e.day as x {from}"), None).await, ["direct events.day"]);
    assert_eq!(
        of(&format!("select p.town as x {from}"), None).await,
        ["join events.person", "join people.person", "direct people.town", "join people.until"]
    );
}

#[tokio::test]
async fn rows_that_are_counted_are_a_source_and_unions_add_up() {
    assert_eq!(
        of("select count(*) as x from conformed.events where kind = 2", None).await,
        ["aggregate events.*", "filter events.kind"]
    );
    let query = "select day as x from conformed.events union all select until from conformed.people";
    assert_eq!(of(query, None).await, ["direct events.day", "direct people.until"]);
}

#[tokio::test]
async fn windows_and_subqueries_are_followed() {
    let query = "select row_number() over (partition by person order by day) + size as x from conformed.events";
    assert_eq!(
        of(query, None).await,
        ["aggregate events.*", "group events.day", "group events.person", "expression events.size"]
    );
    let query = "select p.town as x from conformed.people p
        where exists (select 1 from conformed.events e where e.person = p.person and e.kind = 1)
        and p.until > (select max(day) from conformed.events)";
    assert_eq!(
        of(query, None).await,
        [
            "filter events.day",
            "filter events.kind",
            "filter events.person",
            "filter people.person",
            "direct people.town",
            "filter people.until"
        ]
    );
}

#[tokio::test]
async fn other_models_are_seen_through() {
    let between = "select person, count(distinct day) as days from conformed.events where kind = 1 group by person";
    assert_eq!(
        of("select days * 2 as x from intermediate.between", Some(between)).await,
        ["aggregate events.day", "filter events.kind", "group events.person"]
    );
}

#[tokio::test]
async fn a_recursive_query_ends() {
    let query = "with recursive up as (
            select person, town as place from conformed.people
            union all
            select p.person, u.place + p.until from conformed.people p join up u on u.person = p.town where u.place < 9)
        select place as x from up";
    let found = of(query, None).await;
    for wanted in ["direct people.town", "expression people.until", "join people.person", "filter people.town"] {
        assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
    }
}
