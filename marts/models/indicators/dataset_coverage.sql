/*
intermediate: dataset_coverage
grain: a row for each table of facts, kind of window and period that has begun
owner: V-ICT-OR
description: How many facts a dataset holds for the window of a period, and of how many authorities; facts since the start where there is no window.
columns:
  fact: the table of facts and the day by which they count
  window_kind: period or rolling; since for what is counted from the start
  period: quarter, semester or year
  has_authorities: whether the facts name authorities
  authorities: authorities that facts name, in the composition of the peildatum
  rows: number of facts
order: [fact, window_kind, period]
*/
with wanted as (
  select distinct
    fact,
    case when window_kind = 'month' then 'period' else coalesce(window_kind, 'since') end as window_kind
  from run.indicator_versions
),
slices as (
  select
    fact,
    has_authorities,
    nis_code,
    slice,
    rows
  from intermediate.dataset_slices
),
windows as (
  select
    window_kind,
    period,
    peildatum,
    slice
  from run.windows
  where window_kind in ('period', 'rolling')
),
in_the_window as (
  select
    slices.fact,
    windows.window_kind,
    windows.period,
    windows.peildatum,
    slices.has_authorities,
    slices.nis_code,
    sum(slices.rows) as rows
  from slices
  join wanted on wanted.fact = slices.fact
  join windows
    on windows.window_kind = wanted.window_kind
    and windows.slice = slices.slice
  group by
    slices.fact, windows.window_kind, windows.period, windows.peildatum, slices.has_authorities, slices.nis_code
),
last_slices as (
  select
    periods.period,
    periods.peildatum,
    days.slice
  from run.periods as periods
  join run.days as days on days.day = periods.peildatum
),
since_the_start as (
  select
    slices.fact,
    wanted.window_kind,
    last_slices.period,
    last_slices.peildatum,
    slices.has_authorities,
    slices.nis_code,
    sum(slices.rows) as rows
  from slices
  join wanted on wanted.fact = slices.fact
  join last_slices on slices.slice <= last_slices.slice
  where wanted.window_kind = 'since'
  group by
    slices.fact, wanted.window_kind, last_slices.period, last_slices.peildatum, slices.has_authorities, slices.nis_code
),
counted as (
  select fact, window_kind, period, peildatum, has_authorities, nis_code, rows from in_the_window
  union all
  select fact, window_kind, period, peildatum, has_authorities, nis_code, rows from since_the_start
)
select
  counted.fact,
  counted.window_kind,
  counted.period,
  counted.has_authorities,
  count(distinct coalesce(compositions.composition_nis, counted.nis_code)) as authorities,
  sum(counted.rows) as rows
from counted
left join intermediate.compositions as compositions
  on compositions.peildatum = counted.peildatum
  and compositions.nis_code = counted.nis_code
group by counted.fact, counted.window_kind, counted.period, counted.has_authorities
