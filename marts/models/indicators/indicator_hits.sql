/*
intermediate: indicator_hits
grain: a row for each indicator, period, thing and authority that counts
owner: V-ICT-OR
description: What counts for which indicator in which period, with its authority in the composition of the peildatum. Value and breakdown by authority are counts of these rows.
columns:
  indicator_id: indicator
  period: quarter, semester or year
  thing: what is counted; for monthly active things with the month before it
  nis_code: authority in the composition of the peildatum, empty where it does not resolve
  measure: the measurement, for an average
order: [indicator_id, period, thing, nis_code]
*/
with open_on_the_day as (
  select
    facts.indicator_id,
    periods.period,
    periods.peildatum,
    facts.thing,
    facts.nis_code
  from intermediate.indicator_intervals as facts
  join run.periods as periods
    on facts.from_day <= periods.peildatum
    and coalesce(facts.until_day, date '9999-12-31') > periods.peildatum
),
seen_in_the_window as (
  select
    seen.indicator_id,
    windows.period,
    windows.peildatum,
    windows.prefix || seen.thing as thing,
    seen.nis_code
  from intermediate.indicator_slices as seen
  join run.indicators as indicators on indicators.indicator_id = seen.indicator_id
  join run.windows as windows
    on windows.window_kind = indicators.window_kind
    and windows.slice = seen.slice
),
counted as (
  select indicator_id, period, peildatum, thing, nis_code from open_on_the_day
  union all
  select indicator_id, period, peildatum, thing, nis_code from seen_in_the_window
),
composed as (
  select
    counted.indicator_id,
    counted.period,
    counted.thing,
    coalesce(compositions.composition_nis, counted.nis_code) as nis_code,
    indicators.counts_authorities
  from counted
  join run.indicators as indicators on indicators.indicator_id = counted.indicator_id
  left join intermediate.compositions as compositions
    on compositions.peildatum = counted.peildatum
    and compositions.nis_code = counted.nis_code
),
lines as (
  select
    facts.indicator_id,
    periods.period,
    coalesce(compositions.composition_nis, facts.nis_code) as nis_code,
    facts.counts,
    facts.measure,
    row_number() over (
      partition by
        facts.indicator_id, periods.period, coalesce(compositions.composition_nis, facts.nis_code), facts.line
      order by
        facts.from_day desc, facts.delivery_date desc, facts.object desc, facts.row_number desc, facts.received_order desc
    ) as place
  from intermediate.indicator_lines as facts
  join run.periods as periods on facts.from_day <= periods.peildatum
  left join intermediate.compositions as compositions
    on compositions.peildatum = periods.peildatum
    and compositions.nis_code = facts.nis_code
)
select
  indicator_id,
  period,
  case when counts_authorities then nis_code else thing end as thing,
  nis_code,
  cast(null as decimal(18, 6)) as measure
from composed
where not counts_authorities or nis_code is not null
group by indicator_id, period, case when counts_authorities then nis_code else thing end, nis_code
union all
select
  indicator_id,
  period,
  nis_code as thing,
  nis_code,
  max(measure) as measure
from lines
where place = 1 and counts
group by indicator_id, period, nis_code
