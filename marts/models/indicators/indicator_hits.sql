/*
intermediate: indicator_hits
grain: a row for each indicator, period, thing and authority as the fact names it
owner: V-ICT-OR
description: >-
  What counts for which indicator in which period, with its authority in the composition of the peildatum. Value and
  breakdown by authority are counts of the distinct things in these rows.
columns:
  indicator_id: indicator
  period: quarter, semester or year
  thing: what is counted; for monthly active things with the month before it
  nis_code: authority in the composition of the peildatum, empty where it does not resolve
  measure: the measurement, for an average
*/
with intervals as (
  select
    versions.indicator_id,
    versions.counts_authorities,
    versions.holds_from,
    versions.holds_until,
    facts.thing,
    facts.nis_code,
    facts.from_day,
    coalesce(facts.until_day, date '9999-12-31') as until_day
  from intermediate.indicator_intervals as facts
  join run.indicator_versions as versions on versions.rule = facts.rule
),
open_on_the_day as (
  select
    intervals.indicator_id,
    intervals.counts_authorities,
    periods.period,
    periods.peildatum,
    intervals.thing,
    intervals.nis_code
  from intervals
  join run.periods as periods
    on intervals.from_day <= periods.peildatum
    and intervals.until_day > periods.peildatum
    and intervals.holds_from <= periods.peildatum
    and intervals.holds_until > periods.peildatum
),
-- The windows of each version, which are those of the periods that it counts.
windows as (
  select
    versions.rule,
    versions.indicator_id,
    versions.counts_authorities,
    windows.period,
    windows.peildatum,
    windows.prefix,
    windows.slice
  from run.indicator_versions as versions
  join run.windows as windows
    on windows.window_kind = versions.window_kind
    and versions.holds_from <= windows.peildatum
    and versions.holds_until > windows.peildatum
),
seen_in_the_window as (
  select
    windows.indicator_id,
    windows.counts_authorities,
    windows.period,
    windows.peildatum,
    windows.prefix || seen.thing as thing,
    seen.nis_code
  from intermediate.indicator_slices as seen
  join windows
    on windows.rule = seen.rule
    and windows.slice = seen.slice
),
counted as (
  select indicator_id, counts_authorities, period, peildatum, thing, nis_code from open_on_the_day
  union all
  select indicator_id, counts_authorities, period, peildatum, thing, nis_code from seen_in_the_window
),
-- Once for each authority as named: most facts fall away before the composition is looked up.
once as (
  select indicator_id, counts_authorities, period, peildatum, thing, nis_code
  from counted
  group by indicator_id, counts_authorities, period, peildatum, thing, nis_code
),
composed as (
  select
    once.indicator_id,
    once.counts_authorities,
    once.period,
    once.thing,
    coalesce(compositions.composition_nis, once.nis_code) as nis_code
  from once
  left join intermediate.compositions as compositions
    on compositions.peildatum = once.peildatum
    and compositions.nis_code = once.nis_code
),
lines as (
  select
    versions.indicator_id,
    periods.period,
    coalesce(compositions.composition_nis, facts.nis_code) as nis_code,
    facts.counts,
    facts.measure,
    row_number() over (
      partition by
        facts.rule, periods.period, coalesce(compositions.composition_nis, facts.nis_code), facts.line
      order by
        facts.from_day desc, facts.delivery_date desc, facts.object desc, facts.row_number desc, facts.received_order desc
    ) as place
  from intermediate.indicator_lines as facts
  join run.indicator_versions as versions on versions.rule = facts.rule
  join run.periods as periods
    on facts.from_day <= periods.peildatum
    and versions.holds_from <= periods.peildatum
    and versions.holds_until > periods.peildatum
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
