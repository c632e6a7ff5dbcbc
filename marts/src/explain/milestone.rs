//! A milestone explained: where it is planned, and what the register says.

use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

use super::rows::{Record, origin, records, shas, text};
use super::{Explanation, Ground, Missing, SourceRow};
use crate::relation::table_name;
use crate::session::{self, ParquetTable};

const TABLES: [&str; 3] = ["marts.milestones", "conformed.register_milestones", "conformed.reference_targets"];

/// The planning and state of a milestone in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Milestone {
    /// Whether the targets mark the period.
    pub planned: bool,
    /// The state in the register, where it names the period.
    pub state: Option<String>,
    /// The note of the register.
    pub note: Option<String>,
}

/// Adds what the targets and the register say, with their rows.
pub(super) async fn add(ground: &Ground<'_>, explanation: &mut Explanation) -> Result<()> {
    let session = session::session(ground.storage)?;
    for relation in TABLES {
        let name = table_name(relation);
        let state = ground
            .published
            .table(&name)
            .ok_or_else(|| Error::usage(format!("the table `{relation}` is not there\nhint: `peil run` makes it")))?;
        session::register(&session, relation, ParquetTable::of(ground.storage, &name, state)?)?;
    }
    let (id, period) = (&explanation.indicator_id, explanation.period);
    let all = records(&session, &format!("select * from marts.milestones where indicator_id = '{id}'")).await?;
    let given = |row: &Record, column: &str| Some(text(row, column).to_owned()).filter(|text| !text.is_empty());
    explanation.milestone = all.iter().find(|row| text(row, "period") == period.to_string()).map(|row| Milestone {
        planned: text(row, "planned") == "true",
        state: given(row, "state"),
        note: given(row, "note"),
    });
    if explanation.milestone.is_none() {
        let periods = all.iter().filter_map(|row| text(row, "period").parse::<Period>().ok());
        let days = |other: &Period| (other.last_day() - period.last_day()).num_days().abs();
        explanation.missing = Some(Missing {
            reason: format!("neither the targets nor the register name {period}"),
            nearest: periods.min_by_key(|other| (days(other), other.last_day())),
        });
    }
    let shas = shas(ground).await?;
    for (table, what) in [("reference_targets", "planned"), ("register_milestones", "state")] {
        let sql = format!(
            "select * from conformed.{table} where indicator_id = '{id}' and period = '{period}' order by _object, _row"
        );
        for record in records(&session, &sql).await? {
            explanation.rows.push(SourceRow { thing: what.to_owned(), ..origin(&record, &shas) });
        }
    }
    Ok(())
}
