//! Maturity: the mean of each chapter through time, the spread of each chapter
//! by peer group; and the spread of the figures of the benchmark.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{
    Distribution, DistributionPanel, DistributionRow, Measured, Panel, SmallMultiples, TimePoint,
};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, capital, figure, long_day, number, whole_euro};
use crate::frames::{ALL, Chapter, PeerGroup, Quantiles, Report, SIZE_CLASSES};
use crate::sections::maturiteit::{figure_name, group_name};

pub(super) const SCORES: &str = "maturiteit";
pub(super) const DISTRIBUTION: &str = "maturiteit_verdeling";
pub(super) const BENCHMARK: &str = "benchmark";

const SOURCE: &str = "Bron: Peil, mart maturity_distribution.";

fn score(value: Option<f64>) -> String {
    value.map_or_else(|| EMPTY.to_owned(), |value| number(value, 2))
}

/// The chapter with the lowest mean that is shown.
fn lowest(report: &Report) -> Option<&Chapter> {
    let shown = report.maturity.chapters.iter().filter_map(|chapter| Some((chapter.mean()?, chapter)));
    shown.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, chapter)| chapter)
}

/// Draws the chapters through time.
pub(super) fn scores(report: &Report) -> Result<Option<Chart>> {
    let Some(lowest) = lowest(report) else { return Ok(None) };
    let chapters = &report.maturity.chapters;
    let multiples = SmallMultiples {
        panels: chapters
            .iter()
            .map(|chapter| Panel {
                title: capital(&chapter.name),
                points: chapter
                    .series
                    .iter()
                    .map(|point| TimePoint {
                        period: point.quarter.to_string(),
                        value: point.mean,
                        provisional: point.quarter.last_day() > report.colophon.as_of,
                        break_before: false,
                    })
                    .collect(),
                targets: vec![None; chapter.series.len()],
                shown_last: score(chapter.mean()),
            })
            .collect(),
    };
    let measure = format!(
        "Gemiddelde score per hoofdstuk van de maturiteitsmeting, van 0 tot 5, per kwartaal tot en met {}.",
        long_day(report.moments.until)
    );
    let rows = chapters.iter().flat_map(|chapter| {
        chapter.series.iter().map(|point| {
            vec![capital(&chapter.name), point.quarter.to_string(), score(point.mean), point.authorities.to_string()]
        })
    });
    Ok(Some(Chart {
        name: SCORES,
        title: title(
            format!("{} scoort het laagst", capital(&lowest.name)),
            "Gemiddelde score per hoofdstuk, door de tijd",
        ),
        alternative: format!("Reeks van kleine lijndiagrammen. {measure} {}", multiples.describe()),
        source: SOURCE.to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: ["Hoofdstuk", "Kwartaal", "Gemiddelde", "Besturen"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        measure,
        drawings: multiples.draw()?,
    }))
}

/// Draws the spread of each chapter, by peer group.
pub(super) fn distribution(report: &Report) -> Result<Option<Chart>> {
    let chapters = &report.maturity.chapters;
    let width = |chapter: &Chapter| all_of(&chapter.groups)?.quantiles.map(|found| found.p90 - found.p10);
    let widest = chapters.iter().filter_map(|chapter| Some((width(chapter)?, chapter)));
    let Some((_, widest)) = widest.max_by(|one, other| one.0.total_cmp(&other.0)) else { return Ok(None) };
    let spread = Distribution {
        panels: chapters
            .iter()
            .map(|chapter| DistributionPanel {
                title: capital(&chapter.name),
                decimals: 1,
                rows: chapter.groups.iter().map(drawn).collect(),
            })
            .collect(),
        scale: Measured::Alike,
    };
    let measure = format!(
        "Verdeling van de scores per hoofdstuk, van 0 tot 5, per groep van besturen op {}.",
        long_day(report.moments.until)
    );
    let rows = chapters.iter().flat_map(|chapter| {
        chapter.groups.iter().map(|group| told(capital(&chapter.name), group, |value| number(value, 2)))
    });
    Ok(Some(Chart {
        name: DISTRIBUTION,
        title: title(
            format!("Scores voor {} lopen het verst uiteen", widest.name),
            "De scores van elk hoofdstuk, per groep",
        ),
        alternative: format!("Spreidingsdiagrammen. {measure} {}", spread.describe()),
        source: SOURCE.to_owned(),
        table: ChartTable { caption: measure.clone(), header: header("Hoofdstuk"), rows: rows.collect() },
        measure,
        drawings: spread.draw()?,
    }))
}

/// Draws the spread of each figure of the benchmark, by size class.
pub(super) fn benchmark(report: &Report) -> Result<Option<Chart>> {
    let figures = &report.maturity.figures;
    let by_size = |groups: &[PeerGroup]| -> Vec<PeerGroup> {
        let is_shown = |name: &str| name == ALL || SIZE_CLASSES.contains(&name);
        groups.iter().filter(|group| is_shown(&group.name)).cloned().collect()
    };
    let Some(first) = figures.iter().find(|figure| all_of(&figure.groups).is_some_and(|all| all.quantiles.is_some()))
    else {
        return Ok(None);
    };
    let median = all_of(&first.groups).and_then(|all| all.quantiles).map_or(0.0, |found| found.median);
    let spread = Distribution {
        panels: figures
            .iter()
            .map(|figure| DistributionPanel {
                title: figure_name(&figure.name),
                decimals: decimals(&figure.groups),
                rows: by_size(&figure.groups).iter().map(drawn).collect(),
            })
            .collect(),
        scale: Measured::Tenfold,
    };
    let measure = format!(
        "Cijfers die besturen opgeven, per bestuur, verdeeld per grootteklasse op {}; elke lijn is tien keer de vorige.",
        long_day(report.moments.until)
    );
    let rows = figures.iter().flat_map(|figure| {
        by_size(&figure.groups)
            .iter()
            .map(|group| told(figure_name(&figure.name), group, |value| number(value, 2)))
            .collect::<Vec<_>>()
    });
    let named = figure_name(&first.name);
    Ok(Some(Chart {
        name: BENCHMARK,
        title: title(
            format!(
                "{}: de helft van de besturen onder {}",
                named.trim_end_matches(" (euro)"),
                if named.ends_with("(euro)") { whole_euro((median * 100.0).round() as i128) } else { figure(median) }
            ),
            "De cijfers van de benchmark, per grootteklasse",
        ),
        alternative: format!("Spreidingsdiagrammen. {measure} {}", spread.describe()),
        source: "Bron: Peil, mart benchmark.".to_owned(),
        table: ChartTable { caption: measure.clone(), header: header("Cijfer"), rows: rows.collect() },
        measure,
        drawings: spread.draw()?,
    }))
}

fn all_of(groups: &[PeerGroup]) -> Option<&PeerGroup> {
    groups.iter().find(|group| group.name == ALL)
}

/// Large figures need no decimals, small ones one.
fn decimals(groups: &[PeerGroup]) -> u32 {
    let largest = groups.iter().filter_map(|group| Some(group.quantiles?.p90)).fold(0.0, f64::max);
    u32::from(largest < 100.0)
}

fn drawn(group: &PeerGroup) -> DistributionRow {
    let found = group.quantiles;
    let of = |pick: fn(Quantiles) -> f64| found.map_or(0.0, pick);
    DistributionRow {
        label: group_name(&group.name),
        p10: of(|one| one.p10),
        p25: of(|one| one.p25),
        median: of(|one| one.median),
        p75: of(|one| one.p75),
        p90: of(|one| one.p90),
        suppressed: found.is_none(),
    }
}

fn header(first: &str) -> Vec<String> {
    [first, "Groep", "Besturen", "P10", "P25", "Mediaan", "P75", "P90"].map(str::to_owned).to_vec()
}

fn told(of: String, group: &PeerGroup, shown: fn(f64) -> String) -> Vec<String> {
    let quantile =
        |pick: fn(Quantiles) -> f64| group.quantiles.map_or_else(|| EMPTY.to_owned(), |all| shown(pick(all)));
    vec![
        of,
        group_name(&group.name),
        group.authorities.to_string(),
        quantile(|one| one.p10),
        quantile(|one| one.p25),
        quantile(|one| one.median),
        quantile(|one| one.p75),
        quantile(|one| one.p90),
    ]
}
