/*
intermediate: indicator_counts_by_authority
grain: a row for each indicator, period and authority with something that counts
owner: V-ICT-OR
description: How many distinct things count within each authority, in the composition of the peildatum.
columns:
  indicator_id: indicator
  period: quarter or year
  nis_code: authority
  things: number of distinct things
  measure: the measurement of the authority, for an average
*/
select
  hits.indicator_id,
  hits.period,
  hits.nis_code,
  count(distinct hits.thing) as things,
  max(hits.measure) as measure
from intermediate.indicator_hits as hits
join intermediate.indicator_cells as cells
  on cells.indicator_id = hits.indicator_id
  and cells.period = hits.period
where cells.by_authority and cells.period_type in ('quarter', 'year') and hits.nis_code is not null
group by hits.indicator_id, hits.period, hits.nis_code
