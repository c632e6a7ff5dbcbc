/*
intermediate: module_months
grain: a row for each month, module, NIS code as named, and account
owner: V-ICT-OR
description: >-
  Who used which part of the portal in a month, up to the as-of day: kept from run to run, so that only the months with
  new or corrected events are counted again.
columns:
  month: the month (Brussels), as 2022-03
  module: part of the portal
  nis_code: NIS code of the authority named by the action, before successors; null where none is named or it does not resolve
  user_id: pseudonym of the account
  events: number of actions
order: [month, module, nis_code, user_id]
nullable: [nis_code]
incremental: month of conformed.portal_activity
*/
-- The last day that counts of the last month is the last that counts at all.
with last as (
    select max(last_day) as last_day
    from run.months
),
activity as (
    select month, occurred_on, user_id, nis_code, module, events
    from conformed.portal_activity
)
select
    month,
    module,
    nis_code,
    user_id,
    cast(sum(events) as bigint) as events
from activity
where occurred_on <= (select last_day from last)
group by month, module, nis_code, user_id
