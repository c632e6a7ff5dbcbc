use arrow::util::display::{ArrayFormatter, FormatOptions};
use peil_warehouse::table::{TableSpec, documented};

use super::*;
use crate::service::request::parse;

fn catalogue() -> Catalogue {
    let column = |name: &str, of: DataType, text: &str| documented(Field::new(name, of, true), text);
    let spec = TableSpec::new(
        "marts/indicator_values",
        "numeric indicator and period",
        vec![
            column("indicator_id", DataType::Utf8, "the indicator"),
            column("value", DataType::Float64, "the figure"),
            column("amount", DataType::Decimal128(18, 2), "euro"),
        ],
    );
    let state = TableState::empty(&spec).unwrap();
    Catalogue::of(&[("marts.indicator_values", &state)]).unwrap()
}

fn surroundings() -> Surroundings {
    Surroundings {
        user: "an".to_owned(),
        database: "peil".to_owned(),
        schemas: vec!["marts".to_owned()],
        variables: Variables::default(),
        number: 7,
        address: "127.0.0.1:1".to_owned(),
    }
}

fn answer(sql: &str) -> Answered<Vec<Vec<String>>> {
    let catalogue = catalogue();
    let plan = catalogue.plan(&*parse(sql)?, &surroundings())?;
    let batch = catalogue.run(&plan, &surroundings())?;
    let options = FormatOptions::default();
    let rows = 0..batch.num_rows();
    let cell =
        |column: &ArrayRef, row: usize| ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string();
    Ok(rows.map(|row| batch.columns().iter().map(|column| cell(column, row)).collect()).collect())
}

#[test]
fn what_clients_ask_is_answered() {
    for (sql, wanted) in [
        ("select 1", "1"),
        ("select current_database(), current_user, current_schema", "peil|an|marts"),
        ("select 'marts.indicator_values'::regclass::oid::regclass::text", "indicator_values"),
        ("select to_regclass('nothing') is null", "true"),
        ("select format_type(1700, ((18 << 16) | 2) + 4), format_type(1009, null)", "numeric(18,2)|text[]"),
        (
            "select array_to_string(array(select nspname from pg_namespace where nspname like 'ma%' order by 1), ',')",
            "marts",
        ),
        (
            "select (select count(*) from pg_attribute a where a.attrelid = c.oid) from pg_class c where relname = 'indicator_values'",
            "3",
        ),
        ("select obj_description('indicator_values'::regclass, 'pg_class')", "numeric indicator and period"),
        ("select col_description(c.oid, 2) from pg_class c where c.relname ~ '^(indicator_values)$'", "the figure"),
        (
            "select a.attname, t.typname from pg_attribute a left join pg_type t on t.oid = a.atttypid where a.attrelid = 'indicator_values'::regclass and a.attnum = 3",
            "amount|numeric",
        ),
        (
            "select data_type, ordinal_position, numeric_scale from information_schema.columns where table_schema = 'marts' and column_name = 'amount'",
            "numeric|3|2",
        ),
        ("select 'a' = any(array['b', 'a']), 3 in (1, 2), null is null", "true|false|true"),
        ("select string_agg(x, '-' order by x desc) from unnest(array['a','b']) x", "b-a"),
        (
            "with n as (select oid from pg_namespace where nspname = 'marts') select count(*) from pg_class c join n on n.oid = c.relnamespace",
            "1",
        ),
        ("select case when typtype = 'b' then 'base' else 'other' end from pg_type where typname = 'int4'", "base"),
        ("select typreceive::text from pg_type where oid = 23", "int4recv"),
        (
            "select attname, row_number() over (partition by attrelid order by attnum desc) from pg_attribute where attrelid = 'indicator_values'::regclass and attnum = 2",
            "value|1",
        ),
        ("select json_build_object('a', 1, 'b', 'x')", "{\"a\" : 1, \"b\" : \"x\"}"),
        ("select setting from pg_settings where name = 'server_version'", SERVER_VERSION),
        ("select current_setting('search_path'), current_setting('no.such', true)", "marts, ops|"),
    ] {
        let rows = answer(sql).unwrap_or_else(|fault| panic!("{sql}: {fault}"));
        assert_eq!(rows.iter().map(|row| row.join("|")).collect::<Vec<_>>(), [wanted], "{sql}");
    }
}

#[test]
fn what_is_wrong_has_its_sqlstate() {
    for (sql, wanted) in [
        ("select nosuch from pg_class", code::UNDEFINED_COLUMN),
        ("select nosuch()", code::UNDEFINED_FUNCTION),
        ("select 'nosuch'::regclass", code::UNDEFINED_TABLE),
        ("select 'x'::int", code::BAD_TEXT),
        ("select 1 / 0", "22012"),
        ("select oid from pg_class c join pg_namespace n on true", code::AMBIGUOUS),
        ("select current_setting('nosuch')", code::UNDEFINED_OBJECT),
    ] {
        assert_eq!(answer(sql).unwrap_err().code, wanted, "{sql}");
    }
}

#[test]
fn what_clients_sources_ask_is_understood() {
    let catalogue = catalogue();
    let text = include_str!("clients.sql");
    let mut asked = 0;
    for query in text.lines().filter(|line| !line.starts_with("--")) {
        let plan =
            catalogue.plan(&parse(query).unwrap(), &surroundings()).unwrap_or_else(|fault| panic!("{query}: {fault}"));
        catalogue.run(&plan, &surroundings()).unwrap_or_else(|fault| panic!("{query}: {fault}"));
        asked += 1;
    }
    assert!(asked > 20);
}
