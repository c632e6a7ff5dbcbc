/*
mart: indicator_table
grain: a row for each numeric indicator and year
owner: V-ICT-OR
description: The published table, for any year; the year before, four quarters, the year, and their targets with those of the two years after.
columns:
  year: the year
  indicator_id: indicator
  programme: programme of the indicator
  section: section of the programme's table
  label_nl: name of the indicator
  baseline: the baseline of the year before, else its value
  q1: value of the first quarter
  q2: value of the second quarter
  q3: value of the third quarter
  q4: value of the fourth quarter
  year_value: value of the year
  q1_target: target of the first quarter
  q2_target: target of the second quarter
  q3_target: target of the third quarter
  q4_target: target of the fourth quarter
  year_target: target of the year
  next_year_target: target of the year after
  second_next_year_target: target of the second year after
  position: row in the published table, from 1
order: [year, position]
checks:
  - name: same_as_values
    query: >-
      select t.indicator_id, t.year, t.year_value, v.value from marts.indicator_table t
      join marts.indicator_values v on v.indicator_id = t.indicator_id and v.period = cast(t.year as varchar)
      where t.year_value is distinct from v.value
examples:
  - question: What does the published table of 2022 look like?
    query: select * from marts.indicator_table where year = 2022 order by position
*/
with cells as (
  select
    figures.indicator_id,
    periods.year,
    periods.period_type,
    periods.number,
    figures.value,
    figures.target
  from marts.indicator_values as figures
  join run.periods as periods on periods.period = figures.period
),
years as (
  select
    indicator_id,
    year,
    max(case when period_type = 'quarter' and number = 1 then value end) as q1,
    max(case when period_type = 'quarter' and number = 2 then value end) as q2,
    max(case when period_type = 'quarter' and number = 3 then value end) as q3,
    max(case when period_type = 'quarter' and number = 4 then value end) as q4,
    max(case when period_type = 'year' then value end) as year_value,
    max(case when period_type = 'quarter' and number = 1 then target end) as q1_target,
    max(case when period_type = 'quarter' and number = 2 then target end) as q2_target,
    max(case when period_type = 'quarter' and number = 3 then target end) as q3_target,
    max(case when period_type = 'quarter' and number = 4 then target end) as q4_target,
    max(case when period_type = 'year' then target end) as year_target
  from cells
  group by indicator_id, year
),
baselines as (
  select
    indicator_id,
    period,
    cast(value as double) as value
  from conformed.reference_targets
  where kind = 'basis' and value is not null
)
select
  years.year,
  years.indicator_id,
  indicators.programme,
  indicators.section,
  indicators.label_nl,
  coalesce(baselines.value, before.year_value) as baseline,
  years.q1,
  years.q2,
  years.q3,
  years.q4,
  years.year_value,
  years.q1_target,
  years.q2_target,
  years.q3_target,
  years.q4_target,
  years.year_target,
  next.year_target as next_year_target,
  second_next.year_target as second_next_year_target,
  indicators.position
from years
join run.indicators as indicators on indicators.indicator_id = years.indicator_id
left join baselines
  on baselines.indicator_id = years.indicator_id
  and baselines.period = lpad(cast(years.year - 1 as varchar), 4, '0')
left join years as before
  on before.indicator_id = years.indicator_id
  and before.year = years.year - 1
left join years as next
  on next.indicator_id = years.indicator_id
  and next.year = years.year + 1
left join years as second_next
  on second_next.indicator_id = years.indicator_id
  and second_next.year = years.year + 2
