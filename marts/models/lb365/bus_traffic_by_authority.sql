/*
mart: bus_traffic_by_authority
grain: a row for each month, authority and service with messages
owner: V-ICT-OR
description: >-
  Traffic on the LB bus by tenant, in the composition of the last day of the month, or of the as-of day where that comes
  first. Messages without an authority, or with one that does not resolve, are left out here; bus_traffic has them.
columns:
  month: the month (Brussels), as 2022-03
  nis_code: NIS code of the authority on the last day of the month that counts
  authority: official name of the authority
  service: the service (API)
  messages: number of messages
  errors: messages with status 400 and up
  error_rate: errors divided by messages
  p95_ms: 95th percentile of the duration in milliseconds, by linear interpolation
  bytes: sum of the sizes that are stated; 0 where none is
order: [month, nis_code, service]
incremental: month of conformed.lb365_bus_messages
checks:
  - name: errors_within_messages
    query: >-
      select month, nis_code, service from marts.bus_traffic_by_authority
      where messages < 1 or errors < 0 or errors > messages or error_rate < 0 or error_rate > 1
      or p95_ms < 0 or bytes < 0
  - name: parts_within_total
    query: >-
      select part.month, part.service from (
      select month, service, sum(messages) as messages, sum(errors) as errors, sum(bytes) as bytes
      from marts.bus_traffic_by_authority group by month, service) as part
      left join (
      select month, service, sum(messages) as messages, sum(errors) as errors, sum(bytes) as bytes
      from marts.bus_traffic group by month, service) as whole
      on whole.month = part.month and whole.service = part.service
      where whole.messages is null or part.messages > whole.messages
      or part.errors > whole.errors or part.bytes > whole.bytes
examples:
  - question: Which authorities sent most messages in June 2022?
    query: select authority, sum(messages) as messages from marts.bus_traffic_by_authority where month = '2022-06' group by authority order by messages desc limit 10
  - question: Where is more than one message in a hundred an error?
    query: select month, authority, service, error_rate from marts.bus_traffic_by_authority where error_rate > 0.01 order by error_rate desc
*/
with months as (
    select month, last_day
    from run.months
),
messages as (
    select month, occurred_on, nis_code, service, status_code, duration_ms, bytes
    from conformed.lb365_bus_messages
    where nis_code is not null
),
authorities as (
    select peildatum, nis_code, composition_nis, authority
    from intermediate.composed_authorities
),
composed as (
    select months.month, authorities.nis_code, authorities.composition_nis, authorities.authority
    from months
    inner join authorities on authorities.peildatum = months.last_day
),
names as (
    select distinct month, composition_nis, authority
    from composed
),
totals as (
    select
        messages.month,
        composed.composition_nis,
        messages.service,
        count(*) as messages,
        sum(case when messages.status_code >= 400 then 1 else 0 end) as errors,
        round(percentile_cont(messages.duration_ms, 0.95), 3) as p95_ms,
        coalesce(sum(messages.bytes), 0) as bytes
    from messages
    inner join composed
        on composed.month = messages.month
        and composed.nis_code = messages.nis_code
    where messages.occurred_on <= (select max(last_day) from months)
    group by messages.month, composed.composition_nis, messages.service
)
select
    totals.month,
    totals.composition_nis as nis_code,
    names.authority,
    totals.service,
    totals.messages,
    totals.errors,
    cast(totals.errors as double) / totals.messages as error_rate,
    totals.p95_ms,
    totals.bytes
from totals
inner join names on names.month = totals.month and names.composition_nis = totals.composition_nis
