//! Taking in one delivery: its accepted rows to files of the staged table, its
//! rejected ones to files of the rejected rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::kernels::numeric::add;
use arrow::datatypes::{Date32Type, Int32Type, Schema, SchemaRef};
use chrono::NaiveDate;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, DataFile};
use peil_warehouse::{Error, Result};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::check::{Checked, Checker, Rejected};
use crate::ledger::{Entry, REJECTED_ROWS, rejected_batch, rejected_rows_spec};
use crate::months::by_month;
use crate::privacy::PseudonymKey;
use crate::pump::{Stopped, pump};
use crate::read::{Layout, Opened, source};

/// Rows of a file of a staged table.
const FILE_ROWS: usize = 262_144;
/// Rejected rows of a file.
const FILE_REJECTED: usize = 65_536;
/// Bytes up to which a delivery is read on one thread.
const SMALL: u64 = 1 << 20;
/// Shares are compared with this much room for rounding.
const ROUNDING: f64 = 1e-9;
/// Unknown names that are told.
const MOST_UNKNOWN: usize = 20;

/// What all deliveries of a run share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Where deliveries arrive.
    pub landing: Storage,
    /// Where tables are kept.
    pub warehouse: Storage,
    /// The key of pseudonyms.
    pub key: PseudonymKey,
    /// Runs what waits for a store.
    pub handle: Handle,
}

/// A delivery to take in.
#[derive(Debug, Clone)]
pub struct Intake {
    /// How it is read.
    pub layout: Arc<Layout>,
    /// The object to read; another than the entry's where the same content
    /// came under several names.
    pub read_from: String,
    /// Bytes of that object.
    pub size: u64,
    /// What it is to be read with.
    pub reading: String,
    /// What the delivery counts as.
    pub entry: Entry,
    /// The day that it counts as of.
    pub date: NaiveDate,
    /// The share of rejected rows above which it is refused.
    pub refuse_above: f64,
}

/// What came of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// Files of accepted rows; none of a refused delivery.
    pub staged: Vec<DataFile>,
    /// Files of rejected rows.
    pub rejected_files: Vec<DataFile>,
    /// Rows read.
    pub rows: i64,
    /// Rows rejected.
    pub rejected: i64,
    /// Why it is refused.
    pub refused: Option<String>,
    /// Files that were written before it turned out to be refused.
    pub abandoned: Vec<DataFile>,
    /// What else is worth telling.
    pub note: Option<String>,
}

/// Takes in a delivery.
///
/// # Errors
/// [`Error::Storage`] where landing area or warehouse fail.
pub fn take_in(intake: &Intake, shared: &Shared) -> Result<Taken> {
    let mut writer = Writer::new(intake, shared);
    let mut unknown = BTreeSet::new();
    let stopped = read(intake, shared, &mut writer, &mut unknown);
    let refused = match stopped {
        Ok(()) => writer.too_many_rejected(intake.refuse_above),
        Err(Stopped::Refused(reason)) => Some(reason),
        Err(Stopped::Failed(error)) => return Err(error),
    };
    if refused.is_none() {
        writer.flush_rows()?;
    }
    writer.flush_rejected()?;
    let (staged, abandoned) = if refused.is_none() { (writer.staged, Vec::new()) } else { (Vec::new(), writer.staged) };
    let note = (!unknown.is_empty()).then(|| {
        let names: Vec<&str> = unknown.iter().take(MOST_UNKNOWN).map(String::as_str).collect();
        let more = if unknown.len() > MOST_UNKNOWN { ", …" } else { "" };
        format!("unknown columns: {}{more}", names.join(", "))
    });
    Ok(Taken {
        staged,
        rejected_files: writer.rejected_files,
        rows: writer.rows,
        rejected: writer.rejected_rows,
        refused,
        abandoned,
        note,
    })
}

fn read(
    intake: &Intake,
    shared: &Shared,
    writer: &mut Writer<'_>,
    unknown: &mut BTreeSet<String>,
) -> Result<(), Stopped> {
    let opened = Opened::open(&shared.landing, &intake.read_from, &shared.handle)?;
    let (kind, mut source) = source(opened, &intake.layout)?;
    unknown.extend(source.unknown());
    let checker = Checker::new(intake.layout.contract(), kind, &shared.key);
    let small = intake.size <= SMALL;
    pump(source.as_mut(), &intake.layout, &checker, small, |mut checked| {
        unknown.append(&mut checked.unknown);
        writer.take(checked)
    })
}

/// Gathers rows and writes them, a file at a time.
struct Writer<'a> {
    intake: &'a Intake,
    shared: &'a Shared,
    schema: SchemaRef,
    rejected_schema: SchemaRef,
    table: String,
    sources: Vec<String>,
    batches: Vec<RecordBatch>,
    gathered: usize,
    rejected: Vec<Rejected>,
    rows: i64,
    rejected_rows: i64,
    staged: Vec<DataFile>,
    rejected_files: Vec<DataFile>,
}

impl<'a> Writer<'a> {
    fn new(intake: &'a Intake, shared: &'a Shared) -> Self {
        let contract = intake.layout.contract();
        Self {
            intake,
            shared,
            schema: contract.staged_schema(),
            rejected_schema: rejected_rows_spec().schema,
            table: contract.staged_table(),
            sources: contract.columns.iter().map(|column| column.source.clone()).collect(),
            batches: Vec::new(),
            gathered: 0,
            rejected: Vec::new(),
            rows: 0,
            rejected_rows: 0,
            staged: Vec::new(),
            rejected_files: Vec::new(),
        }
    }

    fn take(&mut self, checked: Checked) -> Result<()> {
        let accepted = checked.numbers.len();
        self.rejected_rows += checked.rejected.len() as i64;
        self.rejected.extend(checked.rejected);
        if accepted > 0 {
            let numbers = add(&checked.numbers, &Int64Array::new_scalar(self.rows + 1))?;
            let lines: ArrayRef = Arc::new(checked.lines);
            self.batches.push(self.batch(checked.columns, numbers, lines)?);
            self.gathered += accepted;
        }
        self.rows += checked.rows as i64;
        if self.gathered >= FILE_ROWS {
            self.flush_rows()?;
        }
        if self.rejected.len() >= FILE_REJECTED {
            self.flush_rejected()?;
        }
        Ok(())
    }

    fn batch(&self, mut columns: Vec<ArrayRef>, numbers: ArrayRef, lines: ArrayRef) -> Result<RecordBatch> {
        let rows = numbers.len();
        let origin = Origin {
            delivery: &self.intake.entry.delivery_id,
            object: &self.intake.entry.object,
            date: self.intake.date,
        };
        let [delivery, object, date] = origin.columns(rows)?;
        columns.extend([delivery, object, numbers, lines, date]);
        // What repeats comes as a dictionary, and is encoded from it.
        let fields = self.schema.fields().iter().zip(&columns);
        let fields = fields.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)?)
    }

    fn flush_rows(&mut self) -> Result<()> {
        if self.gathered == 0 {
            return Ok(());
        }
        let batches = std::mem::take(&mut self.batches);
        let content = match by_month(&batches, self.intake.layout.contract()) {
            None => table::encode(&batches, &self.schema)?,
            Some(months) => {
                let groups: Vec<&[RecordBatch]> = months.iter().map(Vec::as_slice).collect();
                table::encode_groups(&groups, &self.schema)?
            }
        };
        drop(batches);
        let part = &self.intake.entry.delivery_id;
        let file = table::write_file(&self.shared.warehouse, &self.table, part, content, self.gathered as u64);
        self.staged.push(self.shared.handle.block_on(file)?);
        self.gathered = 0;
        Ok(())
    }

    fn flush_rejected(&mut self) -> Result<()> {
        if self.rejected.is_empty() {
            return Ok(());
        }
        let rejected = std::mem::take(&mut self.rejected);
        let batch = rejected_batch(&self.rejected_schema, &self.intake.entry, &self.sources, &rejected)?;
        let content = table::encode(&[batch], &self.rejected_schema)?;
        let part = &self.intake.entry.delivery_id;
        let file = table::write_file(&self.shared.warehouse, REJECTED_ROWS, part, content, rejected.len() as u64);
        self.rejected_files.push(self.shared.handle.block_on(file)?);
        Ok(())
    }

    fn too_many_rejected(&self, refuse_above: f64) -> Option<String> {
        let (rows, rejected) = (self.rows as f64, self.rejected_rows as f64);
        (rejected > refuse_above * rows + ROUNDING).then(|| {
            format!(
                "too_many_rejected: {} of {} rows ({:.1} %), more than {} %",
                self.rejected_rows,
                self.rows,
                100.0 * rejected / rows,
                (refuse_above * 1e4).round() / 100.0
            )
        })
    }
}

/// Where rows came from, the same for all of a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Name of the delivery.
    pub delivery: &'a str,
    /// Path of its object.
    pub object: &'a str,
    /// Its date.
    pub date: NaiveDate,
}

impl Origin<'_> {
    /// The columns `_delivery`, `_object` and `_delivery_date` of so many
    /// rows: dictionaries of one value.
    ///
    /// # Errors
    /// [`Error::Internal`] where a column cannot be made.
    pub fn columns(&self, rows: usize) -> Result<[ArrayRef; 3]> {
        let repeated = |value: ArrayRef| -> Result<ArrayRef> {
            Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from_value(0, rows), value)?))
        };
        let text = |text: &str| repeated(Arc::new(StringArray::from_iter_values([text])));
        let date = Date32Array::from_iter_values([Date32Type::from_naive_date(self.date)]);
        Ok([text(self.delivery)?, text(self.object)?, repeated(Arc::new(date))?])
    }
}

/// The SHA-256 of an object's bytes as they are stored.
///
/// # Errors
/// [`Error::Storage`] where it cannot be read.
pub fn sha256(shared: &Shared, path: &str) -> Result<String> {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    crate::read::for_each_stretch(&shared.landing, path, &shared.handle, |stretch| hash.update(stretch))?;
    Ok(table::hex(&hash.finalize()))
}

/// Does `work` on each item on as many threads as the machine has; the results
/// are in the order of the items. Larger items (by `size`) are begun first.
///
/// # Errors
/// The first error in the order of the items.
pub fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    size: impl Fn(&T) -> u64,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(size(&items[*index])));
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Vec<Mutex<Option<Result<R>>>> = items.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == 0
                    && let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let result = work(&items[index]);
                    if result.is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    if let Ok(mut slot) = results[index].lock() {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    let mut all = Vec::with_capacity(items.len());
    let mut stopped = false;
    for slot in results {
        match slot.into_inner().unwrap_or(None) {
            Some(Ok(result)) => all.push(result),
            Some(Err(error)) => return Err(error),
            None => stopped = true,
        }
    }
    if stopped { Err(Error::internal("a thread stopped in the middle of its work")) } else { Ok(all) }
}
