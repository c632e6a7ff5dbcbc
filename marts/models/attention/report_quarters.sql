/*
intermediate: report_quarters
grain: a row for each quarter and semester that has begun
owner: V-ICT-OR
description: The quarters by which the attention points of a quarter or semester are judged.
columns:
  period: the quarter or semester, as 2022Q1 or 2022S1
  begun_quarter: its last quarter that has begun, whose peildatum is that of the period
  finished_quarter: place in time of its last quarter that has ended (four times the year, plus the number of the quarter); null while none has
order: [period]
*/
with periods as (
    select period, period_type, year, number, period_start, period_end, provisional
    from run.periods
    where has_begun and period_type in ('quarter', 'semester')
),
quarters as (
    select period, year * 4 + number as place, period_start, period_end, provisional
    from periods
    where period_type = 'quarter'
)
select
    periods.period,
    max(quarters.period) as begun_quarter,
    max(case when not quarters.provisional then quarters.place end) as finished_quarter
from periods
inner join quarters
    on quarters.period_start >= periods.period_start
    and quarters.period_end <= periods.period_end
group by periods.period
