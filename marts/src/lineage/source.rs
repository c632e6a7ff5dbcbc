//! Where a value comes from, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Stands for the rows of a table as such, as in `count(*)`.
pub const ROWS: &str = "*";

/// How a column of a source bears upon a column of a mart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It is the column, under this name or another.
    Direct,
    /// The value is computed from it, row by row.
    Expression,
    /// The value is computed from it over several rows: a sum, a count, a
    /// quantile, a window.
    Aggregate,
    /// It decides which rows are taken together in a value.
    Group,
    /// It decides which rows of two tables belong together.
    Join,
    /// It decides which rows count.
    Filter,
}

impl How {
    /// Every way, the nearest to the value first.
    pub const ALL: [Self; 6] = [Self::Direct, Self::Expression, Self::Aggregate, Self::Group, Self::Join, Self::Filter];

    /// The word for it, as in `ops.column_lineage`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Expression => "expression",
            Self::Aggregate => "aggregate",
            Self::Group => "group",
            Self::Join => "join",
            Self::Filter => "filter",
        }
    }

    /// Whether the value itself is made of it; the others say which rows make
    /// it.
    pub const fn is_value(self) -> bool {
        matches!(self, Self::Direct | Self::Expression | Self::Aggregate)
    }

    /// How a source bears on what is made in this way of a column on which it
    /// bears in the way `inner`.
    ///
    /// ```
    /// use peil_marts::lineage::How;
    /// assert_eq!(How::Direct.after(How::Aggregate), How::Aggregate);
    /// assert_eq!(How::Expression.after(How::Aggregate), How::Aggregate);
    /// assert_eq!(How::Filter.after(How::Expression), How::Filter);
    /// assert_eq!(How::Aggregate.after(How::Join), How::Join);
    /// ```
    pub const fn after(self, inner: Self) -> Self {
        match (self, inner) {
            (_, Self::Group | Self::Join | Self::Filter) | (Self::Direct, _) => inner,
            (Self::Group | Self::Join | Self::Filter | Self::Aggregate, _) => self,
            (Self::Expression, Self::Aggregate) => Self::Aggregate,
            (Self::Expression, _) => Self::Expression,
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A column of a table that no model makes. A plan hands it on from column to
/// column, so that it is cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Schema and table, as `conformed.portal_users`.
    pub table: Arc<str>,
    /// The column; [`ROWS`] for the rows as such.
    pub column: Arc<str>,
}

/// Ways of bearing, a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ways(u8);

impl Ways {
    const fn of(how: How) -> Self {
        Self(1 << how as u8)
    }

    const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    const fn holds(self, how: How) -> bool {
        self.0 & Self::of(how).0 != 0
    }

    fn all(self) -> impl Iterator<Item = How> {
        How::ALL.into_iter().filter(move |how| self.holds(*how))
    }

    fn through(self, how: How) -> Self {
        self.all().fold(Self::default(), |ways, inner| ways.and(Self::of(how.after(inner))))
    }
}

/// Sources, each with how it bears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<Source, Ways>);

impl Sources {
    /// One source.
    pub fn of(table: &Arc<str>, column: &str, how: How) -> Self {
        Self(BTreeMap::from([(Source { table: Arc::clone(table), column: column.into() }, Ways::of(how))]))
    }

    /// Takes others in.
    pub fn add(&mut self, others: &Self) {
        for (source, ways) in &others.0 {
            match self.0.get_mut(source) {
                Some(known) => *known = known.and(*ways),
                None => _ = self.0.insert(source.clone(), *ways),
            }
        }
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        if self.is_empty() {
            return others.clone();
        }
        self.add(others);
        self
    }

    /// The sources of what is made of these in a way.
    #[must_use]
    pub fn through(mut self, how: How) -> Self {
        self.0.values_mut().for_each(|ways| *ways = ways.through(how));
        self
    }

    /// What a count of the rows that these decide on is made of.
    #[must_use]
    pub fn counted(&self) -> Self {
        let rows = self.0.keys().filter(|source| &*source.column == ROWS);
        Self(rows.map(|source| (source.clone(), Ways::of(How::Aggregate))).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is worth telling, in order: each source with how it bears. That
    /// rows come from a table is told by the columns, unless they are counted.
    pub fn told(&self) -> impl Iterator<Item = (&Source, How)> {
        let each = self.0.iter().flat_map(|(source, ways)| ways.all().map(move |how| (source, how)));
        each.filter(|(source, how)| &*source.column != ROWS || *how == How::Aggregate)
    }
}

/// What a query returns: the sources of each column, and of which rows there
/// are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relation {
    /// By place.
    pub columns: Vec<Sources>,
    /// What decides which rows there are.
    pub rows: Sources,
}

impl Relation {
    /// A relation of columns that come from nowhere.
    pub fn constants(columns: usize) -> Self {
        Self { columns: vec![Sources::default(); columns], rows: Sources::default() }
    }
}
