/*
mart: indicator_by_authority
grain: a row for each indicator that is shown by authority, quarter or year, and authority
owner: V-ICT-OR
description: The same count within each authority, in the composition of the peildatum; 0 or 1 where authorities are counted. A count of few persons is not shown.
columns:
  indicator_id: indicator
  period: quarter or year that has begun
  nis_code: NIS code of the authority
  authority: official name
  province: name of its province
  value: the count, 0 where there is nothing; an average is empty where there is no measurement
  suppressed: whether the value is hidden, since it counts few persons or would give away one that does
disclosure: { value: value, within: [indicator_id, period], over: province, applies: _counts_persons, least: _least }
order: [indicator_id, period, nis_code]
checks:
  - name: hidden_is_empty
    query: select indicator_id, period, nis_code from marts.indicator_by_authority where suppressed and value is not null
  - name: authorities_add_up
    query: >-
      with counted as (
        select a.indicator_id, a.period, sum(a.value) as total from marts.indicator_by_authority a
        join intermediate.indicator_cells c on c.indicator_id = a.indicator_id and c.period = a.period
        where c.counts_authorities and c.kind <> 'average' group by a.indicator_id, a.period
      )
      select v.indicator_id, v.period, v.value, c.total from marts.indicator_values v
      join counted c on c.indicator_id = v.indicator_id and c.period = v.period
      where v.value <> c.total
examples:
  - question: Which authorities had security plans at the end of 2022?
    query: >-
      select authority, value from marts.indicator_by_authority
      where indicator_id = 'IV-TL-08' and period = '2022' and value > 0 order by value desc, authority
*/
with counts as (
  select
    indicator_id,
    period,
    nis_code,
    things,
    measure
  from intermediate.indicator_counts_by_authority
),
cells as (
  select
    indicator_id,
    kind,
    period,
    peildatum,
    has_value,
    divisor,
    counts_persons
  from intermediate.indicator_cells
  where by_authority and period_type in ('quarter', 'year') and peildatum is not null
),
authorities as (
  select
    cells.indicator_id,
    cells.kind,
    cells.period,
    cells.has_value,
    cells.divisor,
    cells.counts_persons,
    members.nis_code,
    members.name,
    members.province
  from cells
  join intermediate.members as members on members.peildatum = cells.peildatum
),
-- Those that are named before they exist.
others as (
  select
    cells.indicator_id,
    cells.kind,
    cells.period,
    cells.has_value,
    cells.divisor,
    cells.counts_persons,
    counts.nis_code,
    known.name,
    known.province
  from counts
  join cells
    on cells.indicator_id = counts.indicator_id
    and cells.period = counts.period
  left join intermediate.authorities_on as known
    on known.peildatum = cells.peildatum
    and known.nis_code = counts.nis_code
  where not coalesce(known.exists_then, false)
),
all_authorities as (
  select indicator_id, kind, period, has_value, divisor, counts_persons, nis_code, name, province from authorities
  union all
  select indicator_id, kind, period, has_value, divisor, counts_persons, nis_code, name, province from others
)
select
  shown.indicator_id,
  shown.period,
  shown.nis_code,
  shown.name as authority,
  shown.province,
  case
    when not shown.has_value then null
    when shown.kind = 'average' then cast(counts.measure as double)
    else cast(coalesce(counts.things, 0) as double) / cast(shown.divisor as double)
  end as value,
  false as suppressed,
  shown.counts_persons as _counts_persons,
  1.0 / cast(shown.divisor as double) as _least
from all_authorities as shown
left join counts
  on counts.indicator_id = shown.indicator_id
  and counts.period = shown.period
  and counts.nis_code = shown.nis_code
