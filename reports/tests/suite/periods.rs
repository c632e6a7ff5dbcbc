//! Periods, marts and folders that a report cannot be made of.

use peil_reports::{Form, write_report};
use peil_warehouse::Error;

use crate::marts::Marts;

async fn refusal(marts: Marts, period: &str) -> String {
    let warehouse = marts.publish().await;
    let out = tempfile::tempdir().unwrap();
    let period = warehouse.period(period);
    match write_report(&warehouse.storage, &warehouse.published, period, out.path(), &Form::ALL).await {
        Err(Error::Usage(message)) => message,
        other => panic!("expected a usage error, got {other:?}"),
    }
}

#[tokio::test]
async fn a_period_without_data_names_the_nearest_that_has() {
    let nearest =
        [("2019S2", "2022S1"), ("2025Q1", "2022Q3"), ("2022Q4", "2022Q3"), ("2024", "2022"), ("2020", "2021")];
    for (period, expected) in nearest {
        let message = refusal(Marts::as_published(), period).await;
        assert!(message.contains(period) && message.ends_with(expected), "{message}");
    }
}

#[tokio::test]
async fn a_missing_mart_is_named() {
    for mart in
        ["indicators", "indicator_values", "indicator_table", "milestones", "costs", "budget", "attention_points"]
    {
        let marts = Marts { without: Some(mart), ..Marts::as_published() };
        let message = refusal(marts, "2022S1").await;
        assert!(message.contains(&format!("`{mart}`")), "{message}");
    }
}

#[tokio::test]
async fn without_any_figure_there_is_no_report() {
    let mut marts = Marts::as_published();
    marts.values.iter_mut().for_each(|row| row.value = None);
    assert!(refusal(marts, "2022S1").await.contains("peil run"));
}

#[tokio::test]
async fn quarters_semesters_and_years_are_written_in_their_own_folder() {
    let warehouse = Marts::as_published().publish().await;
    let out = tempfile::tempdir().unwrap();
    for period in ["2022Q1", "2022S1", "2022S2", "2022"] {
        let name = warehouse.period(period);
        let written =
            write_report(&warehouse.storage, &warehouse.published, name, out.path(), &Form::ALL).await.unwrap();
        let expected: Vec<_> = Form::ALL.map(|form| out.path().join(period).join(form.entrance(name))).into();
        assert_eq!(written.entrances, expected);
        assert!(written.entrances.iter().all(|file| file.is_file()));
    }
    let latest = std::fs::read_to_string(out.path().join("latest/index.html")).unwrap();
    assert!(latest.contains("../2022/index.html"), "{latest}");
}
