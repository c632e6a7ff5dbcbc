//! How fast deliveries are parsed, beside a plain reading of the same bytes on
//! the same core: `cargo bench -p peil-tests --bench parsing`.
//!
//! `peil` opens a delivery, sees that it is UTF-8, and makes chunks of raw
//! columns of it, on one thread and without the checks of values. `simd-json`
//! makes a tape of each line, and `csv-core` records of fields: neither looks
//! at what they hold.

#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that is not as it must be")]
#![allow(missing_docs, reason = "criterion's macros make items without")]

use std::fs;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::MultiGzDecoder;
use peil_ingest::read::{Layout, Opened, source};
use peil_ingest::sample::{SampleOptions, write_sample};
use peil_warehouse::storage::Storage;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Bytes that are read at least.
const BYTES: usize = 16 << 20;

/// All text of the deliveries of a dataset, one after another, each without
/// its first `header` lines, until there is enough of it.
fn text_of(folder: &Path, header: usize) -> Vec<u8> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut first = Vec::new();
    let mut rows = Vec::new();
    while rows.len() < BYTES {
        for file in &files {
            let mut text = fs::read(file).unwrap();
            if file.extension().is_some_and(|extension| extension == "gz") {
                let packed = std::mem::take(&mut text);
                MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut text).unwrap();
            }
            let mut lines = text.split_inclusive(|byte| *byte == b'\n');
            let own: Vec<u8> = lines.by_ref().take(header).flatten().copied().collect();
            // Deliveries with other columns than the first are left out.
            if first.is_empty() || first == own {
                first = own;
                rows.extend(lines.flatten());
            }
        }
    }
    [first, rows].concat()
}

fn parsing(criterion: &mut Criterion) {
    let sample = TempDir::new().unwrap();
    write_sample(sample.path(), &SampleOptions { scale: 0.2, ..SampleOptions::default() }, &mut |_| {}).unwrap();
    let contracts = peil_ingest::contracts::load(None).unwrap();
    let runtime = Runtime::new().unwrap();
    let landing = TempDir::new().unwrap();
    let storage = Storage::open(landing.path().to_str().unwrap()).unwrap();
    let mut group = criterion.benchmark_group("parsing");
    group.sample_size(20);
    for (format, dataset, header) in [("ndjson", "portal/events", 0), ("csv", "portal/users", 1)] {
        let text = text_of(&sample.path().join(dataset), header);
        let file = landing.path().join(format!("rows.{format}"));
        fs::write(&file, &text).unwrap();
        group.throughput(Throughput::Bytes(text.len() as u64));
        let layout = Arc::new(Layout::new(contracts.get(dataset).unwrap()));
        let name = format!("rows.{format}");
        group.bench_function(format!("{format}: peil"), |bencher| {
            bencher.iter(|| {
                let opened = Opened::open(&storage, &name, runtime.handle()).unwrap();
                let (_, mut source) = source(opened, &layout).unwrap();
                let mut rows = 0;
                while let Some(block) = source.next_block().unwrap() {
                    rows += black_box(block.parse(&layout).unwrap()).rows;
                }
                assert!(rows > 10_000, "{rows}");
            });
        });
        if format == "ndjson" {
            group.bench_function(format!("{format}: simd-json"), |bencher| {
                bencher.iter(|| {
                    let mut text = fs::read(&file).unwrap();
                    for line in text.split_mut(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                        black_box(simd_json::to_tape(line).unwrap());
                    }
                });
            });
        } else {
            group.bench_function(format!("{format}: csv-core"), |bencher| {
                bencher.iter(|| {
                    let text = fs::read(&file).unwrap();
                    let mut reader = csv_core::ReaderBuilder::new().delimiter(b';').build();
                    let (mut fields, mut ends) = (vec![0; 1 << 16], vec![0; 256]);
                    let (mut at, mut records) = (0, 0u64);
                    while at < text.len() {
                        let (result, read, ..) = reader.read_record(&text[at..], &mut fields, &mut ends);
                        at += read;
                        records += u64::from(result == csv_core::ReadRecordResult::Record);
                    }
                    black_box(records)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
