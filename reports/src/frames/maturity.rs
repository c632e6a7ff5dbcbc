//! The maturity measurement, and the benchmark on its figures.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Moments;
use super::authorities::SIZE_CLASSES;
use super::table::{Kind, Table};

/// How many quarters the scores are followed back, the last one counted.
const QUARTERS: usize = 12;

/// The peer group of all authorities, as the marts write it.
pub const ALL: &str = "all";

/// How values lie within a peer group.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerGroup {
    /// `all`, a size class or a province.
    pub name: String,
    /// Authorities that give the value.
    pub authorities: i64,
    /// The quantiles; none where the group is too small to be shown.
    pub quantiles: Option<Quantiles>,
}

/// Quantiles and mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantiles {
    /// Tenth percentile.
    pub p10: f64,
    /// First quartile.
    pub p25: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub p75: f64,
    /// Ninetieth percentile.
    pub p90: f64,
    /// Mean.
    pub mean: f64,
}

/// The mean score of a chapter in a quarter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScorePoint {
    /// The quarter.
    pub quarter: Period,
    /// Mean over the authorities; none where it is not shown or not known.
    pub mean: Option<f64>,
    /// Authorities with a score.
    pub authorities: i64,
}

/// A chapter of the measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// Its name.
    pub name: String,
    /// Mean scores through the quarters, up to that of the peildatum.
    pub series: Vec<ScorePoint>,
    /// Mean at the end of the period before.
    pub before: Option<f64>,
    /// The scores within each peer group.
    pub groups: Vec<PeerGroup>,
}

impl Chapter {
    /// The mean on the peildatum.
    pub fn mean(&self) -> Option<f64> {
        self.groups.iter().find(|group| group.name == ALL)?.quantiles.map(|quantiles| quantiles.mean)
    }
}

/// A figure of the benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkFigure {
    /// Its name in the source, as `ict_medewerkers`.
    pub name: String,
    /// The values within each peer group.
    pub groups: Vec<PeerGroup>,
}

/// Maturity and benchmark on the peildatum.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Maturity {
    /// The chapters, by name.
    pub chapters: Vec<Chapter>,
    /// The figures, by name.
    pub figures: Vec<BenchmarkFigure>,
    /// Authorities with a measurement.
    pub measured: i64,
}

impl Maturity {
    pub(super) async fn read(storage: &Storage, published: &Published, moments: &Moments) -> Result<Self> {
        let mut scores = Statistics::read(storage, published, "maturity_distribution", "chapter").await?;
        let mut figures = Statistics::read(storage, published, "benchmark", "figure").await?;
        let mut quarters = vec![moments.quarter];
        while quarters.len() < QUARTERS {
            let last = quarters[quarters.len() - 1];
            quarters.push(last.previous());
        }
        quarters.reverse();
        let now = scores.0.remove(&moments.quarter).unwrap_or_default();
        let all = |groups: Option<&Vec<PeerGroup>>| groups?.iter().find(|group| group.name == ALL).cloned();
        let mut chapters = Vec::new();
        for (name, groups) in now {
            let of = |quarter: Period| {
                if quarter == moments.quarter {
                    all(Some(&groups))
                } else {
                    all(scores.0.get(&quarter).and_then(|of_quarter| of_quarter.get(&name)))
                }
            };
            let mean = |group: &PeerGroup| group.quantiles.map(|quantiles| quantiles.mean);
            let series: Vec<ScorePoint> = quarters
                .iter()
                .map(|quarter| {
                    let group = of(*quarter);
                    ScorePoint {
                        quarter: *quarter,
                        mean: group.as_ref().and_then(mean),
                        authorities: group.map_or(0, |group| group.authorities),
                    }
                })
                .collect();
            let begins = series.iter().position(|point| point.authorities > 0).unwrap_or(0);
            let before = of(moments.before).as_ref().and_then(mean);
            chapters.push(Chapter { before, series: series[begins..].to_vec(), name, groups });
        }
        let figures = figures.0.remove(&moments.quarter).unwrap_or_default();
        let measured = chapters.iter().flat_map(|chapter| chapter.series.last()).map(|point| point.authorities).max();
        Ok(Self {
            measured: measured.unwrap_or(0),
            chapters,
            figures: figures.into_iter().map(|(name, groups)| BenchmarkFigure { name, groups }).collect(),
        })
    }
}

/// Peer groups by quarter and name of what was measured.
struct Statistics(BTreeMap<Period, BTreeMap<String, Vec<PeerGroup>>>);

impl Statistics {
    async fn read(
        storage: &Storage,
        published: &Published,
        mart: &'static str,
        measured: &'static str,
    ) -> Result<Self> {
        let columns = [
            ("period", Kind::Text),
            (measured, Kind::Text),
            ("peer_group", Kind::Text),
            ("authorities", Kind::Integer),
            ("p10", Kind::Number),
            ("p25", Kind::Number),
            ("median", Kind::Number),
            ("p75", Kind::Number),
            ("p90", Kind::Number),
            ("mean", Kind::Number),
        ];
        let table = Table::read(storage, published, mart, &columns, &[]).await?;
        let mut found: BTreeMap<Period, BTreeMap<String, Vec<PeerGroup>>> = BTreeMap::new();
        for row in table.rows() {
            let number = |column| table.number(column, row);
            let quantiles = || {
                Some(Quantiles {
                    p10: number("p10")?,
                    p25: number("p25")?,
                    median: number("median")?,
                    p75: number("p75")?,
                    p90: number("p90")?,
                    mean: number("mean")?,
                })
            };
            let group = PeerGroup {
                name: table.required("peer_group", row)?,
                authorities: table.integer("authorities", row).unwrap_or(0),
                quantiles: quantiles(),
            };
            let of_quarter = found.entry(table.period("period", row)?).or_default();
            of_quarter.entry(table.required(measured, row)?).or_default().push(group);
        }
        for groups in found.values_mut().flat_map(BTreeMap::values_mut) {
            groups.sort_by_key(|group| place(&group.name));
        }
        Ok(Self(found))
    }
}

/// All, then the size classes from small to large, then the provinces.
fn place(group: &str) -> (usize, String) {
    let place = if group == ALL {
        0
    } else {
        1 + SIZE_CLASSES.iter().position(|class| *class == group).unwrap_or(SIZE_CLASSES.len())
    };
    (place, group.to_owned())
}
