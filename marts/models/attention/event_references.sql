/*
intermediate: event_references
grain: a row for each day with events of the portal
owner: V-ICT-OR
description: >-
  How many events of a day name an authority, and of how many it resolves: kept from run to run, so that only the months
  with new or corrected events are counted again.
columns:
  month: the month (Brussels), as 2022-03
  fact_on: the day (Brussels)
  named: events that name an authority
  resolved: of these, those whose authority resolves
order: [month, fact_on]
nullable: [fact_on]
incremental: month of conformed.portal_activity
*/
select
    month,
    occurred_on as fact_on,
    cast(sum(case when names_authority then events else 0 end) as bigint) as named,
    cast(sum(case when nis_code is not null then events else 0 end) as bigint) as resolved
from conformed.portal_activity
group by month, occurred_on
