//! The sample: deliveries for every dataset in the sources' own formats,
//! invented but for authorities, standards and targets, and the same for a seed
//! on every run. Its figures are planned (`sample/plan.csv`): those of 2021 and
//! of the first half of 2022 are the published ones.
//!
//! Everything is drawn up to the end of 2026, and what was known by
//! [`SampleOptions::until`] is written; so a sample that goes on further begins
//! with the very files of one that ends earlier.

mod blocks;
mod bus;
mod calendar;
mod catalogue;
mod dice;
mod dirty;
mod events;
mod finance;
mod market;
mod maturity;
mod names;
mod people;
mod plan;
mod portal;
mod reference;
mod register;
mod security;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod trial;
mod world;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use calendar::{Rhythm, day};
use events::Events;
use people::People;
use table::{Packing, Table};
use world::World;

/// The key that a run on the sample uses for its pseudonyms: the sample holds
/// no real persons, so there is nothing to keep secret.
pub const SAMPLE_PSEUDONYM_KEY: &str = "peil-voorbeeld-geen-echte-personen";

/// The earliest and the latest day on which a sample can end.
const UNTIL: (NaiveDate, NaiveDate) = (day(2022, 7, 31), day(2026, 12, 31));

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleOptions {
    /// Multiplies the portal events (400,000) and bus messages (a million) up
    /// to 2022-07-31. There are never fewer events than the figures need.
    pub scale: f64,
    /// Another seed gives another sample with the same figures.
    pub seed: u64,
    /// The last delivery date, from 2022-07-31 to 2026-12-31.
    pub until: NaiveDate,
    /// Whether to add the faults that real exports have.
    pub dirty: bool,
}

impl Default for SampleOptions {
    fn default() -> Self {
        SampleOptions { scale: 1.0, seed: 1, until: UNTIL.0, dirty: false }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleSummary {
    /// Number of files.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// Data rows in them.
    pub rows: u64,
    /// Data rows of each dataset, by its name.
    pub datasets: Vec<(String, u64)>,
    /// The faults that `dirty` planted.
    pub faults: Vec<PlantedFault>,
}

/// One fault of a dirty sample.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedFault {
    /// `<system>/<dataset>`; empty for what belongs to none.
    pub dataset: String,
    /// The file, as a path under the landing area.
    pub object: String,
    /// The line on which the row begins, as it is to be reported.
    pub line: Option<u64>,
    /// The reason of a rejected row, or `refused`, `duplicate` and the like.
    pub reason: String,
    /// What is wrong, in words.
    pub note: String,
}

/// Why a sample could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The options ask for what the sample does not have.
    #[error("{0}")]
    Options(String),
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Bytes could not be packed.
    #[error("cannot compress: {0}")]
    Pack(std::io::Error),
    /// A workbook could not be made.
    #[error("cannot make a workbook: {0}")]
    Workbook(String),
    /// A Parquet file could not be made.
    #[error("cannot make a Parquet file: {0}")]
    Parquet(String),
    /// The data that are part of the program are damaged.
    #[error("the plan of the sample is damaged: every row needs a value for each quarter of 2018 to 2026")]
    Plan,
}

/// Writes the deliveries of a sample under `dir`, each as
/// `<system>/<dataset>/<file>`, and calls `progress` with the name of each
/// dataset as it begins.
///
/// # Errors
/// [`SampleError::Options`] where the options cannot be met, before anything is
/// written; otherwise where a file cannot be written.
pub fn write_sample(
    dir: &Path,
    options: &SampleOptions,
    progress: &mut dyn FnMut(&str),
) -> Result<SampleSummary, SampleError> {
    check(options)?;
    let world = World::new(options.seed).ok_or(SampleError::Plan)?;
    let people = People::new(&world);
    let joined = trial::joined(&world);
    let mut landing = Landing { dir, summary: SampleSummary::default(), rows: BTreeMap::new() };
    reference_files(&mut landing, progress)?;
    let tables = tables(&world, &people, &joined);
    for table in &tables {
        progress(table.dataset);
        for delivery in table.deliveries(options.until) {
            let bytes = write::render(table, &delivery.rows)?;
            landing.save(table.dataset, &table.object(delivery.date), &bytes, delivery.rows.len() as u64)?;
        }
    }
    progress(blocks::DATASET);
    let blocks = blocks::Blocks::new(&world);
    for date in blocks::Blocks::dates(options.until) {
        let table = blocks.snapshot(date);
        let rows = blocks::rows(&table);
        let bytes = write::render(&table, &rows)?;
        landing.save(table.dataset, &table.object(date), &bytes, rows.len() as u64)?;
    }
    progress(EVENTS);
    portal_events(&Events::new(&world, &people, options.scale), options.until, &mut landing)?;
    progress(MESSAGES);
    bus_messages(&bus::Bus::new(&world, &joined, options.scale), options.until, &mut landing)?;
    if options.dirty {
        progress("faults.csv");
        let events = Events::new(&world, &people, options.scale);
        dirty::plant(&tables, &blocks, &events, &mut landing)?;
    }
    Ok(landing.finish())
}

const EVENTS: &str = "portal/events";
const MESSAGES: &str = "lb365/bus_messages";

fn check(options: &SampleOptions) -> Result<(), SampleError> {
    let (first, last) = UNTIL;
    if options.until < first || options.until > last {
        return Err(SampleError::Options(format!(
            "the sample cannot end on {}: its figures are planned for ends from {first} up to and including {last}; \
             choose a day between them",
            options.until
        )));
    }
    if !options.scale.is_finite() || options.scale <= 0.0 || options.scale > 1_000.0 {
        return Err(SampleError::Options(format!(
            "the scale {} is not a number above 0 and up to 1000",
            options.scale
        )));
    }
    Ok(())
}

/// The datasets that fit in memory, in the order of their names' systems.
fn tables(world: &World, people: &People, joined: &[(usize, plan::Spell)]) -> Vec<Table> {
    let catalogue = catalogue::Catalogue::new(world);
    let community = security::community(world, people);
    let (plans, made) = security::plans(world);
    vec![
        people.table(world),
        portal::plates(world),
        portal::data_ownership(world),
        portal::documents(world),
        maturity::measurements(world, people),
        portal::masterplans(world),
        portal::tender_domains(world),
        catalogue.suppliers_table(world),
        catalogue.solutions_table(world),
        catalogue.standards_table(world),
        market::couplings(world, &catalogue),
        market::portfolio(world, &catalogue),
        market::ratings(world, &catalogue, people),
        security::members(world, &community),
        security::activity(world, &community),
        plans,
        security::actions(world, &made),
        security::gdpr_scores(world),
        security::subscribers(world, &community),
        security::sources(world),
        trial::participants(world, joined),
        trial::connections(world, joined),
        trial::modules(world, joined),
        market::third_party(world),
        register::activities(world),
        register::milestones(world),
        finance::bookings(world),
        finance::budgets(),
    ]
}

/// The reference datasets as they are, early enough for everything else.
fn reference_files(landing: &mut Landing<'_>, progress: &mut dyn FnMut(&str)) -> Result<(), SampleError> {
    let files = [
        ("reference/authorities", reference::AUTHORITIES),
        ("reference/aliases", reference::ALIASES),
        ("reference/targets", reference::TARGETS),
    ];
    for (dataset, text) in files {
        progress(dataset);
        let rows = text.lines().count().saturating_sub(1) as u64;
        for date in Rhythm::Once.dates(UNTIL.0) {
            landing.save(dataset, &format!("{dataset}/{date}.csv"), text.as_bytes(), rows)?;
        }
    }
    Ok(())
}

fn portal_events(events: &Events<'_>, until: NaiveDate, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut after = day(2017, 12, 31);
    for date in Rhythm::Log.dates(until) {
        let mut lines = Vec::new();
        let rows = events.delivery(after, date, &mut lines);
        after = date;
        let bytes = write::pack(lines, Packing::Gzip)?;
        landing.save(EVENTS, &format!("{EVENTS}/{}.ndjson.gz", stamp(date)), &bytes, rows)?;
    }
    Ok(())
}

fn bus_messages(bus: &bus::Bus<'_>, until: NaiveDate, landing: &mut Landing<'_>) -> Result<(), SampleError> {
    // The bus came into use in 2020.
    let mut after = day(2019, 12, 31);
    for date in Rhythm::Bus.dates(until).into_iter().filter(|&date| date > day(2019, 12, 31)) {
        // A whole quarter comes as Parquet, what has come since as lines.
        let (bytes, rows, extension) = if calendar::ends_quarter(date) {
            let (bytes, rows) = bus.parquet(after, date)?;
            (bytes, rows, "parquet")
        } else {
            let (lines, rows) = bus.lines(after, date)?;
            (write::pack(lines, Packing::Gzip)?, rows, "ndjson.gz")
        };
        after = date;
        landing.save(MESSAGES, &format!("{MESSAGES}/{}.{extension}", stamp(date)), &bytes, rows)?;
    }
    Ok(())
}

/// A month by its name where the delivery date is its last day, else the day.
fn stamp(date: NaiveDate) -> String {
    if calendar::month_last(calendar::month_of(date)) == date {
        date.format("%Y-%m").to_string()
    } else {
        date.to_string()
    }
}

/// The folder that is written, and what has been written.
struct Landing<'a> {
    dir: &'a Path,
    summary: SampleSummary,
    rows: BTreeMap<String, u64>,
}

impl Landing<'_> {
    /// Writes a file of a dataset with so many data rows.
    fn save(&mut self, dataset: &str, object: &str, bytes: &[u8], rows: u64) -> Result<(), SampleError> {
        self.summary.bytes += write::save(self.dir, object, bytes)?;
        self.summary.files += 1;
        self.summary.rows += rows;
        *self.rows.entry(dataset.to_owned()).or_default() += rows;
        Ok(())
    }

    fn finish(mut self) -> SampleSummary {
        self.summary.datasets = self.rows.into_iter().collect();
        self.summary
    }
}
