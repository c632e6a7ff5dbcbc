/*
mart: indicator_values
grain: a row for each numeric indicator and period
owner: V-ICT-OR
description: The figures, from the year of the first fact to the last period that has a target or has begun; value beside target.
columns:
  indicator_id: indicator
  programme: programme of the indicator
  period: quarter, semester or year, as 2022Q1, 2022S1, 2022
  period_type: quarter, semester or year
  period_start: first day of the period
  peildatum: last day of the period, or the as-of day where that comes first; empty where the period has not begun
  provisional: whether the last day of the period lies after the as-of day
  value: the figure, zero included; empty before the first fact of its dataset and for a period that has not begun
  target: the target, given or following from the quarters
  attainment: value divided by target, empty where the target is empty or 0
  status: no_value, no_target, in_progress (provisional), achieved, at_risk (90 % of the target or more) or missed
  period_end: last day of the period
  definition_version: version of the definition that counts the period, from 1; empty where it has not begun
  break_before: whether the period before, of the same length, is counted by another version, so that the two do not compare
order: [indicator_id, period]
checks:
  - name: value_not_negative
    query: select indicator_id, period, value from marts.indicator_values where value < 0
  - name: no_value_before_it_begins
    query: select indicator_id, period, value from marts.indicator_values where peildatum is null and value is not null
  - name: known_indicator
    query: >-
      select v.indicator_id, v.period from marts.indicator_values v
      left join marts.indicators i on i.indicator_id = v.indicator_id where i.indicator_id is null
  - name: same_on_one_day
    query: >-
      with state as (
        select v.indicator_id, v.period, v.peildatum, v.value, v.definition_version from marts.indicator_values v
        join marts.indicators i on i.indicator_id = v.indicator_id
        where i.kind in ('stock', 'cumulative', 'rolling', 'average')
      )
      select whole.indicator_id, whole.period, whole.value, part.period as quarter, part.value as quarter_value
      from state whole join state part
      on part.indicator_id = whole.indicator_id and part.peildatum = whole.peildatum
      and part.definition_version = whole.definition_version
      where part.period like '%Q%' and part.value is distinct from whole.value
  - name: quarters_add_up
    query: >-
      with flow as (
        select v.indicator_id, v.period, substr(v.period, 1, 4) as year, substr(v.period, 5) as part, v.value,
        v.definition_version from marts.indicator_values v
        join marts.indicators i on i.indicator_id = v.indicator_id
        where i.kind = 'flow' and v.peildatum is not null
      )
      select whole.indicator_id, whole.period, whole.value, sum(quarter.value) as quarters
      from flow whole join flow quarter on quarter.indicator_id = whole.indicator_id and quarter.year = whole.year
      where whole.part in ('', 'S1', 'S2') and quarter.part in ('Q1', 'Q2', 'Q3', 'Q4')
      and (whole.part <> 'S1' or quarter.part in ('Q1', 'Q2')) and (whole.part <> 'S2' or quarter.part in ('Q3', 'Q4'))
      group by whole.indicator_id, whole.period, whole.value, whole.definition_version
      having min(quarter.definition_version) = whole.definition_version
      and max(quarter.definition_version) = whole.definition_version
      and sum(quarter.value) is distinct from whole.value
  - name: distinct_within_quarters
    query: >-
      with seen as (
        select v.indicator_id, v.period, substr(v.period, 1, 4) as year, v.value, v.definition_version
        from marts.indicator_values v join marts.indicators i on i.indicator_id = v.indicator_id
        where i.kind = 'distinct' and v.peildatum is not null
      )
      select whole.indicator_id, whole.period, whole.value from seen whole
      join seen quarter on quarter.indicator_id = whole.indicator_id and quarter.year = whole.year
      where whole.period = whole.year and quarter.period like '%Q%'
      group by whole.indicator_id, whole.period, whole.value, whole.definition_version
      having min(quarter.definition_version) = whole.definition_version
      and max(quarter.definition_version) = whole.definition_version
      and (max(quarter.value) > whole.value or sum(quarter.value) < whole.value)
examples:
  - question: Between which periods does a series break, since its definition changed?
    query: >-
      select v.indicator_id, v.period, d.note_nl from marts.indicator_values v
      join marts.indicator_definitions d on d.indicator_id = v.indicator_id and d.version = v.definition_version
      where v.break_before order by v.indicator_id, v.period
  - question: Which indicators missed their target in the last finished year?
    query: >-
      select indicator_id, period, value, target from marts.indicator_values
      where status = 'missed' and period_type = 'year' order by period desc, indicator_id
*/
with counts as (
  select
    indicator_id,
    period,
    count(distinct thing) as things,
    sum(measure) as total
  from intermediate.indicator_hits
  group by indicator_id, period
),
fractions as (
  select
    cells.indicator_id,
    cells.period,
    case
      when not cells.has_value then null
      when cells.kind = 'average' then cast(counts.total as decimal(28, 6))
      else cast(coalesce(counts.things, 0) as decimal(28, 6))
    end as amount,
    case when cells.kind = 'average' then counts.things else cells.divisor end as divisor,
    targets.target
  from intermediate.indicator_cells as cells
  left join counts
    on counts.indicator_id = cells.indicator_id
    and counts.period = cells.period
  left join intermediate.indicator_targets as targets
    on targets.indicator_id = cells.indicator_id
    and targets.period = cells.period
),
figures as (
  select
    indicator_id,
    period,
    cast(amount as double) / cast(divisor as double) as value,
    cast(target as double) as target,
    -- Exact, so that a value on the border falls on the right side of it.
    amount >= target * cast(divisor as decimal(10, 0)) as is_achieved,
    amount * 10 >= target * 9 * cast(divisor as decimal(10, 0)) as is_near
  from fractions
),
definitions as (
  select
    indicator_id,
    period,
    version,
    coalesce(
      version <> lag(version) over (partition by indicator_id, period_type order by peildatum), false
    ) as break_before
  from intermediate.indicator_cells
  where peildatum is not null
)
select
  figures.indicator_id,
  indicators.programme,
  figures.period,
  periods.period_type,
  periods.period_start,
  periods.peildatum,
  periods.provisional,
  figures.value,
  figures.target,
  case when figures.target <> 0 then figures.value / figures.target end as attainment,
  case
    when figures.value is null then 'no_value'
    when figures.target is null then 'no_target'
    when periods.provisional then 'in_progress'
    when figures.is_achieved then 'achieved'
    when figures.is_near then 'at_risk'
    else 'missed'
  end as status,
  periods.period_end,
  definitions.version as definition_version,
  coalesce(definitions.break_before, false) as break_before
from figures
join run.indicators as indicators on indicators.indicator_id = figures.indicator_id
join run.periods as periods on periods.period = figures.period
left join definitions
  on definitions.indicator_id = figures.indicator_id
  and definitions.period = figures.period
