//! Maturity: the mean of each chapter through time, and the spread of the
//! lowest chapter by peer group.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{Distribution, DistributionRow, Panel, SmallMultiples, TimePoint};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, capital, long_day, number};
use crate::frames::{Chapter, Report};
use crate::sections::maturiteit::group_name;

pub(super) const SCORES: &str = "maturiteit";
pub(super) const DISTRIBUTION: &str = "maturiteit_verdeling";

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

/// Draws the spread of the lowest chapter, by peer group.
pub(super) fn distribution(report: &Report) -> Result<Option<Chart>> {
    let Some(chapter) = lowest(report) else { return Ok(None) };
    let spread = Distribution {
        rows: chapter
            .groups
            .iter()
            .map(|group| {
                let found = group.quantiles;
                let of = |pick: fn(crate::frames::Quantiles) -> f64| found.map_or(0.0, pick);
                DistributionRow {
                    label: group_name(&group.name),
                    p10: of(|one| one.p10),
                    p25: of(|one| one.p25),
                    median: of(|one| one.median),
                    p75: of(|one| one.p75),
                    p90: of(|one| one.p90),
                    n: group.authorities,
                    suppressed: found.is_none(),
                }
            })
            .collect(),
        decimals: 1,
        suffix: String::new(),
    };
    let measure = format!(
        "Verdeling van de scores voor {}, het hoofdstuk met het laagste gemiddelde, per groep van besturen op {}.",
        chapter.name,
        long_day(report.moments.until)
    );
    let rows = chapter.groups.iter().map(|group| {
        let of = |pick: fn(crate::frames::Quantiles) -> f64| score(group.quantiles.map(pick));
        vec![
            group_name(&group.name),
            group.authorities.to_string(),
            of(|one| one.p10),
            of(|one| one.p25),
            of(|one| one.median),
            of(|one| one.p75),
            of(|one| one.p90),
        ]
    });
    Ok(Some(Chart {
        name: DISTRIBUTION,
        title: title(
            format!("Hoe de scores voor {} verdeeld zijn", chapter.name),
            "De scores van het laagste hoofdstuk, per groep",
        ),
        alternative: format!("Spreidingsdiagram. {measure} {}", spread.describe()),
        source: SOURCE.to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: ["Groep", "Besturen", "P10", "P25", "Mediaan", "P75", "P90"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        measure,
        drawings: spread.draw()?,
    }))
}
