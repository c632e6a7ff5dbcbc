/*
mart: bus_traffic
grain: a row for each month, service and outside party with messages
owner: V-ICT-OR
description: >-
  Traffic on the LB bus by service and outside party: volume, errors and exact percentiles of the duration, by linear
  interpolation. Messages after the as-of day do not count.
columns:
  month: the month (Brussels), as 2022-03
  service: the service (API)
  partner: the outside party; null where a message names none
  messages: number of messages
  errors: messages with status 400 and up
  error_rate: errors divided by messages
  p50_ms: median duration in milliseconds
  p95_ms: 95th percentile of the duration in milliseconds
  bytes: sum of the sizes that are stated; 0 where none is
order: [month, service, partner]
nullable: [partner]
incremental: month of conformed.lb365_bus_messages
checks:
  - name: errors_within_messages
    query: >-
      select month, service, partner from marts.bus_traffic
      where messages < 1 or errors < 0 or errors > messages or error_rate < 0 or error_rate > 1 or bytes < 0
  - name: percentiles_in_order
    query: select month, service, partner from marts.bus_traffic where p50_ms < 0 or p50_ms > p95_ms
examples:
  - question: Which services failed most in June 2022?
    query: select service, sum(errors) as errors, sum(messages) as messages from marts.bus_traffic where month = '2022-06' group by service order by errors desc
  - question: How did the slowest twentieth of a service develop?
    query: select month, service, partner, p95_ms from marts.bus_traffic order by service, partner, month
*/
-- The last day that counts of the last month is the last that counts at all.
with last as (
    select max(last_day) as last_day
    from run.months
),
messages as (
    select month, occurred_on, service, partner, status_code, duration_ms, bytes
    from conformed.lb365_bus_messages
),
counted as (
    select month, service, partner, status_code, duration_ms, bytes
    from messages
    where occurred_on <= (select last_day from last)
),
totals as (
    select
        month,
        service,
        partner,
        count(*) as messages,
        sum(case when status_code >= 400 then 1 else 0 end) as errors,
        round(percentile_cont(duration_ms, 0.5), 3) as p50_ms,
        round(percentile_cont(duration_ms, 0.95), 3) as p95_ms,
        coalesce(sum(bytes), 0) as bytes
    from counted
    group by month, service, partner
)
select
    month,
    service,
    partner,
    messages,
    errors,
    cast(errors as double) / messages as error_rate,
    p50_ms,
    p95_ms,
    bytes
from totals
