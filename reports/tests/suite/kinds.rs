//! Every kind of chart, on inputs that are large, small, empty and odd.

use std::collections::BTreeMap;

use peil_reports::charts::Drawing;
use peil_reports::charts::kinds::*;
use peil_reports::frames::State;

const LONG: &str =
    "Informatieveiligheidscoördinatorenoverleg van de intergemeentelijke samenwerkingsverbanden en hun leveranciers";
const SOME: [f64; 6] = [1_000_000.0, 4_321.0, 0.0, 12.0, 1.0, 87.5];

fn name(index: usize) -> String {
    if index % 7 == 3 { LONG.to_owned() } else { format!("Oplossing {index}") }
}

fn bars(count: usize, value: impl Fn(usize) -> f64, compared: bool) -> RankedBars {
    let bar = |index| RankedBar {
        label: name(index),
        value: value(index),
        shown: peil_reports::format::figure(value(index)),
        previous: compared.then(|| value(index) * 0.8),
        target: compared.then(|| value(index) * 1.2 + 1.0),
    };
    RankedBars { bars: (0..count).map(bar).collect(), unit: "besturen", ..RankedBars::default() }
}

fn points(count: usize, value: impl Fn(usize) -> Option<f64>) -> Vec<TimePoint> {
    let period = |index: usize| format!("{}Q{}", 2019 + index / 4, index % 4 + 1);
    (0..count)
        .map(|index| TimePoint {
            period: period(index),
            value: value(index),
            provisional: index + 1 == count,
            break_before: false,
        })
        .collect()
}

fn line(count: usize, value: impl Fn(usize) -> Option<f64>) -> LineWithTarget {
    let target_step = (0..count + 3)
        .map(|index| (format!("{}Q{}", 2019 + index / 4, index % 4 + 1), 40.0 + (index / 4 * 20) as f64))
        .collect();
    LineWithTarget {
        points: points(count, value),
        target_step,
        name: "besturen met een meting".to_owned(),
        ..LineWithTarget::default()
    }
}

fn multiples(count: usize) -> SmallMultiples {
    let panel = |index: usize| Panel {
        title: name(index),
        points: points(8, |quarter| (index % 4 != 2).then(|| (index * quarter) as f64)),
        targets: (0..8).map(|quarter| (quarter > 3).then_some((index * 6) as f64)).collect(),
        shown_last: peil_reports::format::figure((index * 7) as f64),
    };
    SmallMultiples { panels: (0..count).map(panel).collect() }
}

fn dots(count: usize) -> DotPlot {
    let dot = |index: usize| Dot {
        label: name(index),
        value: 1.0 + (index % 5) as f64 * 0.9,
        low: Some(0.8 + (index % 5) as f64 * 0.9),
        high: Some(1.4 + (index % 5) as f64 * 0.9),
        shown: "3,2".to_owned(),
        previous: index.is_multiple_of(2).then_some(3.0),
        count: format!("{index} waarderingen"),
    };
    DotPlot { dots: (0..count).map(dot).collect(), from: 1.0, to: 5.0, ..DotPlot::default() }
}

fn spreads(count: usize) -> Distribution {
    let row = |index: usize| {
        let base = index as f64;
        DistributionRow {
            label: name(index),
            p10: base,
            p25: base * 1.5,
            median: base * 2.0,
            p75: base * 3.0,
            p90: base * 5.0,
            suppressed: index % 5 == 4,
        }
    };
    let panel = |index: usize| DistributionPanel {
        title: format!("Hoofdstuk {index} met een naam die over twee regels loopt"),
        decimals: 1,
        rows: (0..count).map(row).collect(),
    };
    Distribution {
        panels: (0..5).map(panel).collect(),
        scale: if count.is_multiple_of(2) { Measured::Alike } else { Measured::Tenfold },
    }
}

fn heat(rows: usize, columns: usize) -> HeatMap {
    let row = |index: usize| HeatRow {
        label: name(index),
        group: format!("Provincie {}", index * 5 / rows.max(1)),
        levels: (0..columns).map(|column| Some((index * 7 + column * column * 3) % 11 % 4)).collect(),
    };
    HeatMap {
        columns: (0..columns)
            .map(|column| if column % 5 == 1 { LONG.to_owned() } else { format!("Bouwsteen {column}") })
            .collect(),
        rows: (0..rows).map(row).collect(),
        steps: vec![("gepland".to_owned(), 1), ("in opbouw".to_owned(), 2), ("in gebruik".to_owned(), 3)],
        without: "niet".to_owned(),
        totals: (0..columns).map(|column| (column * 9).to_string()).collect(),
    }
}

fn matrix(rows: usize, columns: usize) -> Matrix {
    Matrix {
        columns: (0..columns)
            .map(|column| if column == 2 { LONG.to_owned() } else { format!("Techniek {column}") })
            .collect(),
        rows: (0..rows)
            .map(|row| {
                (
                    name(row),
                    (0..columns).map(|column| ((row + column) % 3 > 0).then_some((row * column * 37) as i64)).collect(),
                )
            })
            .collect(),
    }
}

fn map(year: i32) -> Choropleth {
    let levels: BTreeMap<String, usize> = ["44021", "11002", "31005", "24062", "71022", "11001", "23088"]
        .into_iter()
        .enumerate()
        .map(|(index, nis)| (nis.to_owned(), index % 4))
        .collect();
    Choropleth {
        year,
        classes: ["0 tot 4", "5 tot 9", "10 tot 14", "15 en meer"].map(str::to_owned).to_vec(),
        levels,
        province_lines: true,
        ..Choropleth::default()
    }
}

fn waterfall(amounts: &[i128]) -> Waterfall {
    let mut steps: Vec<WaterfallStep> = amounts
        .iter()
        .enumerate()
        .map(|(index, amount)| WaterfallStep {
            label: name(index),
            amount_cents: *amount,
            kind: StepKind::Actual,
            expected_cents: amount / 3,
            note: format!("geboekt {}", peil_reports::format::euro(*amount)),
        })
        .collect();
    let sum: i128 = amounts.iter().sum();
    steps.push(WaterfallStep {
        label: "Totaal".to_owned(),
        amount_cents: sum,
        kind: StepKind::Total,
        expected_cents: amounts.iter().map(|amount| amount / 3).sum(),
        note: String::new(),
    });
    Waterfall { steps, line: Some(("Budget 2022".to_owned(), 11_101_800.0)) }
}

fn timeline(rows: usize, periods: usize) -> Timeline {
    let row = |index: usize| TimelineRow {
        label: name(index),
        marks: (0..periods)
            .filter(|period| (period + index).is_multiple_of(3))
            .map(|period| (period, index.is_multiple_of(2), State::ALL.get((index + period) % 5).copied()))
            .collect(),
    };
    Timeline {
        rows: (0..rows).map(row).collect(),
        periods: points(periods, |_| None).into_iter().map(|point| point.period).collect(),
        now: Some(1),
    }
}

fn bullets(count: usize) -> Bullets {
    let bullet = |index: usize| Bullet {
        label: name(index),
        note: "Proeftuin LB365".to_owned(),
        share: index as f64 * 0.2,
        previous: Some(0.3),
        marker: index.is_multiple_of(2).then_some(0.5),
        shown: format!("{index} van 30"),
        shown_note: "83,3 % · gebruikers".to_owned(),
    };
    Bullets {
        bullets: (0..count).map(bullet).collect(),
        value_name: "stand 30 juni 2022".to_owned(),
        previous_name: "stand 2021".to_owned(),
        marker_name: Some("doel eerste semester".to_owned()),
        target_name: "doel 2022".to_owned(),
    }
}

/// Each drawing with its name and what describes it.
fn all() -> Vec<(String, Vec<Drawing>, String)> {
    let mut all = Vec::new();
    macro_rules! add {
        ($($name:literal: $kind:expr),* $(,)?) => { $(let kind = $kind; all.push(($name.to_owned(), kind.draw().unwrap(), kind.describe()));)* };
    }
    add! {
        "bars": bars(12, |index| 40.0 - index as f64 * 3.0, false),
        "bars-compared": bars(8, |index| 40.0 - index as f64 * 3.0, true),
        "bars-one": bars(1, |_| 3.0, false), "bars-40": bars(40, |index| SOME[index % 6], true),
        "bars-zero": bars(5, |_| 0.0, false), "bars-equal": bars(5, |_| 7.0, true),
        "bars-negative": bars(6, |index| 20.0 - index as f64 * 9.0, false), "bars-none": RankedBars::default(),
        "line": line(14, |index| (index != 5).then(|| 20.0 + (index * index) as f64 * 0.4)),
        "line-flat": line(6, |_| Some(40.0)), "line-one": line(1, |_| Some(3.0)), "line-zero": line(4, |_| Some(0.0)),
        "line-missing": line(4, |_| None), "line-large": line(40, |index| Some(SOME[index % 6])), "line-none": LineWithTarget::default(),
        "multiples": multiples(10), "multiples-one": multiples(1), "multiples-40": multiples(40), "multiples-none": SmallMultiples::default(),
        "dots": dots(9), "dots-one": dots(1), "dots-40": dots(40), "dots-none": DotPlot::default(),
        "spread": spreads(9), "spread-one": spreads(1), "spread-40": spreads(40), "spread-none": Distribution::default(),
        "heat": heat(20, 12), "heat-300": heat(300, 39), "heat-one": heat(1, 1), "heat-60": heat(60, 39), "heat-none": HeatMap::default(),
        "matrix": matrix(14, 7), "matrix-one": matrix(1, 1), "matrix-40": matrix(40, 16), "matrix-none": Matrix::default(),
        "map-2022": map(2022), "map-2025": map(2025), "map-none": Choropleth::default(),
        "waterfall": waterfall(&[1_500_000, 3_000_000, 4_000_000, 200]), "waterfall-negative": waterfall(&[5_000_000, -2_000_000, 0, 900_000_000]),
        "waterfall-zero": waterfall(&[0, 0]), "waterfall-none": Waterfall::default(),
        "timeline": timeline(12, 12), "timeline-one": timeline(1, 1), "timeline-40": timeline(40, 24), "timeline-none": Timeline::default(),
        "bullets": bullets(8), "bullets-40": bullets(40), "bullets-none": Bullets::default(),
    }
    all
}

#[test]
fn labels_of_no_kind_collide_or_leave_the_canvas() {
    let mut faults = Vec::new();
    for (name, drawings, _) in all() {
        for drawing in &drawings {
            let place = format!("{name} ({:?})", drawing.layout);
            if let Some(folder) = std::env::var_os("PEIL_CHART_PICTURES") {
                let file = std::path::Path::new(&folder).join(format!("{name}-{}.svg", drawing.layout.name()));
                std::fs::write(file, drawing.svg("a", &name, &name)).unwrap();
            }
            for (index, label) in drawing.labels.iter().enumerate() {
                let inside = label.left >= -0.5
                    && label.top >= -0.5
                    && label.right <= drawing.width + 0.5
                    && label.bottom <= drawing.height + 0.5;
                if !inside {
                    faults.push(format!("{place}: {label:?} leaves {} by {}", drawing.width, drawing.height));
                }
                if let Some(other) = drawing.labels[..index].iter().find(|other| label.collides(other)) {
                    faults.push(format!("{place}: {label:?} collides with {other:?}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(30)]);
}

#[test]
fn drawings_are_small_and_the_same_each_time() {
    let (one, other) = (all(), all());
    assert_eq!(one, other);
    for (name, drawings, text) in &one {
        assert!(!text.is_empty() && text.ends_with('.'), "{name}: {text}");
        for drawing in drawings {
            assert!(drawing.content.len() < 120_000, "{name}: {} bytes", drawing.content.len());
        }
    }
}

#[test]
fn a_sparkline_is_small_and_hidden() {
    let svg = sparkline(&[Some(1.0), None, Some(3.0), Some(2.0)], &[None, Some(2.0), Some(3.0), Some(3.0)]).unwrap();
    assert!(svg.contains("aria-hidden=\"true\"") && svg.len() < 700, "{svg}");
    assert!(sparkline(&[], &[]).unwrap().starts_with("<svg"));
}

#[test]
fn a_series_that_breaks_has_a_mark_and_no_line_across() {
    let mut line = LineWithTarget { points: points(6, |index| Some(10.0 + index as f64)), ..LineWithTarget::default() };
    let whole = line.draw().unwrap();
    line.points[3].break_before = true;
    let broken = line.draw().unwrap();
    let svg = |drawing: &Drawing| drawing.content.clone();
    assert!(broken.iter().all(|drawing| svg(drawing).contains("reeksbreuk")));
    assert!(whole.iter().all(|drawing| !svg(drawing).contains("reeksbreuk")));
    assert!(line.describe().contains("Reeksbreuk vóór Q4 2019"), "{}", line.describe());
    // Before the first figure there is nothing to break.
    line.points.iter_mut().for_each(|point| point.break_before = false);
    line.points[0].break_before = true;
    assert!(line.draw().unwrap().iter().all(|drawing| !svg(drawing).contains("reeksbreuk")));
}
