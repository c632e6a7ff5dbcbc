//! The types of PostgreSQL that clients know by name and number.

/// A type: number, name, name in SQL, length, category, number of its list,
/// the function that receives it.
#[derive(Debug, Clone, Copy)]
pub struct PgType {
    /// Its number.
    pub oid: u32,
    /// Its name.
    pub name: &'static str,
    /// Its name in SQL.
    pub sql: &'static str,
    /// Its bytes; -1 where they vary.
    pub size: i16,
    /// Its category.
    pub category: char,
    /// The number of the type of a list of it.
    pub list: u32,
    /// Base, pseudo or domain: `b`, `p`.
    pub class: char,
}

const fn of(oid: u32, name: &'static str, sql: &'static str, size: i16, category: char, list: u32) -> PgType {
    PgType { oid, name, sql, size, category, list, class: 'b' }
}

const fn pseudo(oid: u32, name: &'static str) -> PgType {
    PgType { oid, name, sql: name, size: 4, category: 'P', list: 0, class: 'p' }
}

/// The types, without those of lists.
pub const TYPES: [PgType; 46] = [
    of(16, "bool", "boolean", 1, 'B', 1000),
    of(17, "bytea", "bytea", -1, 'U', 1001),
    of(18, "char", "\"char\"", 1, 'Z', 1002),
    of(19, "name", "name", 64, 'S', 1003),
    of(20, "int8", "bigint", 8, 'N', 1016),
    of(21, "int2", "smallint", 2, 'N', 1005),
    of(22, "int2vector", "int2vector", -1, 'A', 1006),
    of(23, "int4", "integer", 4, 'N', 1007),
    of(24, "regproc", "regproc", 4, 'N', 1008),
    of(25, "text", "text", -1, 'S', 1009),
    of(26, "oid", "oid", 4, 'N', 1028),
    of(27, "tid", "tid", 6, 'U', 1010),
    of(28, "xid", "xid", 4, 'U', 1011),
    of(29, "cid", "cid", 4, 'U', 1012),
    of(30, "oidvector", "oidvector", -1, 'A', 1013),
    of(114, "json", "json", -1, 'U', 199),
    of(142, "xml", "xml", -1, 'U', 143),
    of(194, "pg_node_tree", "pg_node_tree", -1, 'Z', 0),
    of(700, "float4", "real", 4, 'N', 1021),
    of(701, "float8", "double precision", 8, 'N', 1022),
    of(705, "unknown", "unknown", -2, 'X', 0),
    of(790, "money", "money", 8, 'N', 791),
    of(829, "macaddr", "macaddr", 6, 'U', 1040),
    of(869, "inet", "inet", -1, 'I', 1041),
    of(650, "cidr", "cidr", -1, 'I', 651),
    of(1033, "aclitem", "aclitem", 16, 'U', 1034),
    of(1042, "bpchar", "character", -1, 'S', 1014),
    of(1043, "varchar", "character varying", -1, 'S', 1015),
    of(1082, "date", "date", 4, 'D', 1182),
    of(1083, "time", "time without time zone", 8, 'D', 1183),
    of(1114, "timestamp", "timestamp without time zone", 8, 'D', 1115),
    of(1184, "timestamptz", "timestamp with time zone", 8, 'D', 1185),
    of(1186, "interval", "interval", 16, 'T', 1187),
    of(1266, "timetz", "time with time zone", 12, 'D', 1270),
    of(1560, "bit", "bit", -1, 'V', 1561),
    of(1562, "varbit", "bit varying", -1, 'V', 1563),
    of(1700, "numeric", "numeric", -1, 'N', 1231),
    of(2205, "regclass", "regclass", 4, 'N', 2210),
    of(2206, "regtype", "regtype", 4, 'N', 2211),
    of(2950, "uuid", "uuid", 16, 'U', 2951),
    of(3802, "jsonb", "jsonb", -1, 'U', 3807),
    of(4089, "regnamespace", "regnamespace", 4, 'N', 4090),
    of(4096, "regrole", "regrole", 4, 'N', 4097),
    pseudo(2249, "record"),
    pseudo(2277, "anyarray"),
    pseudo(2278, "void"),
];

/// A type by its number; also that of a list, with `true`.
pub fn by_oid(oid: u32) -> Option<(&'static PgType, bool)> {
    let of_list = |found: &&PgType| found.list == oid && oid != 0;
    TYPES
        .iter()
        .find(|found| found.oid == oid)
        .map(|found| (found, false))
        .or_else(|| TYPES.iter().find(of_list).map(|found| (found, true)))
}

/// The number of a type by one of its names.
pub fn by_name(name: &str) -> Option<u32> {
    let bare = name.trim().trim_start_matches("pg_catalog.").trim_matches('"');
    if let Some(element) = bare.strip_suffix("[]") {
        return by_name(element).and_then(by_oid).map(|(found, _)| found.list);
    }
    if let Some(element) = bare.strip_prefix('_') {
        return TYPES.iter().find(|found| found.name == element).map(|found| found.list);
    }
    let bare = match bare {
        "int" => "integer",
        "double" => "double precision",
        "timestamp" => "timestamp without time zone",
        "decimal" => "numeric",
        other => other,
    };
    TYPES.iter().find(|found| found.name == bare || found.sql == bare).map(|found| found.oid)
}

/// The bytes of a type.
pub fn size_of(oid: u32) -> i16 {
    by_oid(oid).map_or(-1, |(found, of_list)| if of_list { -1 } else { found.size })
}

/// A type as SQL writes it, with its modifier.
pub fn shown(oid: u32, modifier: Option<i64>) -> String {
    let Some((found, of_list)) = by_oid(oid) else {
        return if oid == 0 { "-".to_owned() } else { "???".to_owned() };
    };
    let modifier = modifier.filter(|modifier| *modifier >= 4).map(|modifier| modifier - 4);
    let name = match (found.name, modifier) {
        ("numeric", Some(modifier)) => format!("numeric({},{})", modifier >> 16, modifier & 0xffff),
        ("varchar", Some(length)) => format!("character varying({length})"),
        ("bpchar", Some(length)) => format!("character({length})"),
        _ => found.sql.to_owned(),
    };
    if of_list { format!("{name}[]") } else { name }
}

/// The name of the function that receives a type.
pub fn receiver(found: &PgType) -> String {
    match found.name {
        "json" | "jsonb" | "xml" | "uuid" | "timestamptz" | "timestamp" | "interval" | "date" | "time" | "timetz"
        | "numeric" | "inet" | "cidr" | "bit" | "varbit" | "money" | "macaddr" => {
            format!("{}_recv", found.name.replace("money", "cash"))
        }
        "record" => "record_recv".to_owned(),
        name => format!("{name}recv"),
    }
}
