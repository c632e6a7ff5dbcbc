//! What is real in the sample: the authorities, their other spellings, the
//! targets, the standards, the participants and the building blocks.

use std::collections::BTreeMap;

use super::calendar::day;
use super::text::parse_csv;

/// `reference/authorities` as it is delivered.
pub(super) const AUTHORITIES: &str = include_str!("../../sample/authorities.csv");
/// `reference/aliases` as it is delivered.
pub(super) const ALIASES: &str = include_str!("../../sample/aliases.csv");
/// `reference/targets` as it is delivered.
pub(super) const TARGETS: &str = include_str!("../../sample/targets.csv");
/// The table of costs that was published.
pub(super) const COSTS: &str = include_str!("../../sample/costs_2022.csv");
const STANDARDS: &str = include_str!("../../sample/oslo_standards.csv");
const PARTICIPANTS: &str = include_str!("../../sample/lb365_participants.csv");
const BLOCKS: &str = include_str!("../../sample/building_blocks.csv");

/// A NIS code with the name that goes with it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) nis: String,
    pub(super) name: String,
}

/// An authority of the years 2019 to 2024, the sample's own composition, with
/// what it was before and what it became.
#[derive(Clone, Debug)]
pub(super) struct Town {
    pub(super) own: Named,
    pub(super) province: bool,
    pub(super) inhabitants: u32,
    /// Those that merged into it on 2019-01-01.
    pub(super) before: Vec<Named>,
    /// What it is from 2025-01-01 on, where that is another.
    pub(super) after: Option<Named>,
    /// Spellings that only the list of aliases covers.
    pub(super) aliases: Vec<String>,
}

/// A standard of the Flemish register.
pub(super) struct Standard {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    /// The first day that the register names, for the order.
    pub(super) first_day: String,
}

/// The authorities of 2019 to 2024, by NIS code.
pub(super) fn towns() -> Vec<Town> {
    let rows = parse_csv(AUTHORITIES, b';');
    let field = |row: &[String], index: usize| row.get(index).cloned().unwrap_or_default();
    let named = |row: &[String]| Named { nis: field(row, 0), name: field(row, 1) };
    let (merger, split) = (day(2019, 1, 1).to_string(), day(2025, 1, 1).to_string());
    let mut towns: Vec<Town> = rows
        .iter()
        .filter(|row| field(row, 4) < split && field(row, 5) != merger)
        .map(|row| Town {
            own: named(row),
            province: field(row, 2) == "provincie",
            inhabitants: field(row, 7).parse().unwrap_or(0),
            before: rows
                .iter()
                .filter(|old| field(old, 5) == merger && field(old, 6) == field(row, 0))
                .map(|old| named(old))
                .collect(),
            after: rows
                .iter()
                .find(|new| field(row, 5) == split && field(new, 0) == field(row, 6))
                .map(|new| named(new)),
            aliases: Vec::new(),
        })
        .collect();
    towns.sort_by(|left, right| left.own.nis.cmp(&right.own.nis));
    let by_nis: BTreeMap<String, usize> =
        towns.iter().enumerate().map(|(index, town)| (town.own.nis.clone(), index)).collect();
    for row in parse_csv(ALIASES, b';') {
        if let Some(&town) = by_nis.get(&field(&row, 1)) {
            towns[town].aliases.push(field(&row, 0));
        }
    }
    towns
}

/// The NIS codes of the 35 participants in the trial.
pub(super) fn participants() -> Vec<String> {
    parse_csv(PARTICIPANTS, b';').into_iter().filter_map(|row| row.into_iter().next()).collect()
}

/// The codes of the Flemish building blocks.
pub(super) fn building_blocks() -> Vec<String> {
    parse_csv(BLOCKS, b',').into_iter().filter_map(|row| row.into_iter().next()).collect()
}

/// The standards of the register, those that it has had longest first.
pub(super) fn standards() -> Vec<Standard> {
    let mut standards: Vec<Standard> = parse_csv(STANDARDS, b',')
        .into_iter()
        .filter_map(|row| {
            // The register says "TBD" or "Juni 2021" where it has no day.
            let is_day = |text: &&String| text.len() == 10 && text.starts_with("20");
            let first_day = [row.get(6)?, row.get(7)?].into_iter().filter(is_day).min();
            Some(Standard {
                slug: row.first()?.clone(),
                title: row.get(1)?.clone(),
                kind: match row.get(3)?.as_str() {
                    "Applicatieprofiel" => "applicatieprofiel",
                    "Vocabularium" => "vocabularium",
                    "Implementatiemodel" => "implementatiemodel",
                    _ => "technisch",
                },
                status: match row.get(5)?.as_str() {
                    "ErkendeStandaard" => "erkende-standaard",
                    "KandidaatStandaard" => "kandidaat-standaard",
                    _ => "standaard-in-ontwikkeling",
                },
                first_day: first_day.cloned().unwrap_or_else(|| "9999".to_owned()),
            })
        })
        .collect();
    standards.sort_by(|left, right| (&left.first_day, &left.slug).cmp(&(&right.first_day, &right.slug)));
    standards
}
