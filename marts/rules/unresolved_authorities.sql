/*
rule: unresolved_authorities
severity: medium
description: >-
  More than 1 % of the rows of a dataset that name an authority name one that is not known, over the facts of the quarter
  or semester.
*/
with periods as (
    select period, period_start, peildatum
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
authority_references as (
    select dataset, fact_on, named, unresolved
    from intermediate.authority_references
),
counted as (
    select
        periods.period,
        authority_references.dataset,
        sum(authority_references.named) as named,
        sum(authority_references.unresolved) as unresolved
    from periods
    inner join authority_references
        on authority_references.fact_on >= periods.period_start
        and authority_references.fact_on <= periods.peildatum
    group by periods.period, authority_references.dataset
),
poor as (
    select
        period,
        dataset,
        named,
        unresolved,
        (unresolved * 1000 + named / 2) / named as share_tenths
    from counted
    where unresolved * 100 > named
)
select
    period,
    dataset as subject,
    concat(
        'Van de ',
        ltrim(reverse(regexp_replace(reverse(cast(named as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' rijen van ', dataset, ' met een bestuur noemen er ',
        ltrim(reverse(regexp_replace(reverse(cast(unresolved as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' een bestuur dat niet bekend is (', cast(share_tenths / 10 as varchar), ',', cast(share_tenths % 10 as varchar), ' %).'
    ) as text_nl
from poor
