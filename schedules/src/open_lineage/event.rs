//! The documents, as the OpenLineage specification wants them.

use peil_warehouse::table::{COMMENT, TableState};
use peil_warehouse::{Result, clock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SPEC: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
const FACETS: &str = "https://openlineage.io/spec/facets";
const PRODUCER: &str = concat!("https://www.v-ict-or.be/peil/", env!("CARGO_PKG_VERSION"));

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Start,
    Complete,
    Fail,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
        }
    }
}

/// A run of the whole, or of one of its stages.
pub(super) struct Job<'a> {
    pub namespace: &'a str,
    pub run_id: &'a str,
    /// None for the whole.
    pub stage: Option<&'a str>,
}

impl Job<'_> {
    fn name(&self) -> String {
        self.stage.map_or_else(|| "peil".to_owned(), |stage| format!("peil.{stage}"))
    }

    /// The same run has the same number wherever it is told.
    fn id(&self) -> String {
        uuid(&format!("{}\n{}\n{}", self.namespace, self.run_id, self.name()))
    }
}

/// A number made of a text: a UUID of version 8.
fn uuid(text: &str) -> String {
    let mut bytes: Vec<u8> = Sha256::digest(text.as_bytes())[..16].to_vec();
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = peil_warehouse::table::hex(&bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// A `RunEvent`.
pub(super) fn run_event(
    kind: Kind,
    job: &Job<'_>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    error: Option<&str>,
) -> Value {
    let mut facets = json!({
        "processing_engine": facet("1-1-1/ProcessingEngineRunFacet", json!({
            "name": "peil", "version": env!("CARGO_PKG_VERSION"),
        })),
    });
    if job.stage.is_some() {
        let whole = Job { stage: None, ..*job };
        facets["parent"] = facet(
            "1-2-0/ParentRunFacet",
            json!({
                "run": { "runId": whole.id() },
                "job": { "namespace": job.namespace, "name": whole.name() },
            }),
        );
    }
    if let Some(message) = error {
        facets["errorMessage"] =
            facet("1-0-2/ErrorMessageRunFacet", json!({ "message": message, "programmingLanguage": "Rust" }));
    }
    let kind_of_job = facet(
        "2-0-4/JobTypeJobFacet",
        json!({
            "processingType": "BATCH",
            "integration": "PEIL",
            "jobType": if job.stage.is_some() { "STAGE" } else { "RUN" },
        }),
    );
    json!({
        "eventType": kind.as_str(),
        "eventTime": clock::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": { "runId": job.id(), "facets": facets },
        "job": { "namespace": job.namespace, "name": job.name(), "facets": { "jobType": kind_of_job } },
        "inputs": inputs,
        "outputs": outputs,
    })
}

/// A dataset that was read.
pub(super) fn input((namespace, name): &(String, String)) -> Value {
    json!({ "namespace": namespace, "name": name })
}

/// A table that was made, with its columns and what they come from.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the pointer holds no valid schema.
pub(super) fn output((namespace, name): &(String, String), state: &TableState, lineage: &Value) -> Result<Value> {
    let schema = state.arrow_schema()?;
    let fields: Vec<Value> = schema
        .fields()
        .iter()
        .map(|field| {
            let description = field.metadata().get(COMMENT).cloned().unwrap_or_default();
            json!({ "name": field.name(), "type": field.data_type().to_string(), "description": description })
        })
        .collect();
    let size: u64 = state.files.iter().map(|file| file.size).sum();
    Ok(json!({
        "namespace": namespace,
        "name": name,
        "facets": {
            "schema": facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })),
            "version": facet("1-0-1/DatasetVersionDatasetFacet", json!({ "datasetVersion": state.content_hash() })),
            "columnLineage": facet("1-2-0/ColumnLineageDatasetFacet", json!({ "fields": lineage })),
        },
        "outputFacets": {
            "outputStatistics": facet("1-0-2/OutputStatisticsOutputDatasetFacet", json!({
                "rowCount": state.rows(), "size": size, "fileCount": state.files.len(),
            })),
        },
    }))
}

/// A table whose rows were checked.
pub(super) fn checked_input((namespace, name): &(String, String), state: &TableState, assertions: Vec<Value>) -> Value {
    let size: u64 = state.files.iter().map(|file| file.size).sum();
    json!({
        "namespace": namespace,
        "name": name,
        "inputFacets": {
            "dataQualityMetrics": facet("1-0-3/DataQualityMetricsInputDatasetFacet", json!({
                "rowCount": state.rows(), "bytes": size, "fileCount": state.files.len(), "columnMetrics": {},
            })),
            "dataQualityAssertions":
                facet("1-1-0/DataQualityAssertionsDatasetFacet", json!({ "assertions": assertions })),
        },
    })
}

/// What came of a check.
pub(super) fn assertion(check: &str, success: bool, severity: &str) -> Value {
    let severity = if severity == "warning" { "warn" } else { "error" };
    json!({ "assertion": check, "success": success, "severity": severity })
}

/// A field from which a column comes, and how.
pub(super) fn input_field((namespace, name): &(String, String), field: &str, how: &str) -> Value {
    let (kind, part) = match how {
        "direct" => ("DIRECT", "IDENTITY"),
        "aggregate" => ("DIRECT", "AGGREGATION"),
        "group" => ("INDIRECT", "GROUP_BY"),
        "join" => ("INDIRECT", "JOIN"),
        "filter" => ("INDIRECT", "FILTER"),
        _ => ("DIRECT", "TRANSFORMATION"),
    };
    json!({
        "namespace": namespace,
        "name": name,
        "field": field,
        "transformations": [{ "type": kind, "subtype": part, "description": how, "masking": how == "pseudonym" }],
    })
}

fn facet(schema: &str, mut facet: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or_default();
    facet["_producer"] = json!(PRODUCER);
    facet["_schemaURL"] = json!(format!("{FACETS}/{schema}.json#/$defs/{name}"));
    facet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_tells_of_the_run_that_it_belongs_to() {
        let whole = Job { namespace: "file:///w", run_id: "r1", stage: None };
        let stage = Job { stage: Some("marts"), ..whole };
        let event = run_event(Kind::Start, &stage, Vec::new(), Vec::new(), None);
        assert_eq!(event["run"]["facets"]["parent"]["run"]["runId"], json!(whole.id()));
        assert_ne!(event["run"]["runId"], json!(whole.id()));
        assert_eq!(event["job"]["name"], json!("peil.marts"));
    }

    #[test]
    fn the_number_of_a_run_is_a_uuid() {
        let id = uuid("a run");
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "8");
        assert_eq!(id, uuid("a run"));
    }
}
