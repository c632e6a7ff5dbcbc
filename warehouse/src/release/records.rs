//! The tables in which releases, their figures, and what has changed since
//! can be queried.

use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::table::{TableSpec, documented};

/// A row for each release.
pub const RELEASES_TABLE: &str = "ops/releases";
/// A row for each figure that changed since it was published.
pub const REVISIONS_TABLE: &str = "ops/revisions";
/// A row for each figure at each release.
pub const VINTAGES_TABLE: &str = "ops/vintages";

/// Why a figure changed, in the order in which the causes are told apart:
/// name of the column that holds the part of the difference, and what it says.
pub const CAUSES: [(&str, &str); 6] = [
    ("definition", "part of the difference that a changed definition or method makes"),
    ("composition", "part that mergers, and other changes of the list of authorities, make"),
    ("resolved_names", "part of references to authorities that resolve by an alias added since"),
    ("target", "part that changed targets make"),
    ("late_deliveries", "part of rows that were delivered since, under new keys"),
    ("corrections", "part of rows delivered since that replaced others, or of deliveries that no longer count"),
];

/// What the tables look like.
pub fn specs() -> [TableSpec; 3] {
    [releases(), revisions(), vintages()]
}

fn text(name: &str, comment: &str) -> Field {
    documented(Field::new(name, DataType::Utf8, true), comment)
}

fn number(name: &str, comment: &str) -> Field {
    documented(Field::new(name, DataType::Float64, true), comment)
}

fn day(name: &str, comment: &str) -> Field {
    documented(Field::new(name, DataType::Date32, true), comment)
}

fn moment(name: &str, comment: &str) -> Field {
    documented(Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true), comment)
}

fn releases() -> TableSpec {
    TableSpec::new(
        RELEASES_TABLE,
        "The figures of a period as published.",
        vec![
            text("release", "name of the release: the period, a further one with -r2 and so on"),
            text("period", "the period that was closed"),
            text("schema_name", "the schema in which its marts stand, as release_2022s1"),
            moment("closed_at", "when it was closed"),
            text("reason", "why the period was published again; empty for its first release"),
            text("run_id", "the run whose figures it holds"),
            day("as_of", "last day whose facts count in it"),
            day("known_on", "last delivery date that it uses; empty: all"),
            text("code_version", "the program that made the figures"),
            documented(Field::new("deliveries", DataType::Int64, true), "deliveries that the figures rest on"),
            documented(Field::new("files", DataType::Int64, true), "files that are kept of it"),
            text("sha256", "SHA-256 of its document, as it was when it was closed"),
        ],
    )
}

fn revisions() -> TableSpec {
    let mut columns = vec![
        text("release", "the last release that publishes the figure"),
        text("period", "the period of the figure"),
        text("indicator_id", "the indicator"),
        text("measure", "value or target; of a milestone planned or state"),
        number("published_value", "the figure as published; empty: there was none"),
        number("current_value", "the figure now; empty: there is none"),
        number("difference", "now less published, an empty figure as 0; the sum of the parts that follow"),
    ];
    columns.extend(CAUSES.map(|(name, comment)| number(name, comment)));
    columns.extend([
        text("published_text", "of a milestone: as published"),
        text("current_text", "of a milestone: now"),
        text("causes", "the causes that changed it, as the columns are called, parted by commas"),
        text("deliveries", "the deliveries that changed it, parted by commas"),
    ]);
    TableSpec::new(REVISIONS_TABLE, "The figures that have changed since they were last published.", columns)
}

fn vintages() -> TableSpec {
    TableSpec::new(
        VINTAGES_TABLE,
        "Each figure as it was at each release.",
        vec![
            text("release", "the release"),
            moment("closed_at", "when it was closed"),
            text("period", "the period of the figure"),
            text("indicator_id", "the indicator"),
            number("value", "its value at that release"),
            number("target", "its target at that release"),
            text("state", "of a milestone: its state at that release"),
            documented(
                Field::new("published", DataType::Boolean, true),
                "whether the figure is of the period that the release closed",
            ),
        ],
    )
}
