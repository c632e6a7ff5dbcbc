/*
intermediate: indicator_shortfalls
grain: a row for each indicator and quarter or semester at whose end it stays below its target
owner: V-ICT-OR
description: Indicators below their target, with the figures as Dutch text for the sentences of attention points.
columns:
  indicator_id: the indicator
  period: the quarter or semester
  status: at_risk (by a tenth at most) or missed
  name_nl: label, section and code
  figures_nl: value, target and attainment
order: [indicator_id, period]
*/
with shortfalls as (
    select indicator_id, period, status
    from marts.indicator_values
    where period_type in ('quarter', 'semester') and status in ('at_risk', 'missed')
),
texts as (
    select indicator_id, period, name_nl, value_nl, target_nl, attainment_nl
    from intermediate.indicator_texts
)
select
    shortfalls.indicator_id,
    shortfalls.period,
    shortfalls.status,
    texts.name_nl,
    concat(texts.value_nl, ' tegenover ', texts.target_nl, ', dat is ', texts.attainment_nl) as figures_nl
from shortfalls
inner join texts on texts.indicator_id = shortfalls.indicator_id and texts.period = shortfalls.period
