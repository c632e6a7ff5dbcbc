//! Which edition of the figures a report shows: a draft, or a release.

use chrono::{DateTime, Utc};

use crate::format::short_day;

/// The edition of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edition {
    /// The figures of the last run: they can still change.
    #[default]
    Draft,
    /// The figures as they were published.
    Release {
        /// Name of the release, as `2022S1-r2`.
        id: String,
        /// When the period was closed.
        closed_at: DateTime<Utc>,
        /// Why it was published again; none for the first release.
        reason: Option<String>,
    },
}

impl Edition {
    /// The mark that stands on every page.
    pub fn mark(&self) -> String {
        match self {
            Self::Draft => "ontwerp, niet vrijgegeven".to_owned(),
            Self::Release { id, .. } => format!("Vrijgave {id}"),
        }
    }

    /// What it is, in the colophon.
    pub fn words(&self) -> String {
        match self {
            Self::Draft => "ontwerp: de cijfers kunnen nog wijzigen".to_owned(),
            Self::Release { id, closed_at, reason } => {
                let day = short_day(peil_warehouse::period::brussels_day(*closed_at));
                let again =
                    reason.as_ref().map(|reason| format!("; opnieuw gepubliceerd: {reason}")).unwrap_or_default();
                format!("vrijgave {id}: de periode is afgesloten en gepubliceerd op {day}{again}")
            }
        }
    }
}
