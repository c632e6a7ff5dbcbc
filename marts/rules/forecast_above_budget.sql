/*
rule: forecast_above_budget
severity: high
description: >-
  The forecast of the year, as of the as-of day of the run, is above the budget: a point in each quarter and semester of
  that year that has begun.
*/
with context as (
    select as_of
    from run.context
),
periods as (
    select period, year
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
over_budget as (
    select
        year,
        cast(budget * 100 as bigint) as budget_cents,
        cast(forecast * 100 as bigint) as forecast_cents,
        cast(round(budget_share * 1000) as bigint) as share_tenths
    from marts.budget
    where forecast > budget and budget > 0
)
select
    periods.period,
    cast(over_budget.year as varchar) as subject,
    concat(
        'De prognose voor ', cast(over_budget.year as varchar), ' bedraagt ',
        ltrim(reverse(regexp_replace(reverse(cast(forecast_cents / 100 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ',', lpad(cast(forecast_cents % 100 as varchar), 2, '0'), ' €, dat is ',
        ltrim(reverse(regexp_replace(reverse(cast(share_tenths / 10 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ',', cast(share_tenths % 10 as varchar), ' % van het budget van ',
        ltrim(reverse(regexp_replace(reverse(cast(budget_cents / 100 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ',', lpad(cast(budget_cents % 100 as varchar), 2, '0'), ' € (stand op ',
        to_char(context.as_of, '%d/%m/%Y'), ').'
    ) as text_nl
from periods
inner join over_budget on over_budget.year = periods.year
cross join context
