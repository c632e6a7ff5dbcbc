//! How satisfied users are with the solutions.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::solutions::Solutions;
use super::table::{Kind, Table};

/// What the ratings of a solution come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// Number of open ratings.
    pub ratings: i64,
    /// Their mean, 1 to 5; none where they are too few to be shown.
    pub average: Option<f64>,
    /// The 95 % interval of the mean; none where the mean is not shown, or all
    /// ratings are equal.
    pub interval: Option<(f64, f64)>,
}

/// The satisfaction with a solution.
#[derive(Debug, Clone, PartialEq)]
pub struct SolutionRating {
    /// Id in the catalogue.
    pub id: String,
    /// Name.
    pub name: String,
    /// Name of the supplier.
    pub supplier: Option<String>,
    /// Authorities that chose it.
    pub chosen: i64,
    /// On the peildatum.
    pub now: Rating,
    /// At the end of the period before; none where nobody had rated it.
    pub before: Option<Rating>,
}

impl SolutionRating {
    /// By how much the average moved; none where one of the two is not shown.
    pub fn moved(&self) -> Option<f64> {
        Some(self.now.average? - self.before?.average?)
    }

    /// Whether the former average lies outside of today's interval.
    pub fn moved_beyond_chance(&self) -> bool {
        let former = self.before.and_then(|before| before.average);
        former.zip(self.now.interval).is_some_and(|(former, (low, high))| former < low || former > high)
    }
}

/// The satisfaction with the solutions that have a rating.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Satisfaction {
    /// Those with an average first, the highest first; then those with too
    /// few ratings, the most first.
    pub solutions: Vec<SolutionRating>,
    /// Whether anything is known of the end of the period before.
    pub known_before: bool,
}

impl Satisfaction {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        moments: &Moments,
        catalogue: &Solutions,
    ) -> Result<Self> {
        let columns = [
            ("period", Kind::Text),
            ("solution_id", Kind::Text),
            ("ratings", Kind::Integer),
            ("average_score", Kind::Number),
        ];
        let interval = [("interval_low", Kind::Number), ("interval_high", Kind::Number)];
        let table = Table::read(storage, published, "solution_satisfaction", &columns, &interval).await?;
        let mut now: Vec<(String, Rating)> = Vec::new();
        let mut before: BTreeMap<String, Rating> = BTreeMap::new();
        for row in table.rows() {
            let period = table.period("period", row)?;
            let id = table.required("solution_id", row)?;
            let rating = Rating {
                ratings: table.integer("ratings", row).unwrap_or(0),
                average: table.number("average_score", row),
                interval: table.number("interval_low", row).zip(table.number("interval_high", row)),
            };
            if period == moments.before {
                before.insert(id.clone(), rating);
            }
            if period == moments.quarter {
                now.push((id, rating));
            }
        }
        let known_before = !before.is_empty();
        let mut solutions: Vec<SolutionRating> = now
            .into_iter()
            .map(|(id, now)| {
                let known = catalogue.solutions.iter().find(|solution| solution.id == id);
                SolutionRating {
                    name: known.map_or_else(|| id.clone(), |solution| solution.name.clone()),
                    supplier: known.and_then(|solution| solution.supplier.clone()),
                    chosen: known.map_or(0, |solution| solution.now.chosen),
                    before: before.get(&id).copied(),
                    now,
                    id,
                }
            })
            .collect();
        solutions.sort_by(|one, other| {
            let (mine, theirs) = (one.now.average.unwrap_or(0.0), other.now.average.unwrap_or(0.0));
            theirs
                .total_cmp(&mine)
                .then(other.now.ratings.cmp(&one.now.ratings))
                .then_with(|| (&one.name, &one.id).cmp(&(&other.name, &other.id)))
        });
        Ok(Self { solutions, known_before })
    }

    /// The solutions whose average is shown, the highest first.
    pub fn shown(&self) -> impl Iterator<Item = &SolutionRating> {
        self.solutions.iter().filter(|solution| solution.now.average.is_some())
    }

    /// Number of ratings in all.
    pub fn ratings(&self) -> i64 {
        self.solutions.iter().map(|solution| solution.now.ratings).sum()
    }
}
