//! Building blocks: on the map, by authority, by province.

use std::collections::BTreeMap;

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{ATTRIBUTION, Choropleth, HeatMap, HeatRow};
use crate::charts::{Chart, ChartTable};
use crate::format::{long_day, percent};
use crate::frames::{AuthorityBlocks, BlockState, Report};

pub(super) const MAP: &str = "bouwstenen_kaart";
pub(super) const AUTHORITIES: &str = "bouwstenen_besturen";
pub(super) const PROVINCES: &str = "bouwstenen_provincies";

/// Authorities of the heat map: those with most blocks in use.
const MOST: usize = 40;
/// The classes of the map: name, and the fewest blocks in use.
const CLASSES: [(&str, usize); 5] = [("geen", 0), ("1 tot 3", 1), ("4 tot 7", 4), ("8 tot 11", 8), ("12 en meer", 12)];
/// The steps of the provinces: name, and the lowest share.
const SHARES: [(&str, f64); 4] =
    [("minder dan 10 %", 0.0), ("10 tot 25 %", 0.1), ("25 tot 50 %", 0.25), ("50 % en meer", 0.5)];

const SOURCE: &str = "Bron: Peil, mart building_block_use.";

fn in_use(row: &AuthorityBlocks) -> usize {
    row.count(BlockState::InUse)
}

/// Draws the map; none where nothing is known.
pub(super) fn map(report: &Report) -> Result<Option<Chart>> {
    let municipalities: Vec<&AuthorityBlocks> =
        report.building_blocks.authorities.iter().filter(|row| row.authority.municipality).collect();
    if municipalities.is_empty() {
        return Ok(None);
    }
    let class = |count: usize| CLASSES.iter().rposition(|(_, from)| count >= *from).unwrap_or(0);
    let levels: BTreeMap<String, usize> =
        municipalities.iter().map(|row| (row.authority.nis.clone(), class(in_use(row)))).collect();
    let map = Choropleth {
        year: report.moments.quarter.calendar_year(),
        classes: CLASSES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        levels: levels.clone(),
        without: String::new(),
        province_lines: true,
    };
    let users = municipalities.iter().filter(|row| in_use(row) > 0).count();
    let measure = format!("Aantal Vlaamse bouwstenen in gebruik per gemeente op {}.", long_day(report.moments.until));
    let rows = CLASSES
        .iter()
        .enumerate()
        .map(|(place, (name, _))| {
            vec![(*name).to_owned(), levels.values().filter(|level| **level == place).count().to_string()]
        })
        .collect();
    Ok(Some(Chart {
        name: MAP,
        title: format!("{users} van de {} gemeenten gebruiken een bouwsteen", municipalities.len()),
        alternative: format!("Kaart van Vlaanderen. {measure} {}", map.describe()),
        source: format!("{SOURCE} {ATTRIBUTION}"),
        table: ChartTable {
            caption: "Gemeenten naar aantal bouwstenen in gebruik".to_owned(),
            header: vec!["Bouwstenen in gebruik".to_owned(), "Gemeenten".to_owned()],
            rows,
        },
        measure,
        drawings: map.draw()?,
    }))
}

/// Draws the authorities with most blocks in use, by block.
pub(super) fn authorities(report: &Report) -> Result<Option<Chart>> {
    let found = &report.building_blocks;
    let mut rows: Vec<&AuthorityBlocks> = found.authorities.iter().filter(|row| in_use(row) > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(in_use(row)));
    rows.truncate(MOST);
    let Some(first) = rows.first() else { return Ok(None) };
    let level = |state: &Option<BlockState>| match state {
        Some(BlockState::InUse) => Some(3),
        Some(BlockState::Implementing) => Some(2),
        Some(BlockState::Planned) => Some(1),
        Some(BlockState::NotUsed) | None => None,
    };
    let map = HeatMap {
        columns: found.blocks.iter().map(|block| block.name.clone()).collect(),
        rows: rows
            .iter()
            .map(|row| HeatRow {
                label: row.authority.name.clone(),
                group: String::new(),
                levels: row.states.iter().map(level).collect(),
            })
            .collect(),
        steps: [BlockState::Planned, BlockState::Implementing, BlockState::InUse]
            .iter()
            .enumerate()
            .map(|(place, state)| (state.word().to_owned(), place + 1))
            .collect(),
        without: "niet of geen opgave".to_owned(),
        totals: found.blocks.iter().map(|block| block.in_use.to_string()).collect(),
    };
    let measure = format!(
        "Stand per bouwsteen van de {} besturen met de meeste bouwstenen in gebruik, op {}. Onder elke bouwsteen: alle besturen die ze gebruiken.",
        rows.len(),
        long_day(report.moments.until)
    );
    let cells = rows.iter().map(|row| {
        let state = |state: BlockState| row.count(state).to_string();
        vec![
            row.authority.name.clone(),
            state(BlockState::InUse),
            state(BlockState::Implementing),
            state(BlockState::Planned),
        ]
    });
    Ok(Some(Chart {
        name: AUTHORITIES,
        title: title(
            format!("{} gebruikt de meeste bouwstenen: {}", first.authority.name, in_use(first)),
            "Bouwstenen van de besturen met het meeste gebruik",
        ),
        alternative: format!("Warmtekaart. {measure} {}", map.describe()),
        source: SOURCE.to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: ["Bestuur", "In gebruik", "In implementatie", "Gepland"].map(str::to_owned).to_vec(),
            rows: cells.collect(),
        },
        measure,
        drawings: map.draw()?,
    }))
}

/// Draws the share of the municipalities of each province by block.
pub(super) fn provinces(report: &Report) -> Result<Option<Chart>> {
    let found = &report.building_blocks;
    let names = report.authorities.provinces();
    let Some(first) = found.blocks.first().filter(|_| !names.is_empty()) else { return Ok(None) };
    let share = |province: &str, block: usize| {
        let (users, all) = found.in_province(province, block);
        (all > 0).then(|| users as f64 / all as f64)
    };
    let level = |share: Option<f64>| {
        SHARES.iter().rposition(|(_, from)| share.is_some_and(|share| share >= *from)).map(|place| place + 1)
    };
    let blocks = 0..found.blocks.len();
    let map = HeatMap {
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
        rows: blocks
            .clone()
            .map(|block| HeatRow {
                label: found.blocks[block].name.clone(),
                group: String::new(),
                levels: names.iter().map(|name| level(share(name, block))).collect(),
            })
            .collect(),
        steps: SHARES.iter().enumerate().map(|(place, (name, _))| ((*name).to_owned(), place + 1)).collect(),
        ..HeatMap::default()
    };
    let measure = format!(
        "Aandeel van de gemeenten van elke provincie dat een bouwsteen gebruikt, op {}.",
        long_day(report.moments.until)
    );
    let rows = blocks.map(|block| {
        let shares =
            names.iter().map(|name| share(name, block).map_or_else(|| crate::format::EMPTY.to_owned(), percent));
        std::iter::once(found.blocks[block].name.clone()).chain(shares).collect()
    });
    Ok(Some(Chart {
        name: PROVINCES,
        title: title(
            format!("{} is over heel Vlaanderen het meest gebruikt", first.name),
            "Gebruik van de bouwstenen per provincie",
        ),
        alternative: format!("Warmtekaart. {measure} {}", map.describe()),
        source: SOURCE.to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: std::iter::once("Bouwsteen").chain(names.iter().copied()).map(str::to_owned).collect(),
            rows: rows.collect(),
        },
        measure,
        drawings: map.draw()?,
    }))
}
