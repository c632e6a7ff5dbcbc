/*
intermediate: ended_months
grain: one row
owner: V-ICT-OR
description: How many whole months of the year of the as-of day have ended on or before it.
columns:
  as_of: the as-of day
  year: its year
  months: whole months of that year that have ended, 0 to 12
order: [as_of]
*/
with context as (
    select as_of, as_of + interval '1 day' as next_day
    from run.context
)
select
    as_of,
    cast(date_part('year', as_of) as bigint) as year,
    case
        when date_part('year', next_day) > date_part('year', as_of) then cast(12 as bigint)
        else cast(date_part('month', next_day) as bigint) - 1
    end as months
from context
