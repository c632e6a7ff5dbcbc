/*
intermediate: indicator_targets
grain: a row for each numeric indicator and period that has a target
owner: V-ICT-OR
description: Targets as given; else those of a semester or year that follow from its quarters. For a flow that is the sum of the quarters, all of which must have one, for other kinds the target of the last quarter.
columns:
  indicator_id: indicator
  period: quarter, semester or year
  target: the target
order: [indicator_id, period]
*/
with given as (
  select
    targets.indicator_id,
    targets.period,
    targets.value as target
  from conformed.reference_targets as targets
  where targets.kind = 'streef' and targets.value is not null
),
quarters as (
  select
    given.indicator_id,
    given.target,
    periods.year,
    periods.number,
    (periods.number + 1) / 2 as semester
  from given
  join run.periods as periods on periods.period = given.period
  where periods.period_type = 'quarter'
),
longer as (
  select
    period,
    year,
    number,
    period_type,
    case when period_type = 'year' then 4 else 2 end as quarters,
    case when period_type = 'year' then 4 else number * 2 end as last_quarter
  from run.periods
  where period_type <> 'quarter'
),
sums as (
  select
    quarters.indicator_id,
    longer.period,
    longer.quarters as wanted,
    count(*) as present,
    sum(quarters.target) as total,
    max(case when quarters.number = longer.last_quarter then quarters.target end) as last_target
  from quarters
  join longer on longer.year = quarters.year
  where longer.period_type = 'year' or longer.number = quarters.semester
  group by quarters.indicator_id, longer.period, longer.quarters
),
derived as (
  select
    sums.indicator_id,
    sums.period,
    case
      when indicators.kind <> 'flow' then cast(sums.last_target as decimal(28, 6))
      when sums.present = sums.wanted then cast(sums.total as decimal(28, 6))
    end as target
  from sums
  join run.indicators as indicators on indicators.indicator_id = sums.indicator_id
)
select
  coalesce(given.indicator_id, derived.indicator_id) as indicator_id,
  coalesce(given.period, derived.period) as period,
  coalesce(cast(given.target as decimal(28, 6)), derived.target) as target
from given
full join derived
  on derived.indicator_id = given.indicator_id
  and derived.period = given.period
where coalesce(cast(given.target as decimal(28, 6)), derived.target) is not null
