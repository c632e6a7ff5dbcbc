//! Which authority uses which Flemish building block: a workbook a quarter.

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{Rhythm, month_of, quarter_first, quarter_last};
use super::names::bearer;
use super::reference::building_blocks;
use super::table::{Cell, Format, Table, Version};
use super::world::World;

/// The dataset, its columns and its sheet.
pub(super) const DATASET: &str = "portal/building_blocks";
pub(super) const COLUMNS: &[&str] = &["Bestuur", "Bouwsteen", "Status", "Sinds"];
const SHEET: &str = "Bouwstenen";
/// Building blocks that the overview follows.
const FOLLOWED: usize = 31;

/// One authority and one building block: the quarter from which it is planned,
/// taken into use, and used; and perhaps given up.
struct Course {
    town: usize,
    block: usize,
    planned: i64,
    started: i64,
    used: i64,
    left: Option<i64>,
}

/// The state of use through time.
pub(super) struct Blocks<'a> {
    world: &'a World,
    names: Vec<String>,
    courses: Vec<Course>,
}

impl<'a> Blocks<'a> {
    /// Draws the course of each authority.
    pub(super) fn new(world: &'a World) -> Blocks<'a> {
        let mut dice = world.dice(DATASET);
        let names: Vec<String> = building_blocks().into_iter().take(FOLLOWED).collect();
        let mut courses = Vec::new();
        for town in (0..world.towns.len()).filter(|town| !world.towns[*town].province) {
            for block in 0..names.len() {
                // The first of the list are the most used.
                let reach = 0.82 / (1.0 + block as f64 / 7.0);
                if !dice.chance(reach) {
                    continue;
                }
                let used = dice.between(0, 34);
                let started = used - dice.between(1, 3);
                courses.push(Course {
                    town,
                    block,
                    planned: started - dice.between(1, 3),
                    started,
                    used,
                    left: dice.chance(0.04).then(|| used + dice.between(3, 12)),
                });
            }
        }
        Blocks { world, names, courses }
    }

    /// The delivery dates up to `until`.
    pub(super) fn dates(until: NaiveDate) -> Vec<NaiveDate> {
        Rhythm::Snapshot.dates(until)
    }

    /// The state of a day.
    pub(super) fn snapshot(&self, on: NaiveDate) -> Table {
        let quarter = (month_of(on) / 3) as i64;
        let format = Format::Xlsx { sheet: SHEET, text_dates: false };
        let mut table = Table::new(DATASET, COLUMNS, format, Rhythm::Snapshot);
        for course in &self.courses {
            let (status, since) = match quarter {
                now if course.left.is_some_and(|left| now > left) => continue,
                now if course.left == Some(now) => ("niet", now),
                now if now >= course.used => ("in gebruik", course.used),
                now if now >= course.started => ("in implementatie", course.started),
                now if now >= course.planned => ("gepland", course.planned),
                _ => continue,
            };
            let town = &self.world.towns[course.town];
            let name = &bearer(town, on, 0).name;
            // One spelling for an authority in one workbook.
            let spelled = match course.town % 9 {
                0 => format!("Gemeente {name}"),
                1 => format!("OCMW {name}"),
                2 => name.to_uppercase(),
                _ => name.clone(),
            };
            let since = (since >= 0).then(|| {
                let first = quarter_first(since as usize);
                let into = (course.town * 7 + course.block * 13) as i64 % 85;
                (first + TimeDelta::days(into)).min(quarter_last(since as usize))
            });
            let status = if course.town % 11 == 3 { capital(status) } else { status.to_owned() };
            table.add(
                on,
                vec![Cell::Text(spelled), Cell::text(&self.names[course.block]), Cell::Text(status), Cell::date(since)],
            );
        }
        table
    }
}

fn capital(status: &str) -> String {
    let (first, rest) = status.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

/// The rows of a snapshot.
pub(super) fn rows(table: &Table) -> Vec<&Version> {
    table.versions.iter().collect()
}
