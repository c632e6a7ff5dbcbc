//! The indicators that are the furthest from their target of the year: a
//! bullet for each.

use peil_warehouse::period::PeriodType;
use peil_warehouse::{Period, Result};

use super::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use super::theme::{self, BLUE, GREY, GRID, LIGHT, PLUM, Weight};
use super::{Chart, ChartTable};
use crate::format::{EMPTY, NBSP, capital, count_word, figure, long_day, percent, period_name};
use crate::frames::{NumericRow, Report};
use crate::sentences::on_the_way_to_the_year;

pub(super) const NAME: &str = "jaardoelen";

/// Indicators that are shown at most.
const SHOWN: usize = 12;
const LINE: f64 = 16.0;
const THICK: f64 = 20.0;
const THIN: f64 = 10.0;
/// Left of a narrow drawing: a marker at 0 is shown whole.
const MARGIN: f64 = 9.0;
const NARROW_ROOM: f64 = 320.0;

/// One bullet: everything as a share of the target of the year.
struct Bullet<'a> {
    row: &'a NumericRow,
    programme: &'a str,
    share: f64,
    baseline: Option<f64>,
    target: Option<f64>,
    figures: String,
}

impl<'a> Bullet<'a> {
    fn new(report: &'a Report, share: f64, row: &'a NumericRow) -> Self {
        let year_target = row.year_target.unwrap_or(1.0);
        let of_year = |value: Option<f64>| value.map(|value| value / year_target);
        let value = row.in_period.value.map_or_else(|| EMPTY.to_owned(), figure);
        Self {
            programme: report.indicators.programme_name(&row.indicator.programme),
            share,
            baseline: of_year(row.baseline),
            target: of_year(row.in_period.target.filter(|_| has_own_target(report))),
            figures: format!("{value}{NBSP}van{NBSP}{}", figure(year_target)),
            row,
        }
    }

    fn name(&self) -> &'a str {
        &self.row.indicator.label
    }
}

/// Whether the period has a target beside that of the year.
fn has_own_target(report: &Report) -> bool {
    report.colophon.period.kind() != PeriodType::Year
}

/// Draws the chart; none where no indicator has a target of the year.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let all = on_the_way_to_the_year(report);
    if all.is_empty() {
        return Ok(None);
    }
    let bullets: Vec<Bullet<'_>> =
        all.iter().take(SHOWN).map(|(share, row)| Bullet::new(report, *share, row)).collect();
    let drawings = Layout::ALL.into_iter().map(|layout| picture(report, &bullets, layout)).collect::<Result<_>>()?;
    let colophon = &report.colophon;
    let day = long_day(colophon.peildatum());
    let year = colophon.year();
    let title = title(&all, year);
    let extremes = match (bullets.first(), bullets.last()) {
        (Some(first), Some(last)) => format!(
            "Van {} ({}, {}) tot {} ({}, {}).",
            first.name(),
            first.figures,
            percent(first.share),
            last.name(),
            last.figures,
            percent(last.share)
        ),
        _ => String::new(),
    };
    Ok(Some(Chart {
        name: NAME,
        alternative: format!(
            "Staafdiagram van de {} indicatoren die op {day} het verst van hun doel voor {year} staan, van laag naar hoog. {extremes}",
            bullets.len()
        ),
        title,
        measure: format!(
            "Stand op {day} in procent van het doel voor eind {year}; de {} van de {} indicatoren die een stand meten en het verst van hun jaardoel staan.",
            bullets.len(),
            all.len()
        ),
        source: "Bron: Peil, marts indicator_values en indicator_table.".to_owned(),
        table: table(report, &bullets),
        drawings,
    }))
}

fn title(all: &[(f64, &NumericRow)], year: i32) -> String {
    let under = |limit: f64| all.iter().filter(|(share, _)| *share < limit).count();
    let indicators = |count: usize| {
        let noun = if count == 1 { "indicator staat" } else { "indicatoren staan" };
        capital(&format!("{} {noun}", count_word(count)))
    };
    match (under(0.5), under(1.0)) {
        (0, 0) => format!("Alle indicatoren staan op hun doel voor {year}"),
        (0, below) => format!("{} nog onder het doel voor {year}", indicators(below)),
        (half, _) => format!("{} onder de helft van het jaardoel", indicators(half)),
    }
}

fn table(report: &Report, bullets: &[Bullet<'_>]) -> ChartTable {
    let optional = |value: Option<f64>| value.map_or_else(|| EMPTY.to_owned(), figure);
    let year = report.colophon.year();
    ChartTable {
        caption: format!("Stand op {} tegenover het doel voor {year}", long_day(report.colophon.peildatum())),
        header: vec![
            "Indicator".to_owned(),
            "Eenheid".to_owned(),
            (year - 1).to_string(),
            "Stand".to_owned(),
            format!("Doel {}", period_name(report.colophon.period)),
            format!("Doel {year}"),
            "Aandeel van jaardoel".to_owned(),
        ],
        rows: bullets
            .iter()
            .map(|bullet| {
                let row = bullet.row;
                vec![
                    row.indicator.label.clone(),
                    row.indicator.unit.clone(),
                    optional(row.baseline),
                    optional(row.in_period.value),
                    optional(row.in_period.target),
                    optional(row.year_target),
                    percent(bullet.share),
                ]
            })
            .collect(),
    }
}

/// Where the parts of a bullet stand.
struct Places {
    layout: Layout,
    plot: f64,
    unit: f64,
    largest: f64,
}

impl Places {
    fn new(layout: Layout, bullets: &[Bullet<'_>]) -> Self {
        let shares = bullets.iter().flat_map(|bullet| [Some(bullet.share), bullet.baseline, bullet.target]).flatten();
        let largest = shares.fold(1.0, f64::max).min(2.0);
        let (plot, room) = match layout {
            Layout::Wide => (308.0, 300.0),
            Layout::Narrow => (MARGIN, NARROW_ROOM),
        };
        Self { layout, plot, unit: room / largest, largest }
    }

    fn x(&self, share: f64) -> f64 {
        self.plot + share.min(self.largest) * self.unit
    }

    fn label_room(&self) -> f64 {
        match self.layout {
            Layout::Wide => self.plot - 14.0,
            Layout::Narrow => NARROW_ROOM,
        }
    }
}

fn picture(report: &Report, bullets: &[Bullet<'_>], layout: Layout) -> Result<Drawing> {
    let places = Places::new(layout, bullets);
    let labels: Vec<Vec<String>> = bullets
        .iter()
        .map(|bullet| theme::wrap(bullet.name(), theme::LABEL, Weight::Regular, places.label_room()))
        .collect::<Result<_>>()?;
    let height_of = |lines: &Vec<String>| match layout {
        Layout::Wide => (lines.len() as f64 + 1.0) * LINE + 12.0,
        Layout::Narrow => lines.len() as f64 * LINE + THICK + LINE + 20.0,
    };
    let top = KEY_HEIGHT + 26.0;
    let height = top + labels.iter().map(height_of).sum::<f64>() + 4.0;
    Canvas::draw(layout, height, |canvas| {
        key(canvas, report, layout)?;
        grid(canvas, &places, top, height - 4.0)?;
        let mut y = top;
        for (bullet, lines) in bullets.iter().zip(&labels) {
            let row = height_of(lines);
            match layout {
                Layout::Wide => wide_row(canvas, &places, bullet, lines, y, row)?,
                Layout::Narrow => narrow_row(canvas, &places, bullet, lines, y)?,
            }
            y += row;
        }
        canvas.path(&[(places.x(1.0), top - 6.0), (places.x(1.0), height - 4.0)], 1.6, PLUM)
    })
}

const KEY_HEIGHT: f64 = 72.0;

/// How a bullet is read, on a bullet of its own: each part has its name.
fn key(canvas: &mut Canvas<'_>, report: &Report, layout: Layout) -> Result<()> {
    let (left, room) = match layout {
        Layout::Wide => (308.0, 300.0),
        Layout::Narrow => (MARGIN, NARROW_ROOM),
    };
    let year = report.colophon.year();
    let middle = 36.0;
    let at = |share: f64| left + share * room;
    if layout == Layout::Wide {
        canvas.text("Zo leest u de staven", 0.0, middle, Label::note(Anchor::Start))?;
    }
    canvas.bar(at(0.0), middle - THICK / 2.0, room * 0.45, THICK, LIGHT)?;
    canvas.outline([at(0.0), middle - THICK / 2.0, room * 0.45, THICK], 0.8, GREY)?;
    canvas.bar(at(0.0), middle - THIN / 2.0, room * 0.6, THIN, BLUE)?;
    canvas.path(&[(at(1.0), middle - 16.0), (at(1.0), middle + 16.0)], 1.6, PLUM)?;
    let note = Label::note;
    canvas.text(&format!("stand {}", report.colophon.year() - 1), at(0.0), middle - 25.0, note(Anchor::Start))?;
    if has_own_target(report) {
        let period = short_period(report.colophon.period);
        marker(canvas, at(0.72), middle)?;
        canvas.path(&[(at(0.72), middle - 18.0), (at(0.72), middle - 12.0)], 0.8, GREY)?;
        canvas.text(&format!("doel {period}"), at(0.72), middle - 25.0, note(Anchor::Middle))?;
    }
    let day = long_day(report.colophon.peildatum());
    canvas.text(&format!("stand {day}"), at(0.0), middle + 25.0, Label { colour: BLUE, ..note(Anchor::Start) })?;
    let anchor = if layout == Layout::Wide { Anchor::Middle } else { Anchor::End };
    canvas.text(
        &format!("doel {year} = 100{NBSP}%"),
        at(1.0),
        middle + 25.0,
        Label { colour: PLUM, ..note(anchor) },
    )?;
    Ok(())
}

fn short_period(period: Period) -> String {
    period_name(period).replace("kwartaal", "kw.").replace("semester", "sem.")
}

fn grid(canvas: &mut Canvas<'_>, places: &Places, top: f64, bottom: f64) -> Result<()> {
    let mut share = 0.0;
    while share <= places.largest + 1e-9 {
        let x = places.x(share);
        canvas.path(&[(x, top - 4.0), (x, bottom)], 0.8, GRID)?;
        let anchor = match places.layout {
            Layout::Narrow if share == 0.0 => Anchor::Start,
            Layout::Narrow if x > 300.0 => Anchor::End,
            _ => Anchor::Middle,
        };
        canvas.text(&format!("{:.0}{NBSP}%", share * 100.0), x, top - 13.0, Label::note(anchor))?;
        share += if places.largest > 1.6 { 0.5 } else { 0.25 };
    }
    Ok(())
}

fn wide_row(
    canvas: &mut Canvas<'_>,
    places: &Places,
    bullet: &Bullet<'_>,
    lines: &[String],
    y: f64,
    height: f64,
) -> Result<()> {
    let middle = y + height / 2.0;
    let mut line_middle = middle - lines.len() as f64 * LINE / 2.0;
    for line in lines {
        canvas.text(line, 0.0, line_middle, Label::plain(Anchor::Start))?;
        line_middle += LINE;
    }
    canvas.text(bullet.programme, 0.0, line_middle, Label::note(Anchor::Start))?;
    bar(canvas, places, bullet, middle)?;
    let right = places.x(places.largest) + 14.0;
    canvas.text(&bullet.figures, right, middle - LINE / 2.0, Label::strong(Anchor::Start))?;
    let note = format!("{} · {}", percent(bullet.share), bullet.row.indicator.unit);
    canvas.text(&note, right, middle + LINE / 2.0, Label::note(Anchor::Start))?;
    Ok(())
}

fn narrow_row(canvas: &mut Canvas<'_>, places: &Places, bullet: &Bullet<'_>, lines: &[String], y: f64) -> Result<()> {
    let mut line_middle = y + LINE / 2.0;
    for line in lines {
        canvas.text_on_white(line, places.plot, line_middle, Label::plain(Anchor::Start))?;
        line_middle += LINE;
    }
    let middle = line_middle + THICK / 2.0 - 4.0;
    bar(canvas, places, bullet, middle)?;
    let under = middle + THICK / 2.0 + 10.0;
    let width = canvas.text_on_white(&bullet.figures, places.plot, under, Label::strong(Anchor::Start))?;
    let note = format!("{} · {}", percent(bullet.share), bullet.row.indicator.unit);
    canvas.text_on_white(&note, places.plot + width + 8.0, under, Label::note(Anchor::Start))?;
    Ok(())
}

fn bar(canvas: &mut Canvas<'_>, places: &Places, bullet: &Bullet<'_>, middle: f64) -> Result<()> {
    let width = |share: f64| places.x(share) - places.plot;
    if let Some(baseline) = bullet.baseline.filter(|baseline| *baseline > 0.0) {
        let place = [places.plot, middle - THICK / 2.0, width(baseline), THICK];
        canvas.bar(place[0], place[1], place[2], place[3], LIGHT)?;
        canvas.outline(place, 0.8, GREY)?;
    }
    canvas.bar(places.plot, middle - THIN / 2.0, width(bullet.share).max(1.5), THIN, BLUE)?;
    match bullet.target {
        Some(target) => marker(canvas, places.x(target), middle),
        None => Ok(()),
    }
}

/// A target: a diamond with a white rim, which stands out on a bar as well.
fn marker(canvas: &mut Canvas<'_>, x: f64, middle: f64) -> Result<()> {
    let diamond = |size: f64| [(x, middle - size), (x + size, middle), (x, middle + size), (x - size, middle)];
    canvas.polygon(&diamond(8.5), theme::WHITE)?;
    canvas.polygon(&diamond(6.5), PLUM)
}
