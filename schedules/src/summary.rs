//! What a run tells people once it is done.

use crate::output::{Output, Tone, counted, thousands};
use crate::pipeline::RunReport;
use crate::run_ledger::Outcome;
use crate::stages::{FailedCheck, IngestReport, MartsReport, TransformReport};

/// Lines of one kind before the rest is only counted.
const MOST: usize = 12;

/// The summary of a run, line by line.
pub fn lines(report: &RunReport, output: Output) -> Vec<String> {
    let mut lines = vec![headline(report, output)];
    let stages = [
        ("ingest", report.ingest.as_ref().map(ingest)),
        ("transform", report.transform.as_ref().map(transform)),
        ("marts", report.marts.as_ref().map(marts)),
    ];
    for (name, told) in stages {
        let Some(told) = told else { continue };
        let seconds = report.stage_seconds.get(name).copied().unwrap_or_default();
        lines.push(format!("  {name:<10}{seconds:>7.2} s  {told}"));
    }
    if let Some(ingest) = &report.ingest {
        let refused: Vec<String> =
            ingest.refused.iter().map(|refusal| format!("{}: {}", refusal.object, refusal.reason)).collect();
        push_some(&mut lines, &output.paint(Tone::Bad, "refused"), &refused);
        let still: Vec<String> =
            ingest.still_refused.iter().map(|refusal| format!("{}: {}", refusal.object, refusal.reason)).collect();
        push_some(&mut lines, &output.paint(Tone::Warning, "still refused"), &still);
        push_some(&mut lines, &output.paint(Tone::Warning, "warning"), &ingest.warnings);
    }
    if let Some(transform) = &report.transform {
        push_some(&mut lines, &output.paint(Tone::Warning, "warning"), &transform.warnings);
    }
    if let Some(marts) = &report.marts {
        push_some(
            &mut lines,
            &output.paint(Tone::Bad, "failed check"),
            &marts.failed.iter().map(check).collect::<Vec<_>>(),
        );
        push_some(
            &mut lines,
            &output.paint(Tone::Warning, "warning"),
            &marts.warnings.iter().map(check).collect::<Vec<_>>(),
        );
    }
    lines.extend(advice(report));
    lines
}

/// The run that a line of [`lines`] tells of, in the words of its headline.
pub fn run_of(line: &str) -> Option<&str> {
    let (id, _) = line.strip_prefix("run ")?.split_once(": ")?;
    let (moment, number) = id.split_once("Z-")?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_moment = moment.split_once('T').is_some_and(|(day, time)| is_number(day) && is_number(time));
    (is_moment && is_number(number)).then_some(id)
}

fn headline(report: &RunReport, output: Output) -> String {
    let (tone, word) = match report.outcome {
        Outcome::Published => (Tone::Good, "published"),
        Outcome::Unchanged => (Tone::Good, "nothing new"),
        Outcome::Refused => (Tone::Warning, "published, with deliveries refused"),
        Outcome::CheckFailed => (Tone::Bad, "a quality check failed: the marts stay as they were"),
        Outcome::Failed => (Tone::Bad, "failed"),
    };
    let mut text = format!("run {}: {}", report.run_id, output.paint(tone, word));
    if let Some(day) = report.as_of {
        text += &format!(", as of {day}");
    }
    if let Some(day) = report.known_on {
        text += &format!(", known on {day}");
    }
    text + &format!(" ({:.2} s)", report.seconds)
}

fn ingest(report: &IngestReport) -> String {
    let cleared = match report.cleared {
        0 => String::new(),
        cleared => format!(", {} cleared from the landing area", thousands(cleared)),
    };
    if report.accepted == 0 && report.duplicates == 0 && report.refused.is_empty() {
        return format!("no new deliveries{cleared}");
    }
    let mut text = format!(
        "{} accepted, {} refused, {} duplicate; {}",
        counted(report.accepted, "delivery", "deliveries"),
        report.refused.len(),
        thousands(report.duplicates),
        counted(report.rows, "row", "rows")
    );
    if report.rejected > 0 {
        text += &format!(", {} rejected", thousands(report.rejected));
    }
    text + &cleared
}

fn transform(report: &TransformReport) -> String {
    match report.tables {
        0 => "nothing to do".to_owned(),
        tables => format!(
            "{} changed; {}, {}",
            counted(tables, "table", "tables"),
            counted(report.rows, "row", "rows"),
            counted(report.corrections, "correction", "corrections")
        ),
    }
}

fn marts(report: &MartsReport) -> String {
    match (report.models, report.checks) {
        (0, 0) => "nothing to do".to_owned(),
        (models, _) => format!(
            "{} computed; {}; {}, {} failed",
            counted(models, "model", "models"),
            counted(report.rows, "row", "rows"),
            counted(report.checks, "check", "checks"),
            report.failed.len()
        ),
    }
}

fn check(check: &FailedCheck) -> String {
    let detail = if check.detail.is_empty() { String::new() } else { format!(": {}", check.detail) };
    format!("{} of {}: {}{detail}", check.check, check.dataset, counted(check.rows, "row", "rows"))
}

fn push_some(lines: &mut Vec<String>, label: &str, told: &[String]) {
    lines.extend(told.iter().take(MOST).map(|text| format!("{label}  {text}")));
    if told.len() > MOST {
        lines.push(format!("{label}  … and {} more", told.len() - MOST));
    }
}

fn advice(report: &RunReport) -> Option<String> {
    let rejected = report.ingest.as_ref().is_some_and(|ingest| ingest.rejected > 0 || !ingest.refused.is_empty());
    match report.outcome {
        Outcome::CheckFailed => {
            Some("`peil sql \"select * from ops.quality_checks where outcome = 'failed'\"` lists the checks".to_owned())
        }
        _ if rejected => Some("`peil rejected` lists what was not taken in, and how to mend it".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cli::ColorChoice;
    use crate::stages::Refusal;

    fn report() -> RunReport {
        RunReport {
            run_id: "20261123T183300Z-000001".to_owned(),
            outcome: Outcome::Refused,
            as_of: chrono::NaiveDate::from_ymd_opt(2022, 7, 31),
            known_on: None,
            seconds: 1.234,
            stage_seconds: BTreeMap::from([("ingest", 0.5), ("marts", 0.25)]),
            ingest: Some(IngestReport {
                accepted: 34,
                refused: vec![Refusal {
                    object: "portal/plates/2022-03-31.csv".to_owned(),
                    reason: "it is empty".to_owned(),
                }],
                rows: 1_412_345,
                rejected: 2,
                ..IngestReport::default()
            }),
            transform: None,
            marts: Some(MartsReport { models: 23, rows: 900, checks: 60, ..MartsReport::default() }),
        }
    }

    #[test]
    fn a_run_is_told_in_a_few_lines() {
        let told = lines(&report(), Output::new(false, false, ColorChoice::Never));
        assert_eq!(
            told,
            [
                "run 20261123T183300Z-000001: published, with deliveries refused, as of 2022-07-31 (1.23 s)",
                "  ingest       0.50 s  34 deliveries accepted, 1 refused, 0 duplicate; 1,412,345 rows, 2 rejected",
                "  marts        0.25 s  23 models computed; 900 rows; 60 checks, 0 failed",
                "refused  portal/plates/2022-03-31.csv: it is empty",
                "`peil rejected` lists what was not taken in, and how to mend it",
            ]
        );
    }

    #[test]
    fn many_lines_of_a_kind_are_counted() {
        let mut told = Vec::new();
        push_some(&mut told, "warning", &vec!["w".to_owned(); MOST + 3]);
        assert_eq!((told.len(), told.last().map(String::as_str)), (MOST + 1, Some("warning  … and 3 more")));
    }
}
