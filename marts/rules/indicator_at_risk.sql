/*
rule: indicator_at_risk
severity: medium
description: An indicator stays just below its target at the end of a quarter or semester, by a tenth at most.
*/
with at_risk as (
    select indicator_id, period
    from marts.indicator_values
    where period_type in ('quarter', 'semester') and status = 'at_risk'
),
texts as (
    select indicator_id, period, name_nl, value_nl, target_nl, attainment_nl
    from intermediate.indicator_texts
)
select
    at_risk.period,
    at_risk.indicator_id as subject,
    concat(
        texts.name_nl,
        ' blijft net onder het doel: ', texts.value_nl, ' tegenover ', texts.target_nl,
        ', dat is ', texts.attainment_nl, '.'
    ) as text_nl
from at_risk
inner join texts on texts.indicator_id = at_risk.indicator_id and texts.period = at_risk.period
