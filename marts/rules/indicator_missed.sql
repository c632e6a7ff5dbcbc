/*
rule: indicator_missed
severity: high
description: An indicator stays below nine tenths of its target at the end of a quarter or semester.
*/
select
    period,
    indicator_id as subject,
    concat(name_nl, ' haalt het doel niet: ', figures_nl, '.') as text_nl
from intermediate.indicator_shortfalls
where status = 'missed'
