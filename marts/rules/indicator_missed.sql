/*
rule: indicator_missed
severity: high
description: An indicator stays below nine tenths of its target at the end of a quarter or semester.
*/
with missed as (
    select indicator_id, period
    from marts.indicator_values
    where period_type in ('quarter', 'semester') and status = 'missed'
),
texts as (
    select indicator_id, period, name_nl, value_nl, target_nl, attainment_nl
    from intermediate.indicator_texts
)
select
    missed.period,
    missed.indicator_id as subject,
    concat(
        texts.name_nl,
        ' haalt het doel niet: ', texts.value_nl, ' tegenover ', texts.target_nl,
        ', dat is ', texts.attainment_nl, '.'
    ) as text_nl
from missed
inner join texts on texts.indicator_id = missed.indicator_id and texts.period = missed.period
