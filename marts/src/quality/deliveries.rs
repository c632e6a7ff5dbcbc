//! Checks of the record of deliveries: rows that add up, staged rows that are
//! those that were accepted, and of each dataset how much and how often it
//! comes, against its own history.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::NaiveDate;
use peil_warehouse::contract::{ContractSet, Frequency};
use peil_warehouse::publish::Draft;
use peil_warehouse::{Error, Result};

use super::{FRESHNESS, OPS, ROWS_ADD_UP, STAGED, STAGED_AS_ACCEPTED, VOLUME, finding};
use crate::check::Finding;
use crate::model::Severity;

const DELIVERIES: &str = "ops/deliveries";
/// Deliveries before the last without which nothing is usual.
const LEAST_HISTORY: usize = 4;
/// The last deliveries that tell what is usual.
const HISTORY: usize = 12;
/// Times more or less than usual that is far.
const FAR: f64 = 5.0;
/// Rows by which a delivery must differ to be worth a line.
const LEAST_DIFFERENCE: f64 = 20.0;
/// A dataset is late after this many times its usual interval …
const LATE: f64 = 1.5;
/// … and so many days.
const GRACE_DAYS: f64 = 14.0;

#[derive(Debug, Clone)]
struct Delivery {
    id: String,
    object: String,
    date: Option<NaiveDate>,
    rows: i64,
    accepted: i64,
    rejected: i64,
    is_accepted: bool,
}

/// Checks each dataset on the day to which the run looks; deliveries dated
/// later do not count.
pub(super) async fn check(
    draft: &Draft,
    contracts: &ContractSet,
    day: NaiveDate,
    latest: Option<NaiveDate>,
) -> Result<Vec<Finding>> {
    let all = read(draft).await?;
    let mut findings = Vec::new();
    for contract in contracts.iter() {
        let none = Vec::new();
        let deliveries = all.get(&contract.dataset).unwrap_or(&none);
        let wrong = deliveries.iter().filter(|delivery| delivery.rows != delivery.accepted + delivery.rejected);
        let wrong = wrong.map(|delivery| {
            format!(
                "{}: {} rows, {} accepted and {} rejected",
                delivery.object, delivery.rows, delivery.accepted, delivery.rejected
            )
        });
        findings.push(finding(ROWS_ADD_UP, OPS, &contract.dataset, Severity::Error, wrong.collect()));
        if let Some(state) = draft.table(&contract.staged_table()) {
            let mut staged: BTreeMap<&str, i64> = BTreeMap::new();
            for file in &state.files {
                *staged.entry(&file.part).or_default() += file.rows as i64;
            }
            let accepted: BTreeMap<&str, i64> = deliveries
                .iter()
                .filter(|delivery| delivery.is_accepted)
                .map(|delivery| (delivery.id.as_str(), delivery.accepted))
                .collect();
            let wrong = staged.iter().filter(|(id, rows)| accepted.get(*id) != Some(rows));
            let told = |id: &str, rows: i64| match accepted.get(id) {
                Some(accepted) => format!("{id}: {rows} rows staged, {accepted} accepted"),
                None => format!("{id}: {rows} rows staged of no accepted delivery"),
            };
            let wrong = wrong.map(|(id, rows)| told(id, *rows)).collect();
            findings.push(finding(STAGED_AS_ACCEPTED, STAGED, &contract.dataset, Severity::Error, wrong));
        }
        let mut dated: Vec<(NaiveDate, &Delivery)> = deliveries
            .iter()
            .filter(|delivery| delivery.is_accepted)
            .filter_map(|delivery| Some((delivery.date?, delivery)))
            .filter(|(date, _)| latest.is_none_or(|latest| *date <= latest))
            .collect();
        dated.sort_by(|a, b| (a.0, &a.1.object).cmp(&(b.0, &b.1.object)));
        let told = volume(&dated).into_iter().collect();
        findings.push(finding(VOLUME, OPS, &contract.dataset, Severity::Warning, told));
        let dates: Vec<NaiveDate> = dated.iter().map(|(date, _)| *date).collect();
        let told = freshness(dates, day, contract.frequency).into_iter().collect();
        findings.push(finding(FRESHNESS, OPS, &contract.dataset, Severity::Warning, told));
    }
    Ok(findings)
}

/// What is unusual of the last delivery: far more or fewer rows than usual, as
/// such and for the days that it is about.
fn volume(dated: &[(NaiveDate, &Delivery)]) -> Option<String> {
    let (last, before) = dated.split_last()?;
    let before = &before[before.len().saturating_sub(HISTORY)..];
    if before.len() < LEAST_HISTORY {
        return None;
    }
    let rows = |delivery: &Delivery| delivery.accepted as f64;
    let usual = median(before.iter().map(|(_, delivery)| rows(delivery)).collect())?;
    let rate = |pair: &[(NaiveDate, &Delivery)]| {
        let days = (pair[1].0 - pair[0].0).num_days();
        (days > 0).then(|| rows(pair[1].1) / days as f64)
    };
    let usual_rate = median(before.windows(2).filter_map(rate).collect());
    let last_rate = rate(&[before[before.len() - 1], *last]);
    let is_far = |value: f64, usual: f64| value * FAR < usual || value > usual * FAR;
    let rows = rows(last.1);
    let by_days = match (usual_rate, last_rate) {
        (Some(usual), Some(rate)) => is_far(rate, usual),
        _ => true,
    };
    let is_unusual = is_far(rows, usual) && by_days && (rows - usual).abs() >= LEAST_DIFFERENCE;
    is_unusual.then(|| format!("{}: {rows} rows, where {usual} are usual", last.1.object))
}

/// How late a dataset is, where it is: by its schedule, or by what is usual
/// where it has none.
fn freshness(mut dates: Vec<NaiveDate>, day: NaiveDate, schedule: Option<Frequency>) -> Option<String> {
    if let Some(schedule) = schedule {
        let last = dates.last()?;
        let age = (day - *last).num_days();
        let is_late = age > i64::from(schedule.late_after_days());
        return is_late.then(|| {
            format!(
                "the last delivery is of {last}, {age} days ago; by its contract one comes at least each {} days",
                schedule.days()
            )
        });
    }
    dates.dedup();
    let recent = &dates[dates.len().saturating_sub(HISTORY)..];
    if recent.len() <= LEAST_HISTORY {
        return None;
    }
    let usual = median(recent.windows(2).map(|pair| (pair[1] - pair[0]).num_days() as f64).collect())?;
    let last = *recent.last()?;
    let age = (day - last).num_days() as f64;
    (age > usual * LATE + GRACE_DAYS)
        .then(|| format!("the last delivery is of {last}, {age} days ago; usually one comes each {usual} days"))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

async fn read(draft: &Draft) -> Result<BTreeMap<String, Vec<Delivery>>> {
    let mut deliveries: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    let columns = ["dataset", "object", "delivery_id", "outcome", "delivery_date", "rows", "accepted", "rejected"];
    for batch in draft.batches(DELIVERIES, Some(&columns)).await? {
        let text = |at: usize| batch.column(at).as_string_opt::<i32>();
        let dates = batch.column(4).as_primitive_opt::<Date32Type>();
        let number = |at: usize| batch.column(at).as_primitive_opt::<Int64Type>();
        let (Some(datasets), Some(objects), Some(ids), Some(outcomes), Some(dates)) =
            (text(0), text(1), text(2), text(3), dates)
        else {
            return Err(Error::internal(format!("{DELIVERIES} has other types than expected")));
        };
        let (Some(rows), Some(accepted), Some(rejected)) = (number(5), number(6), number(7)) else {
            return Err(Error::internal(format!("{DELIVERIES} has other types than expected")));
        };
        for row in 0..batch.num_rows() {
            deliveries.entry(datasets.value(row).to_owned()).or_default().push(Delivery {
                id: ids.value(row).to_owned(),
                object: objects.value(row).to_owned(),
                date: dates.is_valid(row).then(|| dates.value_as_date(row)).flatten(),
                rows: rows.value(row),
                accepted: accepted.value(row),
                rejected: rejected.value(row),
                is_accepted: outcomes.value(row) == "accepted",
            });
        }
    }
    Ok(deliveries)
}

#[cfg(test)]
mod tests {
    use peil_warehouse::contract::FrequencyUnit;

    use super::*;

    fn delivery(accepted: i64) -> Delivery {
        let object = "a/b/x.csv".to_owned();
        Delivery { id: "d".to_owned(), object, date: None, rows: 0, accepted, rejected: 0, is_accepted: true }
    }

    fn told(days_and_rows: &[(&str, i64)]) -> Option<String> {
        let all: Vec<(NaiveDate, Delivery)> =
            days_and_rows.iter().map(|(day, rows)| (day.parse().unwrap(), delivery(*rows))).collect();
        volume(&all.iter().map(|(day, delivery)| (*day, delivery)).collect::<Vec<_>>())
    }

    const USUAL: [(&str, i64); 4] = [("2022-01-31", 100), ("2022-02-28", 110), ("2022-03-31", 100), ("2022-04-30", 90)];

    #[test]
    fn a_delivery_far_from_usual_is_told() {
        let with = |last: (&'static str, i64)| told(&[USUAL.as_slice(), &[last]].concat());
        assert_eq!(with(("2022-05-31", 19)).as_deref(), Some("a/b/x.csv: 19 rows, where 100 are usual"));
        assert_eq!(with(("2022-05-31", 501)).as_deref(), Some("a/b/x.csv: 501 rows, where 100 are usual"));
        assert_eq!(with(("2022-05-31", 25)), None);
        assert_eq!(with(("2022-05-03", 15)), None, "three days of rows, not a month");
        assert_eq!(told(&USUAL[..3]), None, "no history, nothing usual");
    }

    #[test]
    fn a_dataset_is_late_after_its_own_usual_interval() {
        let dates: Vec<NaiveDate> = ["2022-01-31", "2022-02-28", "2022-03-31", "2022-04-30", "2022-05-31"]
            .map(|day| day.parse().unwrap())
            .to_vec();
        assert_eq!(freshness(dates.clone(), "2022-07-29".parse().unwrap(), None), None);
        let late = freshness(dates.clone(), "2022-08-05".parse().unwrap(), None).unwrap();
        assert!(late.contains("2022-05-31, 66 days ago"), "{late}");
        assert_eq!(freshness(dates[..4].to_vec(), "2030-01-01".parse().unwrap(), None), None);
    }

    #[test]
    fn a_dataset_with_a_schedule_is_late_by_it_from_its_first_delivery_on() {
        let monthly = Some(Frequency { every: 1, unit: FrequencyUnit::Month });
        let one: Vec<NaiveDate> = vec!["2022-05-31".parse().unwrap()];
        assert_eq!(freshness(one.clone(), "2022-07-11".parse().unwrap(), monthly), None);
        let late = freshness(one, "2022-07-12".parse().unwrap(), monthly).unwrap();
        assert!(late.contains("2022-05-31, 42 days ago"), "{late}");
    }
}
