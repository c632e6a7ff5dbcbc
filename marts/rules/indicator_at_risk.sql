/*
rule: indicator_at_risk
severity: medium
description: An indicator stays just below its target at the end of a quarter or semester, by a tenth at most.
*/
select
    period,
    indicator_id as subject,
    concat(name_nl, ' blijft net onder het doel: ', figures_nl, '.') as text_nl
from intermediate.indicator_shortfalls
where status = 'at_risk'
