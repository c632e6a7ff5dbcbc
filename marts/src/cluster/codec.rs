//! Tables of the warehouse in a plan that goes to another machine.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use object_store::path::Path;
use peil_warehouse::storage::Storage;
use serde::{Deserialize, Serialize};

use crate::session::ParquetTable;

/// Writes and reads the tables of plans: the files of the warehouse that each
/// is read from.
#[derive(Debug)]
pub(super) struct TableCodec {
    warehouse: String,
    others: BallistaLogicalExtensionCodec,
}

/// A table in a plan.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    /// The warehouse whose files these are.
    warehouse: String,
    /// Path in the store and bytes of each file.
    files: Vec<(String, u64)>,
    rows: usize,
    bytes: usize,
}

impl TableCodec {
    /// For the tables of a warehouse.
    pub fn over(warehouse: &Storage) -> Self {
        Self { warehouse: warehouse.url().to_string(), others: BallistaLogicalExtensionCodec::default() }
    }
}

impl LogicalExtensionCodec for TableCodec {
    fn try_decode(&self, buf: &[u8], inputs: &[LogicalPlan], ctx: &TaskContext) -> EngineResult<Extension> {
        self.others.try_decode(buf, inputs, ctx)
    }

    fn try_encode(&self, node: &Extension, buf: &mut Vec<u8>) -> EngineResult<()> {
        self.others.try_encode(node, buf)
    }

    fn try_decode_table_provider(
        &self,
        buf: &[u8],
        _table_ref: &TableReference,
        schema: SchemaRef,
        _ctx: &TaskContext,
    ) -> EngineResult<Arc<dyn TableProvider>> {
        let message: Message = serde_json::from_slice(buf).map_err(|error| DataFusionError::External(error.into()))?;
        if message.warehouse != self.warehouse {
            return Err(DataFusionError::Plan(format!(
                "this scheduler was started for the warehouse {} and is asked for tables of {}: start it with --warehouse {}",
                self.warehouse, message.warehouse, message.warehouse
            )));
        }
        let files = message.files.into_iter().map(|(path, size)| (Path::from(path), size));
        Ok(Arc::new(ParquetTable::of_objects(schema, files, message.rows, message.bytes)))
    }

    fn try_encode_table_provider(
        &self,
        table_ref: &TableReference,
        node: Arc<dyn TableProvider>,
        buf: &mut Vec<u8>,
    ) -> EngineResult<()> {
        let Some(table) = (node.as_ref() as &dyn std::any::Any).downcast_ref::<ParquetTable>() else {
            return Err(DataFusionError::Internal(format!(
                "{table_ref} is not in the warehouse, and cannot be handed on"
            )));
        };
        let files = table.objects().map(|objects| objects.map(|(path, size)| (path.to_string(), size)).collect());
        let Some(files) = files else {
            return Err(DataFusionError::Internal(format!(
                "{table_ref} is a part of its files, and cannot be handed on"
            )));
        };
        let (rows, bytes) = table.extent();
        let message = Message { warehouse: self.warehouse.clone(), files, rows, bytes };
        serde_json::to_writer(buf, &message).map_err(|error| DataFusionError::External(error.into()))
    }

    fn try_decode_file_format(&self, buf: &[u8], ctx: &TaskContext) -> EngineResult<Arc<dyn FileFormatFactory>> {
        self.others.try_decode_file_format(buf, ctx)
    }

    fn try_encode_file_format(&self, buf: &mut Vec<u8>, node: Arc<dyn FileFormatFactory>) -> EngineResult<()> {
        self.others.try_encode_file_format(buf, node)
    }
}
