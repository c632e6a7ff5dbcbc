//! Functions with PostgreSQL's meaning, in place of the engine's own of the
//! same name.
//!
//! `date_trunc`, `generate_series`, `percentile_cont`, `string_agg` and
//! `extract` mean in the engine what they mean in PostgreSQL; a test holds
//! them to it.

mod age;
mod pattern;
mod to_char;

#[cfg(test)]
mod tests;

use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::ScalarUDF;

/// Registers them over those of the engine.
pub fn register(context: &SessionContext) {
    context.register_udf(ScalarUDF::from(to_char::ToChar::new()));
    context.register_udf(ScalarUDF::from(age::Age::new()));
}
