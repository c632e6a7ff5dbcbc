//! `peil rejected`: what was not taken in, and how to mend it.

use std::collections::BTreeMap;

use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::problem::Reason;
use peil_warehouse::{Error, Result};

use crate::cli::{Global, RejectedArgs};
use crate::exit::Exit;
use crate::freshness::stands;
use crate::output::{Output, Tone, thousands};
use crate::records::{self, Record, text};
use crate::table::{Grid, Layout};
use crate::{context, stages};

/// Why a delivery is refused, as the first word of its reason, and what helps.
const REFUSALS: [(&str, &str); 8] = [
    ("duplicate_column", "give each column once"),
    ("empty_file", "make the export again; it holds no byte, or no header"),
    ("missing_column", "give every column that the contract requires"),
    ("missing_sheet", "name the sheet as the contract does"),
    ("no_date", "put the delivery date in the file name, as 2022-06-30 or 2022-06"),
    (
        "too_many_rejected",
        "mend the rows below; a dataset may have its own share: [datasets.\"portal/events\"] refuse_above in peil.toml",
    ),
    ("unreadable", "make the export or the upload again; the file is cut off or of another format"),
    ("wrong_encoding", "give the encoding of the contract"),
];

/// Lists refused deliveries that still stand, and rejected rows.
///
/// # Errors
/// [`Error::Usage`] where there is no such dataset or reason.
pub async fn run(global: &Global, arguments: &RejectedArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let reason = arguments.reason.as_deref().map(known_reason).transpose()?;
    if let Some(dataset) = &arguments.dataset {
        let contracts = stages::contracts(&settings)?;
        if contracts.get(dataset).is_none() {
            let near = did_you_mean(dataset, contracts.iter().map(|contract| contract.dataset.as_str()));
            return Err(Error::usage(format!("there is no dataset `{dataset}`{near}")));
        }
    }
    let (storage, published) = context::read_warehouse(&settings).await?;
    let of_dataset =
        |record: &Record| arguments.dataset.as_deref().is_none_or(|dataset| text(record, "dataset") == dataset);
    let deliveries = records::read(&storage, &published, "ops/deliveries").await?;
    let standing =
        deliveries.iter().filter(|record| text(record, "outcome") == "refused" && stands(record, &deliveries));
    let refused: Vec<&Record> = standing.filter(|record| of_dataset(record) && reason.is_none()).collect();
    let mut rows = records::read(&storage, &published, "ops/rejected_rows").await?;
    rows.retain(|row| of_dataset(row) && reason.is_none_or(|reason| text(row, "reason") == reason.as_str()));
    let counts = counts(&rows);
    let total = rows.len();
    rows.truncate(arguments.limit);
    if output.is_json() {
        let reasons: Vec<_> = counts
            .iter()
            .map(|(reason, rows)| serde_json::json!({ "reason": reason, "rows": rows, "remedy": remedy(reason) }))
            .collect();
        let document =
            serde_json::json!({ "refused": refused, "rejected": rows, "rejected_total": total, "reasons": reasons });
        output.document(&document)?;
        return Ok(Exit::Done);
    }
    if refused.is_empty() && total == 0 {
        output.line(output.paint(Tone::Good, "nothing was refused or rejected"));
        return Ok(Exit::Done);
    }
    tell(&refused, &rows, output);
    if total > rows.len() {
        let text = format!(
            "{} of {} rejected rows are shown; --limit shows more",
            thousands(rows.len() as u64),
            thousands(total as u64)
        );
        output.remark(Tone::Dim, "note", &text);
    }
    for (reason, rows) in counts {
        output.line(format!("{reason} ({}): {}", thousands(rows), remedy(&reason)));
    }
    Ok(Exit::Done)
}

fn tell(refused: &[&Record], rows: &[Record], output: Output) {
    if !refused.is_empty() {
        let mut grid = Grid::new(&["refused delivery", "why"]);
        for record in refused {
            grid.push(["object", "reason"].map(|column| text(record, column).to_owned()));
        }
        output.line(grid.render(output.width(), Layout::Columns));
        output.line("");
        for (code, remedy) in REFUSALS {
            if refused.iter().any(|record| refusal(record) == code) {
                output.line(format!("{code}: {remedy}"));
            }
        }
        output.line("deliver it again once it is mended, under the same name\n\n");
    }
    if !rows.is_empty() {
        let mut grid = Grid::new(&["rejected row of", ">line", "column", "value", "reason"]);
        for row in rows {
            grid.push(["object", "line", "column", "raw_value", "reason"].map(|column| text(row, column).to_owned()));
        }
        output.line(grid.render(output.width(), Layout::Columns));
        output.line("");
    }
}

fn refusal(record: &Record) -> &str {
    text(record, "reason").split(':').next().unwrap_or_default()
}

/// Rows by reason.
fn counts(rows: &[Record]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(text(row, "reason").to_owned()).or_default() += 1;
    }
    counts
}

fn remedy(reason: &str) -> &'static str {
    known(reason).map_or("", Reason::remedy)
}

fn known(text: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.as_str() == text)
}

fn known_reason(text: &str) -> Result<Reason> {
    known(text).ok_or_else(|| {
        let near = did_you_mean(text, Reason::ALL.iter().map(|reason| reason.as_str()));
        Error::usage(format!("there is no reason `{text}`{near}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_reason_names_the_nearest() {
        assert_eq!(known_reason("bad_date").unwrap(), Reason::BadDate);
        assert!(known_reason("bad_dat").unwrap_err().to_string().contains("did you mean `bad_date`"));
        assert!(Reason::ALL.iter().all(|reason| !remedy(reason.as_str()).is_empty()));
    }
}
