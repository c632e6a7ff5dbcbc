//! Milestones: when they are planned, and their state in the register.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use super::table::{Kind, Table};

/// The state of a milestone in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not begun.
    Planned,
    /// Under way.
    Underway,
    /// Done.
    Done,
    /// Given up.
    Dropped,
}

impl State {
    /// In the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Done, Self::Underway, Self::Planned, Self::Dropped];

    /// As the register and the readers write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Planned => "gepland",
            Self::Underway => "lopend",
            Self::Done => "gerealiseerd",
            Self::Dropped => "geschrapt",
        }
    }

    /// The state that a word of the register names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    fn parse(word: &str) -> Result<Self> {
        Self::of_word(word).ok_or_else(|| {
            let known = Self::ALL.map(Self::word).join(", ");
            Error::usage(format!("the mart `milestones` has the state `{word}`; a report knows {known}"))
        })
    }
}

/// A milestone in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The period that the targets mark or the register names.
    pub period: Period,
    /// Whether the targets mark it.
    pub planned: bool,
    /// State of the register for that very period.
    pub state: Option<State>,
    /// Note of the register.
    pub note: Option<String>,
}

/// The mart `milestones`: marks by indicator, in the order of their periods.
pub(super) struct Milestones(BTreeMap<String, Vec<Mark>>);

impl Milestones {
    pub(super) async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let columns = [
            ("indicator_id", Kind::Text),
            ("period", Kind::Text),
            ("planned", Kind::Flag),
            ("state", Kind::Text),
            ("note", Kind::Text),
        ];
        let table = Table::read(storage, published, "milestones", &columns, &[]).await?;
        let mut marks: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
        for row in table.rows() {
            let mark = Mark {
                period: table.period("period", row)?,
                planned: table.flag("planned", row),
                state: table.text("state", row).map(|word| State::parse(&word)).transpose()?,
                note: table.text("note", row),
            };
            marks.entry(table.required("indicator_id", row)?).or_default().push(mark);
        }
        for of_indicator in marks.values_mut() {
            of_indicator.sort_by_key(|mark| (mark.period.last_day(), mark.period.kind()));
        }
        Ok(Self(marks))
    }

    /// All marks, by indicator.
    pub(super) fn all(self) -> BTreeMap<String, Vec<Mark>> {
        self.0
    }

    /// The marks of an indicator that end inside `period`.
    pub(super) fn within(&self, indicator: &str, period: Period) -> Vec<Mark> {
        let inside = |mark: &&Mark| {
            let last = mark.period.last_day();
            period.first_day() <= last && last <= period.last_day()
        };
        self.0.get(indicator).into_iter().flatten().filter(inside).cloned().collect()
    }
}
