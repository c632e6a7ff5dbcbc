//! How often a source promises to deliver.

/// A delivery every so many days, weeks, months or years, as the contract's
/// service level has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// How many of the unit lie between two deliveries; at least 1.
    pub every: u32,
    /// The unit.
    pub unit: FrequencyUnit,
}

/// The unit of a [`Frequency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrequencyUnit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl FrequencyUnit {
    /// The units and what a contract calls them.
    pub const KNOWN: [(&'static str, Self); 4] =
        [("d", Self::Day), ("w", Self::Week), ("m", Self::Month), ("y", Self::Year)];

    /// The longest that the unit lasts.
    fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Year => 366,
        }
    }
}

impl Frequency {
    /// The most days between two deliveries that come in time.
    pub fn days(self) -> u32 {
        self.every.saturating_mul(self.unit.days())
    }

    /// The age in days of the last delivery above which the dataset is staler
    /// than its schedule: the interval and a third of it, since a delivery of
    /// the last day of a month is made in the weeks after it.
    ///
    /// ```
    /// use peil_warehouse::contract::{Frequency, FrequencyUnit};
    /// assert_eq!(Frequency { every: 1, unit: FrequencyUnit::Month }.late_after_days(), 41);
    /// assert_eq!(Frequency { every: 3, unit: FrequencyUnit::Month }.late_after_days(), 124);
    /// ```
    pub fn late_after_days(self) -> u32 {
        self.days().saturating_add(self.days() / 3)
    }

    /// In Dutch, for readers: `elke maand`, `elk kwartaal`, `om de 2 weken`.
    pub fn words_nl(self) -> String {
        let (one, many) = match self.unit {
            FrequencyUnit::Day => ("elke dag", "dagen"),
            FrequencyUnit::Week => ("elke week", "weken"),
            FrequencyUnit::Month => ("elke maand", "maanden"),
            FrequencyUnit::Year => ("elk jaar", "jaar"),
        };
        match (self.every, self.unit) {
            (1, _) => one.to_owned(),
            (3, FrequencyUnit::Month) => "elk kwartaal".to_owned(),
            (6, FrequencyUnit::Month) => "elk half jaar".to_owned(),
            (12, FrequencyUnit::Month) => "elk jaar".to_owned(),
            (every, _) => format!("om de {every} {many}"),
        }
    }
}
