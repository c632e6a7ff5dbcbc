/*
mart: portal_usage
grain: a row for each quarter and module in which the module was used
owner: V-ICT-OR
description: >-
  Use of each part of the portal: authorities, users and actions within the quarter, up to the peildatum. Actions that
  name no authority, or one that does not resolve, count as users and events. Totals of a module are never suppressed.
columns:
  period: the quarter, as 2022Q1
  module: part of the portal
  authorities: distinct authorities of the actions, in the composition of the peildatum
  users: distinct accounts
  events: number of actions
order: [period, module]
checks:
  - name: users_act
    query: select period, module from marts.portal_usage where users < 1 or events < users
  - name: authorities_exist
    query: >-
      select portal_usage.period, portal_usage.module from marts.portal_usage as portal_usage
      cross join (select count(distinct nis_code) as authorities from conformed.reference_authorities) as known
      where portal_usage.authorities < 0 or portal_usage.authorities > known.authorities
examples:
  - question: Which parts of the portal were used most in the second quarter of 2022?
    query: select module, users, events from marts.portal_usage where period = '2022Q2' order by users desc
  - question: How did the number of authorities in the learning network develop?
    query: select period, authorities from marts.portal_usage where module = 'leernetwerk' order by period
*/
with module_users as (
    select period, peildatum, module, nis_code, user_id, events
    from intermediate.module_users
    where period_type = 'quarter'
),
compositions as (
    select peildatum, nis_code, composition_nis
    from intermediate.compositions
),
composed as (
    select
        module_users.period,
        module_users.module,
        compositions.composition_nis,
        module_users.user_id,
        module_users.events
    from module_users
    left join compositions
        on compositions.peildatum = module_users.peildatum
        and compositions.nis_code = module_users.nis_code
)
select
    period,
    module,
    count(distinct composition_nis) as authorities,
    count(distinct user_id) as users,
    sum(events) as events
from composed
group by period, module
