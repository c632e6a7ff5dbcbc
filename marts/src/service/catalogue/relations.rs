//! The tables of `pg_catalog` and `information_schema`, filled from what is
//! published.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use peil_warehouse::Result;
use peil_warehouse::table::{COMMENT, TableState};

use super::types::{self, TYPES};
use super::value::{Kind, Value};
use crate::service::DATABASE;
use crate::service::variables::Variables;

/// The shape of every table, a line each.
const SHAPES: &str = include_str!("shapes.txt");
/// The owner of everything.
pub const OWNER: i64 = 10;
const PG_CATALOG: i64 = 11;
const PUBLIC: i64 = 2200;
const INFORMATION_SCHEMA: i64 = 13_000;
const DATABASE_OID: i64 = 16_384;
/// Where the numbers of tables begin.
const FIRST_TABLE: i64 = 100_000;

/// A table of the catalogue.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Its number.
    pub oid: i64,
    /// Its columns; after those, `tableoid` and `xmin`, which no `*` gives.
    pub columns: Vec<(String, Kind)>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

/// Columns that are there and not shown.
pub const HIDDEN: usize = 2;

/// Names by number, for what is written as a name.
#[derive(Debug, Default)]
pub struct Names {
    /// Tables: number to schema and name.
    pub classes: BTreeMap<i64, (String, String)>,
    /// Schemas.
    pub schemas: BTreeMap<i64, String>,
    /// Functions.
    pub functions: BTreeMap<i64, String>,
    /// Comments: table and column (0: the table) to text.
    pub comments: BTreeMap<(i64, i64), String>,
    /// Bytes of each table.
    pub bytes: BTreeMap<i64, i64>,
}

/// A number that follows from a name alone, so that it stays when others come.
fn number(name: &str) -> i64 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    FIRST_TABLE + i64::from(hash % 1_000_000_000)
}

/// The type of a column of a mart: number and modifier.
fn type_of(field: &Field) -> (u32, i64) {
    let oid = |data_type: &DataType| match data_type {
        DataType::Boolean => 16,
        DataType::Int16 => 21,
        DataType::Int32 => 23,
        DataType::Int64 => 20,
        DataType::Float32 => 700,
        DataType::Float64 => 701,
        DataType::Decimal128(..) => 1700,
        DataType::Date32 => 1082,
        DataType::Timestamp(_, Some(_)) => 1184,
        DataType::Timestamp(_, None) => 1114,
        _ => 25,
    };
    match field.data_type() {
        DataType::Decimal128(digits, scale) => (1700, ((i64::from(*digits) << 16) | i64::from(*scale)) + 4),
        DataType::List(element) => (types::by_oid(oid(element.data_type())).map_or(1009, |(found, _)| found.list), -1),
        other => (oid(other), -1),
    }
}

struct Filling {
    relations: BTreeMap<String, Relation>,
}

impl Filling {
    fn shapes() -> Self {
        let mut relations = BTreeMap::new();
        for (place, line) in SHAPES.lines().enumerate() {
            let Some((name, columns)) = line.split_once(": ") else { continue };
            let columns = columns.split(", ").filter_map(|column| {
                let (name, of_type) = column.split_once(' ')?;
                Some((name.to_owned(), Kind::named(of_type).unwrap_or(Kind::Text)))
            });
            let hidden = [("tableoid".to_owned(), Kind::Oid), ("xmin".to_owned(), Kind::Xid)];
            let oid = match name {
                "pg_catalog.pg_class" => 1259,
                "pg_catalog.pg_type" => 1247,
                "pg_catalog.pg_proc" => 1255,
                "pg_catalog.pg_attribute" => 1249,
                "pg_catalog.pg_namespace" => 2615,
                "pg_catalog.pg_database" => 1262,
                "pg_catalog.pg_constraint" => 2606,
                "pg_catalog.pg_description" => 2609,
                "pg_catalog.pg_attrdef" => 2604,
                _ => 12_000 + place as i64,
            };
            let columns = columns.chain(hidden).collect();
            relations.insert(name.to_owned(), Relation { oid, columns, rows: Vec::new() });
        }
        Self { relations }
    }

    /// Adds a row; what is not given is 0, false or unknown.
    fn row(&mut self, relation: &str, values: &[(&str, Value)]) {
        let Some(relation) = self.relations.get_mut(relation) else { return };
        let oid = relation.oid;
        let row = relation.columns.iter().map(|(name, kind)| {
            if let Some((_, value)) = values.iter().find(|(given, _)| given == name) {
                return value.clone();
            }
            match (name.as_str(), kind) {
                ("tableoid", _) => Value::Int(oid),
                ("xmin", _) => Value::Int(1),
                (_, Kind::Bool) => Value::Bool(false),
                (_, Kind::Int2 | Kind::Int4 | Kind::Oid | Kind::Regproc | Kind::Xid) => Value::Int(0),
                (_, Kind::Float4) => Value::Float(0.0),
                (_, Kind::Char) => Value::text(""),
                _ => Value::Null,
            }
        });
        let row = row.collect();
        relation.rows.push(row);
    }
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn yes(value: bool) -> Value {
    text(if value { "YES" } else { "NO" })
}

/// Every table of the catalogue, over the tables `schema.table` of the
/// warehouse.
///
/// # Errors
/// Where the pointer holds no valid schema.
pub fn fill(tables: &[(&str, &TableState)]) -> Result<(BTreeMap<String, Arc<Relation>>, Names)> {
    let mut filling = Filling::shapes();
    let mut names = Names::default();
    let mut schemas: BTreeMap<String, i64> = BTreeMap::from([
        ("pg_catalog".to_owned(), PG_CATALOG),
        ("public".to_owned(), PUBLIC),
        ("information_schema".to_owned(), INFORMATION_SCHEMA),
    ]);
    for (relation, _) in tables {
        if let Some((schema, _)) = relation.split_once('.') {
            schemas.entry(schema.to_owned()).or_insert_with(|| number(schema));
        }
    }
    for (schema, oid) in &schemas {
        names.schemas.insert(*oid, schema.clone());
        filling.row(
            "pg_catalog.pg_namespace",
            &[("oid", Value::Int(*oid)), ("nspname", text(schema)), ("nspowner", Value::Int(OWNER))],
        );
        filling.row(
            "information_schema.schemata",
            &[("catalog_name", text(DATABASE)), ("schema_name", text(schema)), ("schema_owner", text(DATABASE))],
        );
        let comment = match schema.as_str() {
            "marts" => "figures for readers, as published last",
            "ops" => "the warehouse's own records",
            other if other.starts_with("release_") => "figures of a closed period, as they were published",
            _ => continue,
        };
        filling.row(
            "pg_catalog.pg_description",
            &[("objoid", Value::Int(*oid)), ("classoid", Value::Int(2615)), ("description", text(comment))],
        );
    }
    for (relation, state) in tables {
        let Some((schema, table)) = relation.split_once('.') else { continue };
        let arrow = state.arrow_schema()?;
        let columns: Vec<Column> = arrow.fields().iter().map(|field| Column::of(field)).collect();
        let bytes = state.files.iter().map(|file| file.size).sum::<u64>();
        let facts = Facts { kind: "r", rows: state.rows(), bytes, description: &state.description };
        relation_rows(&mut filling, &mut names, (schema, schemas[schema]), (table, number(relation)), &columns, &facts);
    }
    let own: Vec<_> =
        filling.relations.iter().map(|(name, found)| (name.clone(), found.oid, found.columns.clone())).collect();
    for (name, oid, columns) in own {
        let Some((schema, table)) = name.split_once('.') else { continue };
        let shown = &columns[..columns.len() - HIDDEN];
        let columns: Vec<Column> = shown
            .iter()
            .map(|(name, kind)| Column {
                name: name.clone(),
                oid: kind.oid(),
                modifier: -1,
                nullable: true,
                comment: None,
            })
            .collect();
        let facts = Facts { kind: if schema == "pg_catalog" { "r" } else { "v" }, rows: 0, bytes: 0, description: "" };
        relation_rows(&mut filling, &mut names, (schema, schemas[schema]), (table, oid), &columns, &facts);
    }
    type_rows(&mut filling, &mut names);
    fixed_rows(&mut filling);
    let relations = filling.relations.into_iter().map(|(name, relation)| (name, Arc::new(relation))).collect();
    Ok((relations, names))
}

struct Column {
    name: String,
    oid: u32,
    modifier: i64,
    nullable: bool,
    comment: Option<String>,
}

impl Column {
    fn of(field: &Field) -> Self {
        let (oid, modifier) = type_of(field);
        let comment = field.metadata().get(COMMENT).cloned();
        Self { name: field.name().clone(), oid, modifier, nullable: field.is_nullable(), comment }
    }
}

struct Facts<'a> {
    kind: &'static str,
    rows: u64,
    bytes: u64,
    description: &'a str,
}

fn relation_rows(
    filling: &mut Filling,
    names: &mut Names,
    (schema, namespace): (&str, i64),
    (table, oid): (&str, i64),
    columns: &[Column],
    facts: &Facts<'_>,
) {
    let ours = !["pg_catalog", "information_schema"].contains(&schema);
    names.classes.insert(oid, (schema.to_owned(), table.to_owned()));
    names.bytes.insert(oid, i64::try_from(facts.bytes).unwrap_or(i64::MAX));
    filling.row(
        "pg_catalog.pg_class",
        &[
            ("oid", Value::Int(oid)),
            ("relname", text(table)),
            ("relnamespace", Value::Int(namespace)),
            ("relowner", Value::Int(OWNER)),
            ("relam", Value::Int(if facts.kind == "r" { 2 } else { 0 })),
            ("relfilenode", Value::Int(oid)),
            // There are no pages: a client that would read by pages (DuckDB)
            // reads the whole.
            ("relpages", Value::Int(0)),
            ("reltuples", Value::Float(facts.rows as f64)),
            ("relpersistence", text("p")),
            ("relkind", text(facts.kind)),
            ("relnatts", Value::Int(columns.len() as i64)),
            ("relispopulated", Value::Bool(true)),
            ("relreplident", text("n")),
        ],
    );
    let list = if facts.kind == "r" { "pg_catalog.pg_tables" } else { "pg_catalog.pg_views" };
    let name = if facts.kind == "r" { "tablename" } else { "viewname" };
    let owner = if facts.kind == "r" { "tableowner" } else { "viewowner" };
    filling.row(list, &[("schemaname", text(schema)), (name, text(table)), (owner, text(DATABASE))]);
    let place = [("table_catalog", text(DATABASE)), ("table_schema", text(schema)), ("table_name", text(table))];
    let with = |more: &[(&'static str, Value)]| -> Vec<(&str, Value)> {
        place.iter().cloned().chain(more.iter().cloned()).collect()
    };
    let kind = if facts.kind == "r" { "BASE TABLE" } else { "VIEW" };
    filling.row(
        "information_schema.tables",
        &with(&[("table_type", text(kind)), ("is_insertable_into", yes(false)), ("is_typed", yes(false))]),
    );
    if ours {
        let grant = with(&[
            ("grantor", text(DATABASE)),
            ("grantee", text("PUBLIC")),
            ("privilege_type", text("SELECT")),
            ("is_grantable", yes(false)),
            ("with_hierarchy", yes(false)),
        ]);
        filling.row("information_schema.table_privileges", &grant);
        filling.row("information_schema.role_table_grants", &grant);
        filling.row(
            "pg_catalog.pg_stat_user_tables",
            &[
                ("relid", Value::Int(oid)),
                ("schemaname", text(schema)),
                ("relname", text(table)),
                ("n_live_tup", Value::Int(facts.rows as i64)),
            ],
        );
    }
    let comment = |filling: &mut Filling, names: &mut Names, column: i64, words: &str| {
        if words.is_empty() {
            return;
        }
        names.comments.insert((oid, column), words.to_owned());
        filling.row(
            "pg_catalog.pg_description",
            &[
                ("objoid", Value::Int(oid)),
                ("classoid", Value::Int(1259)),
                ("objsubid", Value::Int(column)),
                ("description", text(words)),
            ],
        );
    };
    comment(filling, names, 0, facts.description);
    for (place, column) in columns.iter().enumerate() {
        let number = place as i64 + 1;
        let (found, of_list) = types::by_oid(column.oid).unwrap_or((&TYPES[9], false));
        let collated = found.category == 'S';
        filling.row(
            "pg_catalog.pg_attribute",
            &[
                ("attrelid", Value::Int(oid)),
                ("attname", text(&column.name)),
                ("atttypid", Value::Int(i64::from(column.oid))),
                ("attlen", Value::Int(i64::from(types::size_of(column.oid)))),
                ("attnum", Value::Int(number)),
                ("atttypmod", Value::Int(column.modifier)),
                ("attndims", Value::Int(i64::from(of_list))),
                ("attstorage", text(if found.size < 0 { "x" } else { "p" })),
                ("attalign", text("i")),
                ("attnotnull", Value::Bool(!column.nullable)),
                ("attislocal", Value::Bool(true)),
                ("attstattarget", Value::Int(-1)),
                ("attcollation", Value::Int(if collated { 100 } else { 0 })),
            ],
        );
        if let Some(words) = &column.comment {
            comment(filling, names, number, words);
        }
        let (precision, radix, scale) = match (found.name, column.modifier) {
            ("int2", _) => (Value::Int(16), Value::Int(2), Value::Int(0)),
            ("int4", _) => (Value::Int(32), Value::Int(2), Value::Int(0)),
            ("int8", _) => (Value::Int(64), Value::Int(2), Value::Int(0)),
            ("float8", _) => (Value::Int(53), Value::Int(2), Value::Null),
            ("numeric", modifier) if modifier > 4 => {
                (Value::Int((modifier - 4) >> 16), Value::Int(10), Value::Int((modifier - 4) & 0xffff))
            }
            _ => (Value::Null, Value::Null, Value::Null),
        };
        let seconds = match found.name {
            "timestamp" | "timestamptz" => Value::Int(6),
            "date" => Value::Int(0),
            _ => Value::Null,
        };
        filling.row(
            "information_schema.columns",
            &with(&[
                ("column_name", text(&column.name)),
                ("ordinal_position", Value::Int(number)),
                ("is_nullable", yes(column.nullable)),
                ("data_type", text(if of_list { "ARRAY" } else { found.sql })),
                ("numeric_precision", precision),
                ("numeric_precision_radix", radix),
                ("numeric_scale", scale),
                ("datetime_precision", seconds),
                ("udt_catalog", text(DATABASE)),
                ("udt_schema", text("pg_catalog")),
                ("udt_name", text(&if of_list { format!("_{}", found.name) } else { found.name.to_owned() })),
                ("dtd_identifier", text(&number.to_string())),
                ("is_self_referencing", yes(false)),
                ("is_identity", yes(false)),
                ("identity_cycle", yes(false)),
                ("is_generated", text("NEVER")),
                ("is_updatable", yes(false)),
            ]),
        );
    }
}

fn type_rows(filling: &mut Filling, names: &mut Names) {
    let mut functions: BTreeMap<String, i64> = BTreeMap::new();
    for found in &TYPES {
        let receiver = types::receiver(found);
        let known = functions.len() as i64;
        functions.entry(receiver).or_insert(2_400 + known);
    }
    functions.insert("array_recv".to_owned(), 2_399);
    for (name, oid) in &functions {
        names.functions.insert(*oid, name.clone());
        filling.row(
            "pg_catalog.pg_proc",
            &[
                ("oid", Value::Int(*oid)),
                ("proname", text(name)),
                ("pronamespace", Value::Int(PG_CATALOG)),
                ("proowner", Value::Int(OWNER)),
                ("prolang", Value::Int(12)),
                ("prokind", text("f")),
                ("provolatile", text("i")),
                ("proparallel", text("s")),
                ("prorettype", Value::Int(2281)),
            ],
        );
    }
    for found in &TYPES {
        let receiver = functions[&types::receiver(found)];
        let common =
            |oid: u32, name: &str, size: i16, category: char, element: u32, list: u32, receiver: i64, class: &str| {
                vec![
                    ("oid", Value::Int(i64::from(oid))),
                    ("typname", text(name)),
                    ("typnamespace", Value::Int(PG_CATALOG)),
                    ("typowner", Value::Int(OWNER)),
                    ("typlen", Value::Int(i64::from(size))),
                    ("typbyval", Value::Bool((1..=8).contains(&size))),
                    ("typtype", text(class)),
                    ("typcategory", text(&category.to_string())),
                    ("typisdefined", Value::Bool(true)),
                    ("typdelim", text(",")),
                    ("typelem", Value::Int(i64::from(element))),
                    ("typarray", Value::Int(i64::from(list))),
                    ("typinput", Value::Int(receiver)),
                    ("typoutput", Value::Int(receiver)),
                    ("typreceive", Value::Int(receiver)),
                    ("typsend", Value::Int(receiver)),
                    ("typalign", text("i")),
                    ("typstorage", text(if size < 0 { "x" } else { "p" })),
                    ("typtypmod", Value::Int(-1)),
                    ("typcollation", Value::Int(if category == 'S' { 100 } else { 0 })),
                ]
            };
        let class = found.class.to_string();
        let row = common(found.oid, found.name, found.size, found.category, 0, found.list, receiver, &class);
        filling.row("pg_catalog.pg_type", &row);
        if found.list != 0 {
            let row = common(found.list, &format!("_{}", found.name), -1, 'A', found.oid, 0, 2_399, "b");
            filling.row("pg_catalog.pg_type", &row);
        }
    }
}

fn fixed_rows(filling: &mut Filling) {
    filling.row(
        "pg_catalog.pg_database",
        &[
            ("oid", Value::Int(DATABASE_OID)),
            ("datname", text(DATABASE)),
            ("datdba", Value::Int(OWNER)),
            ("encoding", Value::Int(6)),
            ("datlocprovider", text("c")),
            ("datallowconn", Value::Bool(true)),
            ("datconnlimit", Value::Int(-1)),
            ("dattablespace", Value::Int(1663)),
            ("datcollate", text("C")),
            ("datctype", text("C")),
        ],
    );
    filling.row(
        "pg_catalog.pg_roles",
        &[
            ("rolname", text(DATABASE)),
            ("rolinherit", Value::Bool(true)),
            ("rolcanlogin", Value::Bool(false)),
            ("rolconnlimit", Value::Int(-1)),
            ("oid", Value::Int(OWNER)),
        ],
    );
    filling.row("pg_catalog.pg_user", &[("usename", text(DATABASE)), ("usesysid", Value::Int(OWNER))]);
    filling.row("pg_catalog.pg_am", &[("oid", Value::Int(2)), ("amname", text("heap")), ("amtype", text("t"))]);
    filling.row(
        "pg_catalog.pg_tablespace",
        &[("oid", Value::Int(1663)), ("spcname", text("pg_default")), ("spcowner", Value::Int(OWNER))],
    );
    for (oid, name) in [(12, "internal"), (14, "sql")] {
        filling.row(
            "pg_catalog.pg_language",
            &[("oid", Value::Int(oid)), ("lanname", text(name)), ("lanowner", Value::Int(OWNER))],
        );
    }
    for (oid, name) in [(100, "default"), (950, "C")] {
        filling.row(
            "pg_catalog.pg_collation",
            &[
                ("oid", Value::Int(oid)),
                ("collname", text(name)),
                ("collnamespace", Value::Int(PG_CATALOG)),
                ("collowner", Value::Int(OWNER)),
                ("collprovider", text("c")),
                ("collisdeterministic", Value::Bool(true)),
                ("collencoding", Value::Int(-1)),
            ],
        );
    }
    filling.row("information_schema.information_schema_catalog_name", &[("catalog_name", text(DATABASE))]);
    filling.row("information_schema.enabled_roles", &[("role_name", text(DATABASE))]);
    filling.row("information_schema.character_sets", &[("character_set_name", text("UTF8"))]);
    for (name, value) in Variables::default().all() {
        filling.row(
            "pg_catalog.pg_settings",
            &[
                ("name", text(&name)),
                ("setting", text(&value)),
                ("context", text("user")),
                ("vartype", text("string")),
                ("source", text("default")),
                ("boot_val", text(&value)),
                ("reset_val", text(&value)),
            ],
        );
    }
}
