//! All models, indicators and rules together: those that come with the
//! program, and those of a folder of the user's that add to them or replace
//! them by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use include_dir::{Dir, include_dir};
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};

use crate::graph;
use crate::indicator::{self, Declaration};
use crate::model::{self, Model, Parsed, Rule};
use crate::rule;

static MODELS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models");
static INDICATORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/indicators");
static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Everything that the marts are made from.
#[derive(Debug, Clone)]
pub struct ModelSet {
    models: BTreeMap<String, Model>,
    indicators: Vec<Declaration>,
    order: Vec<String>,
    files: BTreeMap<String, String>,
}

impl ModelSet {
    /// Reads the built-in models, indicators and rules, and those of `folder`:
    /// every `.sql` and `.yaml` file below it. One with a name, an id or a code
    /// that is built in replaces that one.
    ///
    /// # Errors
    /// [`Error::Usage`] with file and line where one is wrong.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let mut files = Vec::new();
        for (name, dir) in [("models", &MODELS), ("indicators", &INDICATORS), ("rules", &RULES)] {
            embedded(name, dir, &mut files)?;
        }
        let mut reading = Reading::default();
        reading.add(&files)?;
        if let Some(folder) = folder {
            let mut own = Vec::new();
            user_files(folder, &mut own)?;
            reading.start_replacing();
            reading.add(&own)?;
        }
        reading.finish()
    }

    /// Reads given files only: place and text.
    ///
    /// # Errors
    /// As [`ModelSet::load`].
    pub fn from_files(files: &[(String, String)]) -> Result<Self> {
        let mut reading = Reading::default();
        reading.add(files)?;
        reading.finish()
    }

    /// The files in force, place and text, as [`ModelSet::from_files`] takes
    /// them.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The models in the order in which they run.
    pub fn in_order(&self) -> impl Iterator<Item = &Model> {
        self.order.iter().map(|name| &self.models[name])
    }

    /// A model by the name of its table, as `marts.costs`.
    pub fn get(&self, name: &str) -> Option<&Model> {
        self.models.get(name)
    }

    /// The models by name, marts only.
    pub fn marts(&self) -> impl Iterator<Item = &Model> {
        self.models.values().filter(|model| model.is_mart())
    }

    /// The indicators in the order of the published table.
    pub fn indicators(&self) -> &[Declaration] {
        &self.indicators
    }

    /// The tables of earlier stages that models and checks read.
    pub fn sources(&self) -> BTreeSet<&str> {
        let tables =
            self.models.values().flat_map(|model| model.reads.iter().chain(model.check_reads.iter().flatten()));
        tables.map(String::as_str).filter(|table| graph::is_source(table)).collect()
    }

    /// A hash over all models: equal, the same figures from the same data.
    pub fn fingerprint(&self) -> String {
        let indicators = self.indicators.iter().map(|indicator| format!("{indicator:?}"));
        fingerprint(self.models.values().map(|model| model.text.clone()).chain(indicators))
    }
}

/// What was read so far; a name twice in one place is an error, in the
/// user's folder it replaces the built-in one.
#[derive(Default)]
struct Reading {
    models: BTreeMap<String, Model>,
    rules: BTreeMap<String, Rule>,
    indicators: BTreeMap<String, Declaration>,
    fresh: BTreeMap<String, String>,
    /// Place and text of what is in force, by what it is.
    texts: BTreeMap<String, (String, String)>,
}

impl Reading {
    fn add(&mut self, files: &[(String, String)]) -> Result<()> {
        for (place, text) in files {
            if place.ends_with(".sql") {
                match model::parse(place, text)? {
                    Parsed::Model(model) => {
                        self.claim(&model.name, place, text)?;
                        self.models.insert(model.name.clone(), *model);
                    }
                    Parsed::Rule(rule) => {
                        self.claim(&format!("rule {}", rule.header.rule), place, text)?;
                        self.rules.insert(rule.header.rule.clone(), rule);
                    }
                }
            } else {
                let declaration = indicator::parse(place, text)?;
                self.claim(&format!("indicator {}", declaration.id), place, text)?;
                self.indicators.insert(declaration.id.clone(), declaration);
            }
        }
        Ok(())
    }

    fn claim(&mut self, what: &str, place: &str, text: &str) -> Result<()> {
        self.texts.insert(what.to_owned(), (place.to_owned(), text.to_owned()));
        match self.fresh.insert(what.to_owned(), place.to_owned()) {
            None => Ok(()),
            Some(other) => {
                Err(Error::usage(format!("{place}: {what} stands in {other} already: give one of them another name")))
            }
        }
    }

    fn start_replacing(&mut self) {
        self.fresh.clear();
    }

    fn finish(mut self) -> Result<ModelSet> {
        let mut indicators: Vec<Declaration> = self.indicators.into_values().collect();
        indicators.sort_by(|a, b| a.position.cmp(&b.position).then_with(|| a.id.cmp(&b.id)));
        let made = indicator::models(&indicators)?.into_iter().chain(rule::models(self.rules.values())?);
        for model in made {
            // A file with the name of a table that is made takes its place.
            self.models.entry(model.name.clone()).or_insert(model);
        }
        let order = graph::order(&self.models)?;
        Ok(ModelSet { models: self.models, indicators, order, files: self.texts.into_values().collect() })
    }
}

fn embedded(place: &str, dir: &Dir<'_>, files: &mut Vec<(String, String)>) -> Result<()> {
    for file in dir.files() {
        let path = format!("{place}/{}", file.path().display());
        if is_ours(file.path()) {
            let text = file.contents_utf8().ok_or_else(|| Error::usage(format!("{path} is not UTF-8")))?;
            files.push((path, text.to_owned()));
        }
    }
    dir.dirs().try_for_each(|inner| embedded(place, inner, files))
}

fn user_files(folder: &Path, files: &mut Vec<(String, String)>) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::usage(format!("the folder of models: {} cannot be read: {error}", path.display()))
    };
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(folder, error))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            user_files(&path, files)?;
        } else if is_ours(&path) {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    Ok(())
}

fn is_ours(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|end| end == "sql" || end == "yaml")
}
