//! How fast each stage is, on the sample: `cargo bench -p peil-tests`.
//!
//! | group | measures |
//! | --- | --- |
//! | `read` | a dataset of each format, from its deliveries to staged rows: bytes a second |
//! | `pseudonyms` | one person anew, and one who was seen before |
//! | `transform` | current rows, authorities and facts of the whole sample |
//! | `marts` | every indicator and mart of the whole sample |
//! | `indicators` | the indicators of one kind, from conformed facts to values |
//! | `one late day` | the three stages where a day of events is new |
//! | `publish` | a state put in place of another |
//! | `nothing new` | the three stages where nothing changed |
//! | `models` | a thousand models, parsed, ordered and checked |
//!
//! A run of its own proves that figures are right; here they are not looked at.

#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that is not as it must be")]
#![allow(missing_docs, reason = "criterion's macros make items without")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;

use chrono::NaiveDate;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use peil_ingest::privacy::Pseudonyms;
use peil_ingest::sample::{SampleOptions, write_sample};
use peil_ingest::{IngestContext, PseudonymKey};
use peil_marts::indicator::Kind;
use peil_marts::{KnownFaults, MartsContext, ModelSet, PublishedFigures, QualityRules};
use peil_transform::TransformContext;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::progress::Silent;
use peil_warehouse::publish::Draft;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The share of the sample's events and messages.
const SCALE: f64 = 0.1;
/// The day as of which the marts are made, and the last one of the sample.
const DAY: NaiveDate = NaiveDate::from_ymd_opt(2022, 7, 31).unwrap();
/// A dataset of each format that has enough rows to tell something.
const FORMATS: [(&str, &str); 4] = [
    ("csv", "catalogue/portfolio"),
    ("ndjson", "lb365/bus_messages"),
    ("json", "catalogue/couplings"),
    ("xlsx", "portal/building_blocks"),
];

/// The kinds of indicators that are numbers.
const KINDS: [(&str, Kind); 7] = [
    ("stock", Kind::Stock),
    ("cumulative", Kind::Cumulative),
    ("flow", Kind::Flow),
    ("distinct", Kind::Distinct),
    ("rolling", Kind::Rolling),
    ("monthly active", Kind::MonthlyActive),
    ("average", Kind::Average),
];

/// The sample, and what all stages go by.
struct Bench {
    runtime: Runtime,
    sample: TempDir,
    contracts: ContractSet,
    models: ModelSet,
    quality: QualityRules,
    settings: Settings,
    key: PseudonymKey,
}

impl Bench {
    fn new() -> Self {
        let sample = TempDir::new().unwrap();
        let options = SampleOptions { scale: SCALE, seed: 1, until: DAY, dirty: false };
        write_sample(sample.path(), &options, &mut |_| {}).unwrap();
        let contracts = peil_ingest::contracts::load(None).unwrap();
        let models = ModelSet::load(None).unwrap();
        let quality = QualityRules {
            contracts: contracts.clone(),
            known_faults: KnownFaults::load(None, &models).unwrap(),
            published_figures: PublishedFigures::load(None).unwrap(),
        };
        Self {
            runtime: Runtime::new().unwrap(),
            sample,
            contracts,
            models,
            quality,
            settings: Settings::resolve(None, [], &[]).unwrap(),
            key: PseudonymKey::new("a key of the benchmarks, no one else's").unwrap(),
        }
    }

    /// Takes in what lies in `landing`.
    async fn ingest(&self, landing: &Path, draft: &mut Draft) {
        let landing = Storage::open(landing.to_str().unwrap()).unwrap();
        let context = IngestContext {
            landing: &landing,
            contracts: &self.contracts,
            settings: &self.settings,
            pseudonym_key: &self.key,
            progress: &Silent,
            full: false,
        };
        peil_ingest::run(&context, draft).await.unwrap();
    }

    async fn transform(&self, draft: &mut Draft, full: bool) {
        let context = TransformContext {
            memory: Default::default(),
            contracts: &self.contracts,
            indicators: &[],
            known_on: None,
            yielding: &BTreeSet::new(),
            full,
            run_id: "bench",
            progress: &Silent,
        };
        peil_transform::run(&context, draft).await.unwrap();
    }

    async fn marts(&self, draft: &mut Draft, full: bool) {
        self.marts_of(&self.models, draft, full).await;
    }

    async fn marts_of(&self, models: &ModelSet, draft: &mut Draft, full: bool) {
        let context = MartsContext {
            memory: Default::default(),
            run_id: "bench",
            as_of: DAY,
            known_on: None,
            models,
            contracts: &self.contracts,
            quality: &self.quality,
            threshold: self.settings.threshold,
            hidden_before: Default::default(),
            engine: &peil_marts::Engine::Embedded,
            full,
            progress: &Silent,
        };
        peil_marts::run(&context, draft).await.unwrap();
    }

    /// A warehouse that went through all stages.
    fn warehouse(&self) -> (TempDir, Storage) {
        let folder = TempDir::new().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        self.runtime.block_on(async {
            let mut draft = Draft::begin(&storage).await.unwrap();
            self.ingest(self.sample.path(), &mut draft).await;
            self.transform(&mut draft, false).await;
            self.marts(&mut draft, false).await;
        });
        (folder, storage)
    }
}

/// A landing area with the deliveries of one dataset, and their bytes.
fn landing_of(sample: &Path, dataset: &str) -> (TempDir, u64) {
    let folder = TempDir::new().unwrap();
    peil_tests::copy_tree(&sample.join(dataset), &folder.path().join(dataset));
    let files = peil_tests::files_below(folder.path());
    let bytes = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    (folder, bytes)
}

fn read(criterion: &mut Criterion) {
    let bench = Bench::new();
    let mut group = criterion.benchmark_group("read");
    for (format, dataset) in FORMATS {
        let (landing, bytes) = landing_of(bench.sample.path(), dataset);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(format, |bencher| {
            bencher.iter_batched(
                || TempDir::new().unwrap(),
                |warehouse| {
                    let storage = Storage::open(warehouse.path().to_str().unwrap()).unwrap();
                    bench.runtime.block_on(async {
                        let mut draft = Draft::begin(&storage).await.unwrap();
                        bench.ingest(landing.path(), &mut draft).await;
                    });
                    warehouse
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn pseudonyms(criterion: &mut Criterion) {
    let key = PseudonymKey::new("a key of the benchmarks, no one else's").unwrap();
    let mut group = criterion.benchmark_group("pseudonyms");
    group.throughput(Throughput::Elements(1));
    group.bench_function("anew", |bencher| bencher.iter(|| key.pseudonym(black_box("an.peeters@gemeente.example"))));
    let mut seen = Pseudonyms::new(&key);
    group.bench_function("seen before", |bencher| {
        bencher.iter(|| black_box(seen.of(black_box("an.peeters@gemeente.example")).len()));
    });
    group.finish();
}

fn stages(criterion: &mut Criterion) {
    let bench = Bench::new();
    let (_folder, storage) = bench.warehouse();
    let draft = || bench.runtime.block_on(Draft::begin(&storage)).unwrap();
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(10);
    group.bench_function("transform", |bencher| {
        bencher.iter_batched(
            draft,
            |mut draft| bench.runtime.block_on(bench.transform(&mut draft, true)),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("marts", |bencher| {
        bencher.iter_batched(
            draft,
            |mut draft| bench.runtime.block_on(bench.marts(&mut draft, true)),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("publish", |bencher| {
        bencher.iter_batched(
            draft,
            |mut draft| bench.runtime.block_on(async { draft.publish().await.unwrap() }),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("nothing new", |bencher| {
        bencher.iter(|| {
            bench.runtime.block_on(async {
                let mut draft = Draft::begin(&storage).await.unwrap();
                bench.ingest(bench.sample.path(), &mut draft).await;
                bench.transform(&mut draft, false).await;
                bench.marts(&mut draft, false).await;
            });
        });
    });
    group.finish();
}

/// The models of which the values of indicators are made, with the indicators
/// of one kind only.
fn models_of(all: &ModelSet, kind: Kind) -> ModelSet {
    let mut needed = BTreeSet::new();
    let mut ahead = vec!["marts.indicator_values"];
    while let Some(name) = ahead.pop() {
        if let Some(model) = all.get(name).filter(|model| needed.insert(model.place.as_str())) {
            ahead.extend(model.reads.iter().map(String::as_str));
        }
    }
    let of_kind: BTreeSet<&str> =
        all.indicators().iter().filter(|one| one.kind == kind).map(|one| one.id.as_str()).collect();
    let is_of_kind =
        |text: &str| text.lines().any(|line| line.strip_prefix("id: ").is_some_and(|id| of_kind.contains(id.trim())));
    let files = all.files().iter().filter(|(place, text)| match place.ends_with(".yaml") {
        true => is_of_kind(text),
        false => needed.contains(place.as_str()),
    });
    ModelSet::from_files(&files.map(|(place, text)| (place.clone(), text.clone())).collect::<Vec<_>>()).unwrap()
}

fn indicators(criterion: &mut Criterion) {
    let bench = Bench::new();
    let (_folder, storage) = bench.warehouse();
    let mut group = criterion.benchmark_group("indicators");
    group.sample_size(10);
    for (name, kind) in KINDS {
        let models = models_of(&bench.models, kind);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || bench.runtime.block_on(Draft::begin(&storage)).unwrap(),
                |mut draft| bench.runtime.block_on(bench.marts_of(&models, &mut draft, true)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A day of events more, on a warehouse that has all others.
fn late_day(criterion: &mut Criterion) {
    let bench = Bench::new();
    let (folder, _) = bench.warehouse();
    let landing = TempDir::new().unwrap();
    peil_tests::copy_tree(bench.sample.path(), landing.path());
    let event = |number: u32| {
        format!(
            "{{\"gebeurtenis_id\":\"laat-{number}\",\"tijdstip\":\"2022-05-17T10:00:00Z\",\"gebruiker_id\":\"laat-{}\",\
             \"bestuur\":\"Gent\",\"onderdeel\":\"bouwstenen\",\"actie\":\"bekijken\",\"ip\":\"\"}}\n",
            number % 7
        )
    };
    let lines: String = (0..200).map(event).collect();
    std::fs::write(landing.path().join("portal/events/2022-07-30.ndjson"), lines).unwrap();
    let mut group = criterion.benchmark_group("one late day");
    group.sample_size(10);
    group.bench_function("of events", |bencher| {
        bencher.iter_batched(
            || {
                let copy = TempDir::new().unwrap();
                peil_tests::copy_tree(folder.path(), copy.path());
                copy
            },
            |copy| {
                let storage = Storage::open(copy.path().to_str().unwrap()).unwrap();
                bench.runtime.block_on(async {
                    let mut draft = Draft::begin(&storage).await.unwrap();
                    bench.ingest(landing.path(), &mut draft).await;
                    bench.transform(&mut draft, false).await;
                    bench.marts(&mut draft, false).await;
                });
                copy
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// A thousand models beside the built-in ones, in chains of ten: parsed,
/// ordered, and their columns and checks looked at.
fn models(criterion: &mut Criterion) {
    let folder = TempDir::new().unwrap();
    for number in 0..1_000 {
        let source = match number % 10 {
            0 => "select count(*) as number from conformed.catalogue_suppliers".to_owned(),
            _ => format!("select number + 1 as number from marts.model_{:04}", number - 1),
        };
        let text = format!(
            "/*\nmart: model_{number:04}\ngrain: one row\nowner: a benchmark\ndescription: A count.\n\
             columns:\n  number: a number\norder: [number]\n*/\n{source}\n"
        );
        std::fs::write(folder.path().join(format!("model_{number:04}.sql")), text).unwrap();
    }
    let mut group = criterion.benchmark_group("models");
    group.sample_size(10);
    group.bench_function("a thousand", |bencher| {
        bencher.iter(|| assert!(ModelSet::load(Some(folder.path())).unwrap().marts().count() >= 1_000));
    });
    group.finish();
}

criterion_group!(benches, read, pseudonyms, models, stages, indicators, late_day);
criterion_main!(benches);
