/*
mart: indicator_coverage
grain: a row for each numeric indicator and period that has begun
owner: V-ICT-OR
description: >-
  How complete the sources of a figure are. A delivery tells of the days up to its own; the days of a period after the
  last delivery are days of which nothing is known yet. Rows and authorities are those of the dataset, whatever the
  indicator counts of them.
columns:
  indicator_id: indicator
  period: quarter, semester or year
  dataset: dataset from which it comes
  deliveries: accepted deliveries dated in the period, up to the peildatum; for twelve months back, in those months
  last_delivery: day of the last accepted delivery; empty where there is none
  rows: facts of the dataset in the same days; for what is counted from the start, up to the peildatum
  rejected: rows that were rejected in those deliveries
  authorities: authorities that these facts name, in the composition of the peildatum; empty where the dataset has none
  authorities_expected: authorities of that composition; empty where the dataset has none
  complete: share of the days that a delivery has told of, from 0 to 1
order: [indicator_id, period]
checks:
  - name: share_between_0_and_1
    query: select indicator_id, period, complete from marts.indicator_coverage where complete < 0 or complete > 1
examples:
  - question: For which figures did not all sources deliver yet?
    query: >-
      select indicator_id, period, dataset, last_delivery, complete from marts.indicator_coverage
      where complete < 1 order by complete, indicator_id, period
*/
with context as (
  select
    known_on
  from run.context
),
cells as (
  select
    cells.indicator_id,
    cells.period,
    cells.peildatum,
    versions.dataset,
    versions.fact,
    case when versions.window_kind = 'month' then 'period' else coalesce(versions.window_kind, 'since') end as window_kind,
    case when versions.window_kind = 'rolling' then periods.window_start else periods.period_start end as first_day
  from intermediate.indicator_cells as cells
  join run.periods as periods on periods.period = cells.period
  join run.indicator_versions as versions
    on versions.indicator_id = cells.indicator_id
    and versions.version = cells.version
  where cells.peildatum is not null
),
accepted as (
  select
    deliveries.dataset,
    deliveries.delivery_date,
    deliveries.rejected
  from ops.deliveries as deliveries
  cross join context
  where deliveries.outcome = 'accepted'
    and (context.known_on is null or deliveries.delivery_date <= context.known_on)
),
last_deliveries as (
  select
    dataset,
    max(delivery_date) as last_delivery
  from accepted
  group by dataset
),
-- Few indicators differ in dataset and days.
stretches as (
  select distinct
    dataset,
    first_day,
    peildatum
  from cells
),
delivered as (
  select
    stretches.dataset,
    stretches.first_day,
    stretches.peildatum,
    count(*) as deliveries,
    sum(accepted.rejected) as rejected
  from stretches
  join accepted
    on accepted.dataset = stretches.dataset
    and accepted.delivery_date >= stretches.first_day
    and accepted.delivery_date <= stretches.peildatum
  group by stretches.dataset, stretches.first_day, stretches.peildatum
),
sizes as (
  select
    peildatum,
    count(*) as authorities
  from intermediate.members
  group by peildatum
),
named as (
  select distinct
    fact,
    has_authorities
  from intermediate.dataset_slices
)
select
  cells.indicator_id,
  cells.period,
  cells.dataset,
  coalesce(delivered.deliveries, 0) as deliveries,
  last_deliveries.last_delivery,
  coalesce(facts.rows, 0) as rows,
  coalesce(delivered.rejected, 0) as rejected,
  case when named.has_authorities then coalesce(facts.authorities, 0) end as authorities,
  case when named.has_authorities then sizes.authorities end as authorities_expected,
  case
    when last_deliveries.last_delivery is null or last_deliveries.last_delivery < cells.first_day then 0.0
    else (cast(least(last_deliveries.last_delivery, cells.peildatum) as int) - cast(cells.first_day as int) + 1.0)
      / (cast(cells.peildatum as int) - cast(cells.first_day as int) + 1.0)
  end as complete
from cells
left join delivered
  on delivered.dataset = cells.dataset
  and delivered.first_day = cells.first_day
  and delivered.peildatum = cells.peildatum
left join last_deliveries on last_deliveries.dataset = cells.dataset
left join intermediate.dataset_coverage as facts
  on facts.fact = cells.fact
  and facts.window_kind = cells.window_kind
  and facts.period = cells.period
left join sizes on sizes.peildatum = cells.peildatum
left join named on named.fact = cells.fact
