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
incremental: month of conformed.portal_events
*/
select
    month,
    occurred_on as fact_on,
    count(authority) as named,
    count(nis_code) as resolved
from conformed.portal_events
group by month, occurred_on
