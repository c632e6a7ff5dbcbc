//! stub
pub mod types;
use std::collections::BTreeMap;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::sql::sqlparser::ast::Query;
use peil_warehouse::table::TableState;
use super::fault::{Answered, Fault, code};
use super::variables::Variables;
/// stub
pub struct Catalogue;
/// stub
pub struct Plan;
/// stub
pub struct Surroundings {
    /// a
    pub user: String,
    /// a
    pub database: String,
    /// a
    pub schemas: Vec<String>,
    /// a
    pub variables: Variables,
    /// a
    pub number: i32,
    /// a
    pub address: String,
}
impl Surroundings {
    /// a
    pub fn constant(&self, _name: &str) -> Option<String> { None }
}
impl Catalogue {
    /// a
    pub fn of(_tables: &[(&str, &TableState)]) -> peil_warehouse::Result<Self> { Ok(Self) }
    /// a
    pub fn has(&self, _name: &str) -> bool { false }
    /// a
    pub fn has_schema(&self, _name: &str) -> bool { true }
    /// a
    pub fn plan(&self, _query: &Query, _s: &Surroundings) -> Answered<Plan> { Err(Fault::new(code::UNSUPPORTED, "x")) }
}
impl Plan {
    /// a
    pub fn schema(&self) -> SchemaRef { todo!() }
    /// a
    pub fn parameters(&self) -> BTreeMap<usize, DataType> { todo!() }
    /// a
    pub fn run(&self, _s: &Surroundings) -> Answered<RecordBatch> { todo!() }
}
/// a
pub fn wire_type(_field: &Field) -> Option<u32> { None }
