use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use datafusion::prelude::SessionContext;

use super::*;

async fn answer(sql: &str) -> Result<String, datafusion::error::DataFusionError> {
    let context = SessionContext::new();
    register(&context);
    let batches = context.sql(sql).await?.collect().await?;
    let options = FormatOptions::default().with_null("null");
    let cells = batches.iter().flat_map(|batch| {
        let formatter = ArrayFormatter::try_new(batch.column(0), &options).unwrap();
        (0..batch.num_rows()).map(|row| formatter.value(row).to_string()).collect::<Vec<_>>()
    });
    Ok(cells.collect::<Vec<_>>().join("|"))
}

#[tokio::test]
async fn functions_mean_what_they_mean_in_postgresql() {
    for (sql, wanted) in [
        ("select to_char(date '2022-03-05', 'YYYY-MM')", "2022-03"),
        ("select to_char(date '2022-03-05', 'DD/MM/YY, \"kwartaal\" Q')", "05/03/22, kwartaal 1"),
        ("select to_char(timestamp '2022-03-05 14:07:09', 'HH24:MI:SS HH12 am')", "14:07:09 02 pm"),
        ("select to_char(date '2022-03-05', 'Month|FMMonth|Mon|DAY|Dy')", "March    |March|Mar|SATURDAY |Sat"),
        ("select to_char(date '2022-01-01', 'IYYY-IW')", "2021-52"),
        ("select to_char(date '2022-03-05', 'FMDDth')", "5th"),
        ("select to_char(1234.5, '9,999.99')", " 1,234.50"),
        ("select to_char(-12.3, 'FM990.0')", "-12.3"),
        ("select to_char(0.5, 'FM0.00')", "0.50"),
        ("select to_char(5, '000')", " 005"),
        ("select to_char(12345, '999')", " ###"),
        ("select to_char(cast(null as date), 'YYYY')", "null"),
        ("select date_trunc('quarter', timestamp '2022-05-17 10:00:00')", "2022-04-01T00:00:00"),
        ("select string_agg(x, '-' order by x) from (values ('b'), ('a')) t(x)", "a-b"),
        ("select percentile_cont(0.5) within group (order by x) from (values (1.0), (2.0), (4.0), (8.0)) t(x)", "3.0"),
        ("select sum(value) from generate_series(1, 4)", "10"),
        ("select extract(quarter from date '2022-05-17')", "2"),
    ] {
        assert_eq!(answer(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")), wanted, "{sql}");
    }
    assert!(answer("select to_char(date '2022-03-05', 'TMMonth')").await.is_err());
    assert!(answer("select to_char('2022', 'YYYY')").await.is_err());
}

#[test]
fn ages_are_whole_months_and_days() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap();
    for (until, from, months, days) in [
        ("2022-03-31", "2022-01-31", 2, 0),
        ("2022-04-10", "2001-06-13", 249, 28),
        ("2022-01-01", "2022-01-01", 0, 0),
        ("2022-01-01", "2022-03-02", -2, -1),
    ] {
        let found = age::between(day(until), day(from));
        assert_eq!((found.months, found.days), (months, days), "{until} {from}");
    }
}
