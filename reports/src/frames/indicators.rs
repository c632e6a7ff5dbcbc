//! The published indicator tables: every indicator under its programme and
//! section, with the year before, the quarters and the two following years.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Colophon;
use super::milestones::{Mark, Milestones};
use super::table::{Kind, Table};
use super::values::{Figure, Status, Values};

/// Programmes in the order of the published tables, with the name that
/// readers know. One that is not here follows under its own code.
const PROGRAMMES: [(&str, &str); 4] = [
    ("vlavirgem", "VlaVirGem-tool"),
    ("oplossingscatalogus", "Oplossingscatalogus"),
    ("informatieveiligheid", "Informatieveiligheids- en GDPR-tool"),
    ("lb365", "Proeftuin LB365"),
];
const MILESTONE: &str = "milestone";

/// What an indicator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// Its code, as `VVG-TK-01`.
    pub id: String,
    /// Code of its programme.
    pub programme: String,
    /// Section of the published table.
    pub section: String,
    /// Name, in Dutch.
    pub label: String,
    /// How it counts: `stock`, `flow`, …, `milestone`.
    pub kind: String,
    /// What it counts, in Dutch; empty for a milestone.
    pub unit: String,
    /// Definition, in Dutch.
    pub definition: String,
}

impl Indicator {
    /// Whether it is planned work, without a number.
    pub fn is_milestone(&self) -> bool {
        self.kind == MILESTONE
    }
}

/// A row of the published tables.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// An indicator with numbers.
    Numeric(Box<NumericRow>),
    /// A milestone.
    Milestone(Box<MilestoneRow>),
}

impl Row {
    /// The indicator of the row.
    pub fn indicator(&self) -> &Indicator {
        match self {
            Self::Numeric(row) => &row.indicator,
            Self::Milestone(row) => &row.indicator,
        }
    }
}

/// An indicator with numbers, in the year of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericRow {
    /// The indicator.
    pub indicator: Indicator,
    /// Baseline of the year before, else its value.
    pub baseline: Option<f64>,
    /// The four quarters.
    pub quarters: [Figure; 4],
    /// The year itself.
    pub year: Figure,
    /// The two following years.
    pub following: [Figure; 2],
    /// The period of the report.
    pub in_period: Figure,
    /// Target of the year.
    pub year_target: Option<f64>,
}

/// A milestone, in the year of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneRow {
    /// The indicator.
    pub indicator: Indicator,
    /// Marks of the year before.
    pub baseline: Vec<Mark>,
    /// Marks of the four quarters; one of a semester or of the year stands in
    /// its last quarter.
    pub quarters: [Vec<Mark>; 4],
    /// Marks of the two following years.
    pub following: [Vec<Mark>; 2],
    /// Marks inside the period of the report.
    pub in_period: Vec<Mark>,
}

/// A section of a programme.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Name, in Dutch.
    pub name: String,
    /// Its indicators.
    pub rows: Vec<Row>,
}

/// A programme.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    /// Its code, as `lb365`.
    pub code: String,
    /// Name, in Dutch.
    pub name: String,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// The published tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicators {
    /// Programmes in the published order.
    pub programmes: Vec<Programme>,
}

impl Indicators {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        colophon: &Colophon,
        values: &Values,
    ) -> Result<Self> {
        let milestones = Milestones::read(storage, published).await?;
        let year_rows = YearRow::read(storage, published, colophon.year()).await?;
        let source = Source { colophon, values, milestones, year_rows };
        let mut programmes: Vec<Programme> = Vec::new();
        for indicator in read_indicators(storage, published).await? {
            if programmes.last().is_none_or(|last| last.code != indicator.programme) {
                let code = indicator.programme.clone();
                programmes.push(Programme { name: programme_name(&code).to_owned(), code, sections: Vec::new() });
            }
            let Some(programme) = programmes.last_mut() else { continue };
            let row = source.row(indicator);
            let name = row.indicator().section.clone();
            match programme.sections.iter_mut().find(|section| section.name == name) {
                Some(section) => section.rows.push(row),
                None => programme.sections.push(Section { name, rows: vec![row] }),
            }
        }
        Ok(Self { programmes })
    }

    /// The name of an indicator or a milestone.
    pub fn label(&self, id: &str) -> Option<&str> {
        self.rows().map(Row::indicator).find(|indicator| indicator.id == id).map(|indicator| indicator.label.as_str())
    }

    /// The name of an indicator with numbers, with its section where another
    /// of the programme bears the same name.
    pub fn distinct_label(&self, indicator: &Indicator) -> String {
        let alike = |row: &&NumericRow| {
            row.indicator.programme == indicator.programme && row.indicator.label == indicator.label
        };
        match self.numeric().filter(alike).count() {
            0 | 1 => indicator.label.clone(),
            _ => format!("{} ({})", indicator.label, indicator.section),
        }
    }

    /// Every row, in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.programmes.iter().flat_map(|programme| &programme.sections).flat_map(|section| &section.rows)
    }

    /// The rows with numbers, in order.
    pub fn numeric(&self) -> impl Iterator<Item = &NumericRow> {
        self.rows().filter_map(|row| match row {
            Row::Numeric(row) => Some(row.as_ref()),
            Row::Milestone(_) => None,
        })
    }

    /// The milestones, in order.
    pub fn milestones(&self) -> impl Iterator<Item = &MilestoneRow> {
        self.rows().filter_map(|row| match row {
            Row::Milestone(row) => Some(row.as_ref()),
            Row::Numeric(_) => None,
        })
    }

    /// The name of a programme as readers know it.
    pub fn programme_name<'a>(&'a self, code: &'a str) -> &'a str {
        programme_name(code)
    }
}

fn programme_name(code: &str) -> &str {
    PROGRAMMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// The indicators in the published order: by programme, then by the position
/// that the mart gives, else in the mart's own order.
pub(crate) async fn read_indicators(storage: &Storage, published: &Published) -> Result<Vec<Indicator>> {
    let columns = [
        ("indicator_id", Kind::Text),
        ("programme", Kind::Text),
        ("section", Kind::Text),
        ("label_nl", Kind::Text),
        ("kind", Kind::Text),
        ("unit_nl", Kind::Text),
        ("definition_nl", Kind::Text),
    ];
    let table = Table::read(storage, published, "indicators", &columns, &[("position", Kind::Integer)]).await?;
    let mut placed = Vec::new();
    for row in table.rows() {
        let indicator = Indicator {
            id: table.required("indicator_id", row)?,
            programme: table.required("programme", row)?,
            section: table.required("section", row)?,
            label: table.required("label_nl", row)?,
            kind: table.required("kind", row)?,
            unit: table.text("unit_nl", row).unwrap_or_default(),
            definition: table.text("definition_nl", row).unwrap_or_default(),
        };
        let programme =
            PROGRAMMES.iter().position(|(code, _)| *code == indicator.programme).unwrap_or(PROGRAMMES.len());
        let position = table.integer("position", row);
        placed.push(((programme, indicator.programme.clone(), position, row), indicator));
    }
    placed.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(placed.into_iter().map(|(_, indicator)| indicator).collect())
}

/// A row of the mart `indicator_table`.
#[derive(Debug, Clone, Copy, Default)]
struct YearRow {
    baseline: Option<f64>,
    quarters: [Option<f64>; 4],
    quarter_targets: [Option<f64>; 4],
    year_target: Option<f64>,
    following_targets: [Option<f64>; 2],
}

impl YearRow {
    async fn read(storage: &Storage, published: &Published, year: i32) -> Result<BTreeMap<String, Self>> {
        const NUMBERS: [&str; 12] = [
            "baseline",
            "q1",
            "q2",
            "q3",
            "q4",
            "q1_target",
            "q2_target",
            "q3_target",
            "q4_target",
            "year_target",
            "next_year_target",
            "second_next_year_target",
        ];
        let mut columns = vec![("year", Kind::Integer), ("indicator_id", Kind::Text)];
        columns.extend(NUMBERS.map(|column| (column, Kind::Number)));
        let table = Table::read(storage, published, "indicator_table", &columns, &[]).await?;
        let mut rows = BTreeMap::new();
        for row in table.rows().filter(|row| table.integer("year", *row) == Some(i64::from(year))) {
            let number = |column: &str| table.number(column, row);
            let found = Self {
                baseline: number("baseline"),
                quarters: ["q1", "q2", "q3", "q4"].map(number),
                quarter_targets: ["q1_target", "q2_target", "q3_target", "q4_target"].map(number),
                year_target: number("year_target"),
                following_targets: ["next_year_target", "second_next_year_target"].map(number),
            };
            rows.insert(table.required("indicator_id", row)?, found);
        }
        Ok(rows)
    }
}

/// What a row of the published tables is put together from.
struct Source<'a> {
    colophon: &'a Colophon,
    values: &'a Values,
    milestones: Milestones,
    year_rows: BTreeMap<String, YearRow>,
}

impl Source<'_> {
    fn row(&self, indicator: Indicator) -> Row {
        let year = self.colophon.year();
        let quarters = [1, 2, 3, 4].map(|number| Period::quarter(year, number));
        let following = [Period::year(year + 1), Period::year(year + 2)];
        if indicator.kind == MILESTONE {
            let within = |period: Period| self.milestones.within(&indicator.id, period);
            return Row::Milestone(Box::new(MilestoneRow {
                baseline: within(Period::year(year - 1)),
                quarters: quarters.map(within),
                following: following.map(within),
                in_period: within(self.colophon.period),
                indicator,
            }));
        }
        let of_year = self.year_rows.get(&indicator.id).copied().unwrap_or_default();
        let id = &indicator.id;
        Row::Numeric(Box::new(NumericRow {
            baseline: of_year.baseline,
            quarters: [0, 1, 2, 3].map(|index| Figure {
                value: of_year.quarters[index],
                target: of_year.quarter_targets[index],
                ..self.figure(id, quarters[index])
            }),
            year: Figure { target: of_year.year_target, ..self.figure(id, Period::year(year)) },
            following: [0, 1]
                .map(|index| Figure { target: of_year.following_targets[index], ..self.figure(id, following[index]) }),
            in_period: self.figure(id, self.colophon.period),
            year_target: of_year.year_target,
            indicator,
        }))
    }

    fn figure(&self, indicator: &str, period: Period) -> Figure {
        let found = self.values.get(indicator, period);
        Figure {
            period,
            begun: period.first_day() <= self.colophon.as_of,
            provisional: found.is_some_and(|found| found.provisional),
            value: found.and_then(|found| found.value),
            target: found.and_then(|found| found.target),
            status: found.map_or(Status::NoValue, |found| found.status),
            break_before: found.is_some_and(|found| found.break_before),
        }
    }
}
