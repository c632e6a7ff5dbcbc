//! `age`: the years, months and days between two moments.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, IntervalMonthDayNanoArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit, TimestampMicrosecondType};
use chrono::{Datelike, Months, NaiveDateTime};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use peil_warehouse::clock;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Age {
    signature: Signature,
}

impl Age {
    pub(super) fn new() -> Self {
        let either = vec![TypeSignature::Any(1), TypeSignature::Any(2)];
        Self { signature: Signature::one_of(either, Volatility::Stable) }
    }
}

impl ScalarUDFImpl for Age {
    fn name(&self) -> &str {
        "age"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let moments = |at: usize| -> Result<Vec<Option<NaiveDateTime>>> {
            let array = cast(&args.args[at].to_array(rows)?, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let array = array.as_primitive::<TimestampMicrosecondType>();
            Ok((0..rows).map(|row| (!array.is_null(row)).then(|| array.value_as_datetime(row)).flatten()).collect())
        };
        let first = moments(0)?;
        // With one argument: from it to the beginning of today.
        let (until, from) = match args.args.len() {
            1 => (vec![clock::today().and_hms_opt(0, 0, 0); rows], first),
            _ => (first, moments(1)?),
        };
        let between = until.into_iter().zip(from).map(|(until, from)| Some(between(until?, from?)));
        let array: ArrayRef = Arc::new(between.collect::<IntervalMonthDayNanoArray>());
        Ok(ColumnarValue::Array(array))
    }
}

/// Whole months first, then days, then the rest of the day.
pub(super) fn between(until: NaiveDateTime, from: NaiveDateTime) -> IntervalMonthDayNano {
    if until < from {
        let turned = between(from, until);
        return IntervalMonthDayNano::new(-turned.months, -turned.days, -turned.nanoseconds);
    }
    let mut months = (until.year() - from.year()) * 12 + until.month() as i32 - from.month() as i32;
    let after = |months: i32| from.checked_add_months(Months::new(u32::try_from(months).unwrap_or(0))).unwrap_or(from);
    while months > 0 && after(months) > until {
        months -= 1;
    }
    let rest = until - after(months);
    let days = rest.num_days();
    let nanoseconds = (rest - chrono::TimeDelta::days(days)).num_nanoseconds().unwrap_or(0);
    IntervalMonthDayNano::new(months, i32::try_from(days).unwrap_or(i32::MAX), nanoseconds)
}
