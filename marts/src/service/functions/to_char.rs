//! `to_char`: a moment, a day or a number by a pattern.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::pattern;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToChar {
    signature: Signature,
}

impl ToChar {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ToChar {
    fn name(&self) -> &str {
        "to_char"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let temporal = types[0].is_temporal() && !matches!(types[0], DataType::Interval(_) | DataType::Duration(_));
        if !(temporal || types[0].is_numeric() || types[0].is_null()) {
            return plan_err!("No function matches to_char({}, text)", types[0]);
        }
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let values = args.args[0].to_array(rows)?;
        let patterns = cast(&args.args[1].to_array(rows)?, &DataType::Utf8)?;
        let patterns = patterns.as_string::<i32>();
        let refused = |fault| DataFusionError::External(Box::new(fault));
        let mut shown: Vec<Option<String>> = Vec::with_capacity(rows);
        if values.data_type().is_temporal() {
            let moments = cast(&values, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            for row in 0..rows {
                let moment = (!moments.is_null(row)).then(|| moments.value_as_datetime(row)).flatten();
                shown.push(match moment.filter(|_| !patterns.is_null(row)) {
                    Some(moment) => Some(pattern::moment(moment, patterns.value(row)).map_err(refused)?),
                    None => None,
                });
            }
        } else {
            let numbers = cast(&values, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            for row in 0..rows {
                let there = !numbers.is_null(row) && !patterns.is_null(row);
                shown.push(match there {
                    true => Some(pattern::number(numbers.value(row), patterns.value(row)).map_err(refused)?),
                    false => None,
                });
            }
        }
        let array: ArrayRef = Arc::new(StringArray::from(shown));
        Ok(ColumnarValue::Array(array))
    }
}
