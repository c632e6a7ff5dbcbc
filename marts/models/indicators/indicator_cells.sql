/*
intermediate: indicator_cells
grain: a row for each numeric indicator and period
owner: V-ICT-OR
description: In which periods an indicator has a value; and by how much a count is divided, which is the number of whole months for monthly active things and 1 for other counts.
columns:
  position: row in the published table
  indicator_id: indicator
  kind: kind of the indicator
  period: quarter, semester or year
  period_type: quarter, semester or year
  peildatum: last day that counts, empty where the period has not begun
  has_value: whether its dataset holds a fact on or before the peildatum, and for monthly active things a month has ended
  divisor: by how much a count is divided
  by_authority: whether it is shown by authority
  counts_persons: whether persons are counted
  counts_authorities: whether authorities are counted
  version: version of the definition that is in force on the peildatum, else on the last day of the period
order: [position, period]
*/
select
  indicators.position,
  indicators.indicator_id,
  indicators.kind,
  periods.period,
  periods.period_type,
  periods.peildatum,
  coalesce(versions.first_day <= periods.peildatum, false)
    and (indicators.kind <> 'monthly_active' or periods.months_ended > 0) as has_value,
  case when indicators.kind = 'monthly_active' then periods.months_ended else 1 end as divisor,
  indicators.by_authority,
  versions.counts_persons,
  versions.counts_authorities,
  versions.version
from run.indicators as indicators
cross join run.periods as periods
join run.indicator_versions as versions
  on versions.indicator_id = indicators.indicator_id
  and versions.holds_from <= coalesce(periods.peildatum, periods.period_end)
  and versions.holds_until > coalesce(periods.peildatum, periods.period_end)
where indicators.is_numeric
