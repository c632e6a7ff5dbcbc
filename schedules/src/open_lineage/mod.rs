//! What a run read and made, told to others as OpenLineage events (2.0.2):
//! a start and an end of the run and of each of its stages, with the tables
//! that changed, their columns, and from which columns each comes.
//!
//! They go to a file, a line each, and to an address, where the settings name
//! one. Neither is part of the run: where one cannot be reached the run says
//! so and goes on.
//!
//! | module | does |
//! | --- | --- |
//! | `event` | the documents |
//! | `edges` | which columns the columns of a stage's tables come from |
//! | `sink` | file and address |

mod edges;
mod event;
mod sink;

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::Result;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableState;
use serde_json::Value;

use crate::records::{self, text};
use edges::{Edges, Place};
use event::{Job, Kind};
use sink::Sink;

/// Tells of one run.
pub struct Events<'a> {
    sink: Option<Sink>,
    run_id: String,
    /// The warehouse and the landing area, as the names of datasets begin.
    warehouse: &'a Storage,
    landing: String,
    contracts: &'a ContractSet,
    progress: &'a dyn Progress,
    /// What each table held before the stage at hand.
    before: BTreeMap<String, String>,
    stage: Option<&'static str>,
}

impl<'a> Events<'a> {
    /// Ready to tell of a run; silent where the settings name nobody to tell.
    pub fn open(
        settings: &Settings,
        contracts: &'a ContractSet,
        warehouse: &'a Storage,
        published: &Published,
        run_id: &str,
        progress: &'a dyn Progress,
    ) -> Self {
        let sink = Sink::of(&settings.lineage);
        let before = if sink.is_some() { hashes(published) } else { BTreeMap::new() };
        Self {
            sink,
            run_id: run_id.to_owned(),
            warehouse,
            landing: settings.landing.clone(),
            contracts,
            progress,
            before,
            stage: None,
        }
    }

    /// The run begins.
    pub async fn begin(&mut self) {
        self.tell(Kind::Start, None, Vec::new(), Vec::new(), None).await;
    }

    /// A stage begins.
    pub async fn begin_stage(&mut self, stage: &'static str) {
        self.stage = Some(stage);
        self.tell(Kind::Start, Some(stage), Vec::new(), Vec::new(), None).await;
    }

    /// The stage has ended well; `published` is the state with what it made.
    pub async fn end_stage(&mut self, published: &Published) {
        let Some(stage) = self.stage.take().filter(|_| self.sink.is_some()) else { return };
        match self.made(stage, published).await {
            Ok((inputs, outputs)) => self.tell(Kind::Complete, Some(stage), inputs, outputs, None).await,
            Err(error) => self.unheard(&error.to_string()),
        }
        if stage == "marts" {
            match self.checked(published).await {
                Ok(inputs) if !inputs.is_empty() => {
                    self.tell(Kind::Start, Some("checks"), Vec::new(), Vec::new(), None).await;
                    self.tell(Kind::Complete, Some("checks"), inputs, Vec::new(), None).await;
                }
                Ok(_) => {}
                Err(error) => self.unheard(&error.to_string()),
            }
        }
        self.before = hashes(published);
    }

    /// The run has ended well.
    pub async fn end(&mut self) {
        self.tell(Kind::Complete, None, Vec::new(), Vec::new(), None).await;
    }

    /// The stage at hand, and with it the run, has failed.
    pub async fn fail(&mut self, message: &str) {
        if let Some(stage) = self.stage.take() {
            self.tell(Kind::Fail, Some(stage), Vec::new(), Vec::new(), Some(message)).await;
        }
        self.tell(Kind::Fail, None, Vec::new(), Vec::new(), Some(message)).await;
    }

    async fn tell(
        &mut self,
        kind: Kind,
        stage: Option<&str>,
        inputs: Vec<Value>,
        outputs: Vec<Value>,
        error: Option<&str>,
    ) {
        let Some(sink) = &mut self.sink else { return };
        let job = Job { namespace: self.warehouse.url().as_str(), run_id: &self.run_id, stage };
        let event = event::run_event(kind, &job, inputs, outputs, error);
        for problem in sink.send(&event).await {
            self.unheard(&problem);
        }
    }

    fn unheard(&self, problem: &str) {
        self.progress.note(&format!("lineage was not told: {problem}"));
    }

    /// The tables that a stage read and those that it changed.
    async fn made(&self, stage: &str, published: &Published) -> Result<(Vec<Value>, Vec<Value>)> {
        let layer = match stage {
            "ingest" => "staged/",
            "transform" => "conformed/",
            _ => "marts/",
        };
        let changed = published.tables.iter().filter(|(name, state)| {
            name.starts_with(layer) && self.before.get(*name) != Some(&TableState::content_hash(state))
        });
        let changed: Vec<(&String, &TableState)> = changed.collect();
        if changed.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let edges = match stage {
            "ingest" => edges::of_contracts(self.contracts),
            "transform" => edges::of_conformed(self.warehouse, published, self.contracts).await?,
            _ => edges::of_marts(self.warehouse, published).await?,
        };
        let none = Edges::new();
        let mut read: BTreeSet<&Place> = BTreeSet::new();
        let mut outputs = Vec::new();
        for (name, state) in changed {
            let own = edges.get(name).unwrap_or(&none);
            read.extend(own.values().flatten().map(|edge| &edge.place));
            outputs.push(event::output(&self.name(&Place::Table(name.clone())), state, &self.lineage(own))?);
        }
        let inputs = read.into_iter().map(|place| event::input(&self.name(place))).collect();
        Ok((inputs, outputs))
    }

    /// Each column with the fields that it comes from, as events have them.
    fn lineage(&self, edges: &Edges) -> Value {
        let fields = edges.iter().map(|(column, edges)| {
            let fields = edges.iter().filter_map(|edge| {
                Some(event::input_field(&self.name(&edge.place), edge.field.as_deref()?, &edge.how))
            });
            (column.clone(), serde_json::json!({ "inputFields": fields.collect::<Vec<_>>() }))
        });
        Value::Object(fields.collect())
    }

    /// Namespace and name of a dataset.
    fn name(&self, place: &Place) -> (String, String) {
        match place {
            Place::Landing(dataset) => (self.landing.clone(), dataset.clone()),
            Place::Table(table) => (self.warehouse.url().to_string(), table.clone()),
        }
    }

    /// The marts that this run checked, with what came of each check.
    async fn checked(&self, published: &Published) -> Result<Vec<Value>> {
        let mut by_mart: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for check in records::read(self.warehouse, published, "ops/quality_checks").await? {
            let table = format!("marts/{}", text(&check, "dataset"));
            if text(&check, "run_id") == self.run_id && published.table(&table).is_some() {
                by_mart.entry(table).or_default().push(event::assertion(
                    text(&check, "check"),
                    text(&check, "outcome") == "passed",
                    text(&check, "severity"),
                ));
            }
        }
        let inputs = by_mart.into_iter().filter_map(|(table, assertions)| {
            let state = published.table(&table)?;
            Some(event::checked_input(&self.name(&Place::Table(table.clone())), state, assertions))
        });
        Ok(inputs.collect())
    }
}

fn hashes(published: &Published) -> BTreeMap<String, String> {
    published.tables.iter().map(|(name, state)| (name.clone(), state.content_hash())).collect()
}
