/*
mart: portal_usage_by_authority
grain: a row for each quarter, module and authority in which the authority used the module
owner: V-ICT-OR
description: >-
  Use of each part of the portal by authority, in the composition of the peildatum. Fewer users than the disclosure
  threshold are suppressed, and so is a further authority where the suppressed figure could be worked out from a total.
columns:
  period: the quarter, as 2022Q1
  module: part of the portal
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  users: distinct accounts; null when suppressed
  events: number of actions; null when suppressed
  suppressed: whether users and events are withheld
  _province: province of the authority, within which a suppressed figure must not be workable
order: [period, module, nis_code]
disclosure: { value: users, with: [events], within: [period, module], over: _province, threshold_on: users }
checks:
  - name: suppressed_has_no_figures
    query: >-
      select period, module, nis_code from marts.portal_usage_by_authority
      where suppressed <> (users is null) or suppressed <> (events is null)
  - name: small_counts_withheld
    query: >-
      select period, module, nis_code from marts.portal_usage_by_authority
      cross join run.context where users > 0 and users < threshold
  - name: parts_within_total
    query: >-
      select part.period, part.module from (
      select period, module, count(*) as authorities, max(users) as users, sum(events) as events
      from marts.portal_usage_by_authority group by period, module) as part
      inner join marts.portal_usage as whole on whole.period = part.period and whole.module = part.module
      where part.authorities <> whole.authorities or part.users > whole.users or part.events > whole.events
examples:
  - question: Which authorities used the maturity measurement most in the second quarter of 2022?
    query: >-
      select authority, users, events from marts.portal_usage_by_authority
      where period = '2022Q2' and module = 'maturiteitsmeting' and not suppressed order by users desc
*/
with module_users as (
    select period, peildatum, module, nis_code, user_id, events
    from intermediate.module_users
    where period_type = 'quarter' and nis_code is not null
),
authorities as (
    select peildatum, nis_code, composition_nis, authority, province
    from intermediate.composed_authorities
)
select
    module_users.period,
    module_users.module,
    authorities.composition_nis as nis_code,
    authorities.authority,
    count(distinct module_users.user_id) as users,
    sum(module_users.events) as events,
    false as suppressed,
    authorities.province as _province
from module_users
inner join authorities
    on authorities.peildatum = module_users.peildatum
    and authorities.nis_code = module_users.nis_code
group by
    module_users.period,
    module_users.module,
    authorities.composition_nis,
    authorities.authority,
    authorities.province
