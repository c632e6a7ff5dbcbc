/*
mart: indicator_sources
grain: a row for each numeric indicator, period and delivery with rows behind the value
owner: V-ICT-OR
description: >-
  From which deliveries a value comes, and how many rows of each count. Of a line, as in the portfolio, only the row in
  force counts. Distinct things are counted once, so that there can be more rows than the value says.
columns:
  indicator_id: indicator
  period: quarter, semester or year that has begun
  object: the delivery, as its path under the landing area
  delivery_date: its day
  dataset: dataset of the delivery
  rows: rows of it that count
order: [indicator_id, period, object, delivery_date]
checks:
  - name: rows_behind_each_value
    severity: warning
    query: >-
      select v.indicator_id, v.period, v.value from marts.indicator_values v
      join run.indicator_versions d on d.indicator_id = v.indicator_id and d.version = v.definition_version
      left join marts.indicator_sources s on s.indicator_id = v.indicator_id and s.period = v.period
      where v.value > 0 and s.period is null
        and split_part(d.fact, '.', 1) not in
          ('catalogue_coupling_authorities', 'catalogue_solution_components', 'catalogue_solution_standards')
examples:
  - question: Which deliveries are behind the authorities that used the portal in the last year?
    query: >-
      select period, object, delivery_date, rows from marts.indicator_sources
      where indicator_id = 'VVG-TK-01' order by period, delivery_date
*/
with versions as (
  select
    rule,
    indicator_id,
    dataset,
    window_kind,
    holds_from,
    holds_until
  from run.indicator_versions
),
facts as (
  select
    rule,
    object,
    delivery_date,
    from_day,
    coalesce(until_day, date '9999-12-31') as until_day,
    rows
  from intermediate.traced_facts
),
open_on_the_day as (
  select
    versions.indicator_id,
    periods.period,
    versions.dataset,
    facts.object,
    facts.delivery_date,
    facts.rows
  from facts
  join versions on versions.rule = facts.rule
  join run.periods as periods
    on facts.from_day <= periods.peildatum
    and facts.until_day > periods.peildatum
    and versions.holds_from <= periods.peildatum
    and versions.holds_until > periods.peildatum
  where versions.window_kind is null
),
slices as (
  select
    facts.rule,
    facts.object,
    facts.delivery_date,
    days.slice,
    sum(facts.rows) as rows
  from facts
  join run.days as days on days.day = facts.from_day
  group by facts.rule, facts.object, facts.delivery_date, days.slice
),
windows as (
  select
    versions.rule,
    versions.indicator_id,
    versions.dataset,
    windows.period,
    windows.slice
  from versions
  join run.windows as windows
    on windows.window_kind = versions.window_kind
    and versions.holds_from <= windows.peildatum
    and versions.holds_until > windows.peildatum
),
seen_in_the_window as (
  select
    windows.indicator_id,
    windows.period,
    windows.dataset,
    slices.object,
    slices.delivery_date,
    slices.rows
  from slices
  join windows
    on windows.rule = slices.rule
    and windows.slice = slices.slice
),
lines as (
  select
    versions.indicator_id,
    periods.period,
    versions.dataset,
    facts.object,
    facts.delivery_date,
    facts.counts,
    row_number() over (
      partition by
        facts.rule, periods.period, coalesce(compositions.composition_nis, facts.nis_code), facts.line
      order by
        facts.from_day desc, facts.delivery_date desc, facts.object desc, facts.row_number desc, facts.received_order desc
    ) as place
  from intermediate.indicator_lines as facts
  join versions on versions.rule = facts.rule
  join run.periods as periods
    on facts.from_day <= periods.peildatum
    and versions.holds_from <= periods.peildatum
    and versions.holds_until > periods.peildatum
  left join intermediate.compositions as compositions
    on compositions.peildatum = periods.peildatum
    and compositions.nis_code = facts.nis_code
),
all_rows as (
  select indicator_id, period, dataset, object, delivery_date, rows from open_on_the_day
  union all
  select indicator_id, period, dataset, object, delivery_date, rows from seen_in_the_window
  union all
  select indicator_id, period, dataset, object, delivery_date, 1 as rows from lines where place = 1 and counts
)
select
  indicator_id,
  period,
  object,
  delivery_date,
  dataset,
  sum(rows) as rows
from all_rows
group by indicator_id, period, object, delivery_date, dataset
