/*
rule: module_use_down
severity: medium
description: >-
  A part of the portal has fewer users than in the same quarter or semester a year earlier. Finished periods only: an
  unfinished one is not set beside a whole one. Without any use left the number of users is 0.
*/
with periods as (
    select period, period_start, concat(cast(year - 1 as varchar), substr(period, 5)) as period_before
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun and not provisional
),
module_use as (
    select period, module, count(distinct user_id) as users
    from intermediate.module_users
    group by period, module
),
compared as (
    select
        periods.period,
        periods.period_before,
        module_before.module,
        coalesce(module_now.users, 0) as users,
        module_before.users as users_before
    from periods
    inner join module_use as module_before on module_before.period = periods.period_before
    left join module_use as module_now
        on module_now.period = periods.period
        and module_now.module = module_before.module
),
down as (
    select
        period,
        period_before,
        module,
        users,
        users_before,
        ((users_before - users) * 1000 + users_before / 2) / users_before as fall_tenths
    from compared
    where users < users_before
)
select
    period,
    module as subject,
    concat(
        'Het onderdeel ', module, ' telt minder gebruikers dan een jaar eerder: ',
        ltrim(reverse(regexp_replace(reverse(cast(users as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' in ', period, ' tegenover ',
        ltrim(reverse(regexp_replace(reverse(cast(users_before as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' in ', period_before, ', een daling met ',
        cast(fall_tenths / 10 as varchar), ',', cast(fall_tenths % 10 as varchar), ' %.'
    ) as text_nl
from down
