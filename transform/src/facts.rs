//! Conformed large facts: events so many that they are kept by month.
//!
//! Only months whose rows in force changed are made again, a correction that
//! moves a row between months makes both. A staged row group whose rows are
//! all of the month and in force is taken over as it is encoded, with what is
//! derived beside it; of other row groups the rows that count are picked out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray};
use arrow::compute::filter;
use arrow::datatypes::Field;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::contract::{DELIVERY, DELIVERY_DATE, OBJECT};
use peil_warehouse::progress::Progress;
use peil_warehouse::share::{self, Share};
use peil_warehouse::table::{self, ChunkCopy, ColumnSource, FileBuilder, RowGroups};
use peil_warehouse::{Error, Result};

use crate::columns::{Columns, derived, fact_column, months_of, repeated, source_fields, staged_fields};
use crate::dataset::MONTH;
use crate::days::{Month, month_text, number_of};
use crate::delivery::Delivery;
use crate::job::{Encoded, Job, Outcome, Part};
use crate::rollup::{self, Activity};
use crate::stage::{STAGE, ShareSummary};
use crate::survey::{Group, Survey};

/// Months that are under way at the same time: while one is computed, another
/// is read or written.
const CONCURRENT_MONTHS: usize = 4;
/// Rows of a row group that is put together from pieces.
const GROUP_ROWS: usize = 262_144;

/// Makes the months of a dataset that changed.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a file cannot be read or written.
pub(crate) async fn make(job: &Job) -> Result<Outcome> {
    let Due { survey, fingerprints, tables, changed } = due(job).await?;
    let mut outcome = Outcome::default();
    let mut made = futures::stream::iter(changed)
        .map(|month| make_month(job, &survey, month, &fingerprints[&month]))
        .buffered(job.memory.at_once(CONCURRENT_MONTHS));
    while let Some(parts) = made.try_next().await? {
        outcome.made.extend(parts);
    }
    drop(made);
    let there: BTreeSet<String> = fingerprints.keys().map(|month| month_text(*month)).collect();
    for table in tables {
        let parts = job.present.get(&table).into_iter().flat_map(|parts| parts.keys());
        outcome.gone.extend(parts.filter(|part| !there.contains(*part)).map(|part| (table.clone(), part.clone())));
    }
    let ids = job.deliveries.iter().map(|delivery| delivery.id.clone());
    outcome.corrections = ids.zip(survey.decision.corrections.iter().copied()).collect();
    Ok(outcome)
}

/// What is to be made of a dataset.
struct Due {
    survey: Arc<Survey>,
    /// What each month is made from.
    fingerprints: BTreeMap<Month, String>,
    tables: Vec<String>,
    /// The months that changed.
    changed: Vec<Month>,
}

async fn due(job: &Job) -> Result<Due> {
    let survey = Arc::new(Survey::of(job).await?);
    let ground = job.ground();
    let months = survey.months();
    let fingerprints: BTreeMap<Month, String> =
        months.keys().map(|month| (*month, survey.fingerprint(*month, &ground, &job.deliveries))).collect();
    let tables: Vec<String> = job.tables().into_iter().map(|spec| spec.name).collect();
    let changed = |month: &Month| tables.iter().any(|table| !job.has(table, &month_text(*month), &fingerprints[month]));
    let changed: Vec<Month> = months.into_keys().filter(|month| changed(month)).collect();
    Ok(Due { survey, fingerprints, tables, changed })
}

/// Makes the months of one share of those that changed, and notes what came
/// of each.
///
/// # Errors
/// As [`make`].
pub(crate) async fn share_in(job: &Job, share: Share, progress: &dyn Progress) -> Result<ShareSummary> {
    let Due { survey, fingerprints, changed, .. } = due(job).await?;
    let mut summary = ShareSummary { all: changed.len(), ..ShareSummary::default() };
    let mut own = Vec::new();
    for month in changed {
        let piece = piece(job, month, &fingerprints[&month]);
        if noted(job, &piece).await?.is_some() {
            summary.ready += 1;
        } else if share.takes(&piece) {
            own.push((month, piece));
        }
    }
    progress.begin(job.dataset.name(), own.len() as u64);
    let mut made = futures::stream::iter(own)
        .map(|(month, piece)| {
            let (survey, fingerprint) = (&survey, &fingerprints[&month]);
            async move {
                let parts = compute_month(job, survey, month, fingerprint).await?;
                let paths =
                    parts.iter().flat_map(|part| part.files.iter().map(|file| format!("{}/{}", part.table, file.path)));
                share::put(&job.storage, STAGE, &piece, &parts, &paths.collect::<Vec<_>>()).await?;
                Ok::<_, Error>(month)
            }
        })
        .buffered(job.memory.at_once(CONCURRENT_MONTHS));
    while let Some(month) = made.try_next().await? {
        summary.taken += 1;
        progress.advance(1, &month_text(month));
    }
    progress.end(&format!("{} of {} months", summary.taken, summary.all));
    summary.ready += summary.taken;
    Ok(summary)
}

/// Changes with everything that a month is made from.
fn piece(job: &Job, month: Month, fingerprint: &str) -> String {
    table::fingerprint([job.dataset.name(), &month_text(month), fingerprint])
}

/// What somebody made of a month already, where all of it is there.
async fn noted(job: &Job, piece: &str) -> Result<Option<Vec<Part>>> {
    if !job.noted.contains(piece) {
        return Ok(None);
    }
    let Some(parts) = share::get::<Vec<Part>>(&job.storage, STAGE, piece).await? else { return Ok(None) };
    for part in &parts {
        if !share::are_there(&job.storage, &part.table, &part.files).await? {
            return Ok(None);
        }
    }
    Ok(Some(parts))
}

/// Makes a month, or takes over what somebody made of it.
async fn make_month(job: &Job, survey: &Arc<Survey>, month: Month, fingerprint: &str) -> Result<Vec<Part>> {
    match noted(job, &piece(job, month, fingerprint)).await? {
        Some(parts) => Ok(parts),
        None => compute_month(job, survey, month, fingerprint).await,
    }
}

/// Makes a month.
async fn compute_month(job: &Job, survey: &Arc<Survey>, month: Month, fingerprint: &str) -> Result<Vec<Part>> {
    let deliveries: Vec<usize> = survey.deliveries_of(month).collect();
    let files: Vec<(usize, Vec<(usize, Bytes)>)> = futures::stream::iter(deliveries)
        .map(|at| async move {
            let touches = |groups: &[Group]| groups.iter().any(|group| group.touches(month));
            let numbers = (0..survey.files[at].len()).filter(|file| touches(&survey.files[at][*file])).collect();
            job.staged_files(&job.deliveries[at], numbers).await.map(|files| (at, files))
        })
        .buffered(CONCURRENT_MONTHS)
        .try_collect()
        .await?;
    let survey = Arc::clone(survey);
    let encoded = job.compute(move |job| encode(job, &survey, month, files)).await?;
    let writes = encoded.into_iter().map(|encoded| job.write(encoded, fingerprint));
    futures::future::try_join_all(writes).await
}

/// The tables of one month.
fn encode(job: &Job, survey: &Survey, month: Month, files: Vec<(usize, Vec<(usize, Bytes)>)>) -> Result<Vec<Encoded>> {
    let mut rows = MonthRows::new(job, month)?;
    for (at, files) in files {
        for (number, content) in files {
            let before: u32 = survey.files[at][..number].iter().flatten().map(Group::rows).sum();
            let file = RowGroups::open(content)?;
            let mut offset = before;
            for (place, group) in survey.files[at][number].iter().enumerate() {
                let end = offset + group.rows();
                if group.touches(month) {
                    let replaced = &survey.decision.replaced[at];
                    let from = replaced.partition_point(|position| *position < offset);
                    let gone = &replaced[from..replaced.partition_point(|position| *position < end)];
                    rows.add(&job.deliveries[at], &file, place, group, offset, gone)?;
                }
                offset = end;
            }
        }
    }
    rows.finish()
}

/// The rows of a month being put together.
struct MonthRows<'a> {
    job: &'a Job,
    month: Month,
    fields: Vec<Field>,
    file: FileBuilder,
    rows: u64,
    /// Pieces that become a row group together: of each column, its arrays.
    pieces: Vec<Vec<ArrayRef>>,
    held: usize,
    activity: Option<Vec<Activity>>,
}

impl<'a> MonthRows<'a> {
    fn new(job: &'a Job, month: Month) -> Result<Self> {
        let spec = job.dataset.spec();
        let fields: Vec<Field> =
            spec.schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default())).collect();
        let unique: Vec<&str> = job.dataset.contract.key.iter().map(String::as_str).collect();
        Ok(Self {
            job,
            month,
            pieces: vec![Vec::new(); fields.len()],
            fields,
            file: FileBuilder::new(&spec.schema, &unique)?,
            rows: 0,
            held: 0,
            activity: rollup::spec(&job.dataset).map(|_| Vec::new()),
        })
    }

    /// Adds what counts of a row group.
    fn add(
        &mut self,
        delivery: &Delivery,
        file: &RowGroups,
        place: usize,
        group: &Group,
        offset: u32,
        gone: &[u32],
    ) -> Result<()> {
        if group.is_whole() && gone.is_empty() && self.take_over(delivery, file, place, group.rows() as usize)? {
            return Ok(());
        }
        let fields = staged_fields(&self.job.dataset);
        let mut columns = read(file, place, &fields)?;
        let fact = fact_column(&self.job.dataset);
        let mut counts: Vec<bool> = match columns.get(fact) {
            Some(days) => months_of(days.as_ref())?.into_iter().map(|month| month == Some(self.month)).collect(),
            None => return Err(Error::internal(format!("the column {fact} was not read"))),
        };
        gone.iter().for_each(|position| counts[(*position - offset) as usize] = false);
        let rows = counts.iter().filter(|counts| **counts).count();
        if rows == 0 {
            return Ok(());
        }
        if rows < counts.len() {
            let counts = BooleanArray::from(counts);
            for column in columns.values_mut() {
                *column = filter(column.as_ref(), &counts)?;
            }
        }
        self.derive(delivery, &mut columns, rows)?;
        for (field, pieces) in self.fields.iter().zip(&mut self.pieces) {
            pieces.push(array(&columns, field.name())?);
        }
        self.held += rows;
        self.rows += rows as u64;
        if self.held >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Takes a row group over as it is encoded; false where the file has its
    /// columns otherwise.
    fn take_over(&mut self, delivery: &Delivery, file: &RowGroups, place: usize, rows: usize) -> Result<bool> {
        let dataset = &self.job.dataset;
        let made = |name: &str| matches!(name, MONTH | DELIVERY | DELIVERY_DATE | OBJECT);
        let staged = staged_fields(dataset);
        let mut chunks: BTreeMap<usize, ChunkCopy> = BTreeMap::new();
        for (number, field) in self.fields.iter().enumerate() {
            if !made(field.name()) && staged.iter().any(|staged| staged.name() == field.name()) {
                let Some(chunk) = file.chunk(place, field) else { return Ok(false) };
                chunks.insert(number, chunk);
            }
        }
        let mut fields = source_fields(dataset);
        if self.activity.is_some() {
            let missing = staged.into_iter().filter(|field| rollup::TEXTS.contains(&field.name().as_str()));
            let there: BTreeSet<String> = fields.iter().map(|field| field.name().clone()).collect();
            fields.extend(missing.filter(|field| !there.contains(field.name())));
        }
        let mut columns = read(file, place, &fields)?;
        self.derive(delivery, &mut columns, rows)?;
        let sources = self.fields.iter().enumerate().map(|(number, field)| match chunks.remove(&number) {
            Some(chunk) => Ok(ColumnSource::Chunk(chunk)),
            None => Ok(ColumnSource::Rows(vec![array(&columns, field.name())?])),
        });
        let sources = sources.collect::<Result<Vec<_>>>()?;
        self.flush()?;
        self.file.append(sources)?;
        self.rows += rows as u64;
        Ok(true)
    }

    /// Adds derived columns and origin, and notes the activity.
    fn derive(&mut self, delivery: &Delivery, columns: &mut Columns, rows: usize) -> Result<()> {
        let dataset = &self.job.dataset;
        columns.extend(derived(dataset, delivery, &self.job.resolver, columns)?);
        let text = |text: &str| repeated(Arc::new(StringArray::from_iter_values([text])), rows);
        columns.insert(MONTH.to_owned(), text(&month_text(self.month))?);
        columns.insert(DELIVERY.to_owned(), text(&delivery.id)?);
        columns.insert(OBJECT.to_owned(), text(&delivery.object)?);
        let date = Date32Array::from_iter_values([number_of(delivery.date)]);
        columns.insert(DELIVERY_DATE.to_owned(), repeated(Arc::new(date), rows)?);
        if let Some(activity) = &mut self.activity {
            activity.push(Activity::of(columns, delivery)?);
        }
        Ok(())
    }

    /// Makes the pieces a row group.
    fn flush(&mut self) -> Result<()> {
        if self.held > 0 {
            let pieces = std::mem::replace(&mut self.pieces, vec![Vec::new(); self.fields.len()]);
            self.file.append(pieces.into_iter().map(ColumnSource::Rows).collect())?;
            self.held = 0;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Encoded>> {
        self.flush()?;
        let part = month_text(self.month);
        let mut encoded = Vec::new();
        if let (Some(spec), Some(activity)) = (rollup::spec(&self.job.dataset), &self.activity) {
            let rows = rollup::rows(&spec.schema, &part, activity)?;
            let content = table::encode(std::slice::from_ref(&rows), &spec.schema)?;
            encoded.push(Encoded::of(spec.name, &part, content, rows.num_rows() as u64));
        }
        encoded.push(Encoded::of(self.job.dataset.conformed_table(), &part, self.file.finish()?, self.rows));
        Ok(encoded)
    }
}

fn read(file: &RowGroups, place: usize, fields: &[Field]) -> Result<Columns> {
    let columns = file.read(place, fields, None)?;
    Ok(fields.iter().map(|field| field.name().clone()).zip(columns).collect())
}

fn array(columns: &Columns, name: &str) -> Result<ArrayRef> {
    columns.get(name).cloned().ok_or_else(|| Error::internal(format!("the column {name} was not made")))
}
