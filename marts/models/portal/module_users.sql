/*
intermediate: module_users
grain: a row for each quarter or semester, module, NIS code as named, and account
owner: V-ICT-OR
description: >-
  Who used which part of the portal in a quarter or semester, up to the peildatum: the small sets on which the distinct
  counts of users and authorities rest, since those can never be added up from shorter periods.
columns:
  period: the quarter or semester, as 2022Q1 or 2022S1
  period_type: quarter or semester
  peildatum: last day of the period that counts
  module: part of the portal
  nis_code: NIS code of the authority named by the action, before successors; null where none is named or it does not resolve
  user_id: pseudonym of the account
  events: number of actions
order: [period_type, period, module, nis_code, user_id]
nullable: [nis_code]
*/
with periods as (
    select period, period_type, period_start, period_end, peildatum
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
monthly as (
    select month, module, nis_code, user_id, events
    from intermediate.module_months
),
active_months as (
    select distinct month, cast(concat(month, '-01') as date) as month_start
    from monthly
),
calendar as (
    select active_months.month, periods.period, periods.period_type, periods.peildatum
    from active_months
    inner join periods
        on active_months.month_start >= periods.period_start
        and active_months.month_start <= periods.period_end
)
select
    calendar.period,
    calendar.period_type,
    calendar.peildatum,
    monthly.module,
    monthly.nis_code,
    monthly.user_id,
    sum(monthly.events) as events
from monthly
inner join calendar on calendar.month = monthly.month
group by
    calendar.period,
    calendar.period_type,
    calendar.peildatum,
    monthly.module,
    monthly.nis_code,
    monthly.user_id
