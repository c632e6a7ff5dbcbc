//! Periods and days.
//!
//! A period is a quarter (`2022Q1`), a semester (`2022S1`) or a year
//! (`2022`). Days are days in Europe/Brussels; a moment is stored in UTC and
//! falls in the period of its Brussels day.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Brussels;
use serde::{Deserialize, Serialize};

/// The kind of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodType {
    /// Three months.
    Quarter,
    /// Six months.
    Semester,
    /// Twelve months.
    Year,
}

impl PeriodType {
    /// The three, shortest first.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::Semester, Self::Year];

    /// `quarter`, `semester` or `year`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "quarter",
            Self::Semester => "semester",
            Self::Year => "year",
        }
    }

    const fn months(self) -> u32 {
        match self {
            Self::Quarter => 3,
            Self::Semester => 6,
            Self::Year => 12,
        }
    }
}

/// A quarter, semester or year.
///
/// ```
/// use peil_warehouse::Period;
/// let quarter: Period = "2022-Q2".parse().unwrap();
/// assert_eq!(quarter.to_string(), "2022Q2");
/// assert_eq!(quarter.last_day().to_string(), "2022-06-30");
/// assert!("2022Q5".parse::<Period>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    kind: PeriodType,
    /// From 1; 1 for a year.
    number: u32,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no period: give a quarter (2022Q1), a semester (2022S1) or a year (2022)")]
pub struct ParsePeriodError(String);

impl Period {
    /// The year `year`.
    pub const fn year(year: i32) -> Self {
        Self { year, kind: PeriodType::Year, number: 1 }
    }

    /// Quarter `number` (1 to 4) of `year`.
    pub const fn quarter(year: i32, number: u32) -> Self {
        Self { year, kind: PeriodType::Quarter, number }
    }

    /// Semester `number` (1 or 2) of `year`.
    pub const fn semester(year: i32, number: u32) -> Self {
        Self { year, kind: PeriodType::Semester, number }
    }

    /// The period of `kind` in which `day` falls.
    pub fn containing(day: NaiveDate, kind: PeriodType) -> Self {
        Self { year: day.year(), kind, number: day.month0() / kind.months() + 1 }
    }

    /// Quarter, semester or year.
    pub const fn kind(self) -> PeriodType {
        self.kind
    }

    /// The calendar year in which the period lies.
    pub const fn calendar_year(self) -> i32 {
        self.year
    }

    /// From 1: which quarter or semester of its year; 1 for a year.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// First day of the period.
    pub fn first_day(self) -> NaiveDate {
        let month = (self.number - 1) * self.kind.months() + 1;
        NaiveDate::from_ymd_opt(self.year, month, 1).unwrap_or(NaiveDate::MIN)
    }

    /// Last day of the period.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day() - Days::new(1)
    }

    /// The period after this one, of the same kind.
    pub fn next(self) -> Self {
        Self::containing(self.first_day() + Months::new(self.kind.months()), self.kind)
    }

    /// The period before this one, of the same kind.
    pub fn previous(self) -> Self {
        Self::containing(self.first_day() - Days::new(1), self.kind)
    }

    /// Whether `other` lies within this period, or is it.
    ///
    /// ```
    /// use peil_warehouse::Period;
    /// assert!(Period::semester(2022, 1).contains(Period::quarter(2022, 2)));
    /// assert!(!Period::semester(2022, 1).contains(Period::year(2022)));
    /// ```
    pub fn contains(self, other: Self) -> bool {
        self.first_day() <= other.first_day() && other.last_day() <= self.last_day()
    }

    /// The quarters that make up the period, in order.
    pub fn quarters(self) -> Vec<Self> {
        let first = (self.number - 1) * self.kind.months() / 3 + 1;
        (first..first + self.kind.months() / 3).map(|number| Self::quarter(self.year, number)).collect()
    }

    /// The peildatum: the last day of the period, or the as-of day where that
    /// comes first. None for a period that has not begun on the as-of day.
    pub fn peildatum(self, as_of: NaiveDate) -> Option<NaiveDate> {
        (self.first_day() <= as_of).then(|| self.last_day().min(as_of))
    }

    /// Whether the last day lies after the as-of day.
    pub fn provisional(self, as_of: NaiveDate) -> bool {
        self.last_day() > as_of
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PeriodType::Quarter => write!(f, "{:04}Q{}", self.year, self.number),
            PeriodType::Semester => write!(f, "{:04}S{}", self.year, self.number),
            PeriodType::Year => write!(f, "{:04}", self.year),
        }
    }
}

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParsePeriodError(text.to_owned());
        let text = text.trim();
        let digits = text.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit()));
        let year: i32 = digits.and_then(|year| year.parse().ok()).filter(|year| *year > 0).ok_or_else(error)?;
        let rest = &text[4..];
        if rest.is_empty() {
            return Ok(Self::year(year));
        }
        match rest.strip_prefix('-').unwrap_or(rest).as_bytes() {
            [b'Q' | b'q', n @ b'1'..=b'4'] => Ok(Self::quarter(year, u32::from(n - b'0'))),
            [b'S' | b's', n @ b'1'..=b'2'] => Ok(Self::semester(year, u32::from(n - b'0'))),
            _ => Err(error()),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The day in Brussels on which a moment falls.
///
/// ```
/// use peil_warehouse::period::brussels_day;
/// let moment = "2022-03-31T23:30:00Z".parse().unwrap();
/// assert_eq!(brussels_day(moment).to_string(), "2022-04-01");
/// ```
pub fn brussels_day(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&Brussels).date_naive()
}

/// The moment of a local time in Brussels: the first of the two where it
/// occurs twice, none where it does not exist.
pub fn brussels_moment(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match Brussels.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

/// The same day a year before, or the last day of that month where it does
/// not exist (29 February).
pub fn year_before(day: NaiveDate) -> NaiveDate {
    day - Months::new(12)
}
