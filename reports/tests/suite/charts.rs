//! Every chart of the list, on reports that differ.

use peil_reports::charts::{CHARTS, Chart, Layout};

use crate::marts::{Marts, Warehouse};
use crate::uses::with_uses;

async fn each(mut check: impl FnMut(&Chart)) {
    let behind =
        with_uses(Marts::as_published()).realised("LB-LB-01", 3.0, "missed").realised("OC-02", 2_500.0, "achieved");
    for (marts, period) in [
        (with_uses(Marts::as_published()), "2022S1"),
        (with_uses(Marts::as_published()), "2022"),
        (behind, "2022S1"),
        (with_uses(Marts::as_published()), "2022Q3"),
    ] {
        let report = marts.publish().await.report(period).await;
        for entry in CHARTS {
            // Use is known of the first semester only: the others show charts without figures.
            let Some(chart) = (entry.draw)(&report).unwrap() else {
                assert_ne!(period, "2022S1", "{} draws nothing", entry.name);
                continue;
            };
            assert_eq!(chart.name, entry.name);
            check(&chart);
        }
    }
}

#[tokio::test]
async fn a_title_states_a_finding_in_at_most_ten_words() {
    each(|chart| {
        let words = chart.title.split_whitespace().count();
        assert!((3..=10).contains(&words), "{}: {words} words", chart.title);
        assert!(chart.measure.contains("2022"), "{}", chart.measure);
        assert!(chart.source.starts_with("Bron:"), "{}", chart.source);
    })
    .await;
}

#[tokio::test]
async fn a_chart_has_an_alternative_and_the_table_of_its_figures() {
    each(|chart| {
        assert!(chart.alternative.len() > 60, "{}", chart.alternative);
        assert!(!chart.table.rows.is_empty() && !chart.table.caption.is_empty());
        assert!(chart.table.rows.iter().all(|row| row.len() == chart.table.header.len()));
        for drawing in &chart.drawings {
            let svg = drawing.svg("a", &chart.title, &chart.alternative);
            assert!(
                svg.starts_with("<svg")
                    && svg.contains("role=\"img\"")
                    && svg.contains("<title")
                    && svg.contains("<desc")
            );
            assert!(svg.contains("<text") && !svg.contains("<image"), "text stays text");
        }
    })
    .await;
}

#[tokio::test]
async fn labels_stay_on_the_canvas_and_never_collide() {
    each(|chart| {
        assert_eq!(chart.drawings.iter().map(|drawing| drawing.layout).collect::<Vec<_>>(), Layout::ALL);
        for drawing in &chart.drawings {
            let place = format!("{} ({:?})", chart.name, drawing.layout);
            for (index, label) in drawing.labels.iter().enumerate() {
                let inside = label.left >= -0.5
                    && label.top >= 0.0
                    && label.right <= drawing.width + 0.5
                    && label.bottom <= drawing.height;
                assert!(inside, "{place}: {label:?} of {} by {}", drawing.width, drawing.height);
                for other in &drawing.labels[..index] {
                    assert!(
                        !label.collides(other),
                        "{place}: `{}` and `{}`: {label:?} {other:?}",
                        label.text,
                        other.text
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn figures_of_a_drawing_are_those_of_its_table() {
    each(|chart| {
        let labels: Vec<&str> = chart.drawings[0].labels.iter().map(|label| label.text.as_str()).collect();
        let key = match chart.name {
            "middelen" => 2,
            "jaardoelen" => 6,
            _ => return,
        };
        for row in chart.table.rows.iter().filter(|row| !row[0].starts_with("Budget")) {
            let figure = &row[key];
            assert!(labels.iter().any(|label| label.contains(figure.as_str())), "{figure} is not drawn: {labels:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_chart_is_the_same_on_every_run() {
    let draw = |warehouse: Warehouse| async move {
        let report = warehouse.report("2022S1").await;
        peil_reports::charts::draw_all(&report).unwrap()
    };
    let (one, other) =
        (draw(Marts::as_published().publish().await).await, draw(Marts::as_published().publish().await).await);
    assert_eq!(one, other);
}

#[tokio::test]
async fn without_costs_there_is_no_chart_of_them() {
    let report = Marts { with_costs: false, ..Marts::as_published() }.publish().await.report("2022S1").await;
    let names: Vec<&str> = peil_reports::charts::draw_all(&report).unwrap().iter().map(|chart| chart.name).collect();
    assert!(names.contains(&"jaardoelen") && !names.contains(&"middelen"), "{names:?}");
}

#[tokio::test]
async fn names_in_a_chart_of_a_programme_tell_its_indicators_apart() {
    each(|chart| {
        if !(chart.name.starts_with("doelen-") || chart.name.starts_with("verloop-")) {
            return;
        }
        let names: Vec<&String> = chart.table.rows.iter().map(|row| &row[0]).collect();
        let unique: std::collections::BTreeSet<&String> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{}: {names:?}", chart.name);
        if chart.name == "verloop-vlavirgem" {
            assert!(names.iter().any(|name| *name == "Aantal gebruikers (Referentie-architectuur)"), "{names:?}");
        }
    })
    .await;
}
