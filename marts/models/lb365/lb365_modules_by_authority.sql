/*
mart: lb365_modules_by_authority
grain: a row for each quarter, authority and module with a track or use begun on or before the peildatum
owner: V-ICT-OR
description: >-
  How far each authority is with each module of LB365, in the composition of the peildatum. Of authorities that merged,
  the furthest state counts: live before track before stopped; of equal states the earliest days.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  module: the module
  state: live, track or stopped on the peildatum
  track_started_on: first day of the track; null where only use is known
  live_on: first day of use; null where it is not live by the peildatum
order: [period, nis_code, module]
checks:
  - name: known_states
    query: >-
      select period, nis_code, module from marts.lb365_modules_by_authority
      where state is null or state not in ('live', 'track', 'stopped') or (state = 'live' and live_on is null)
  - name: agrees_with_lb365_modules
    query: >-
      select modules.period, modules.module from marts.lb365_modules as modules
      left join (
      select period, module, sum(case when state = 'track' then 1 else 0 end) as tracks,
      sum(case when state = 'live' then 1 else 0 end) as live
      from marts.lb365_modules_by_authority group by period, module) as parts
      on parts.period = modules.period and parts.module = modules.module
      where modules.tracks <> coalesce(parts.tracks, 0) or modules.live <> coalesce(parts.live, 0)
examples:
  - question: Which modules does Gent use, and since when?
    query: >-
      select module, live_on from marts.lb365_modules_by_authority
      where period = '2022Q2' and nis_code = '44021' and state = 'live' order by module
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
modules as (
    select nis_code, module, track_started_on, live_on, stopped_on
    from conformed.lb365_modules
    where nis_code is not null
),
authorities as (
    select peildatum, nis_code, composition_nis, authority
    from intermediate.composed_authorities
),
begun as (
    select
        quarters.period,
        quarters.peildatum,
        modules.nis_code,
        modules.module,
        case when modules.track_started_on <= quarters.peildatum then modules.track_started_on end as track_started_on,
        case when modules.live_on <= quarters.peildatum then modules.live_on end as live_on,
        case
            when modules.stopped_on <= quarters.peildatum then 0
            when modules.live_on <= quarters.peildatum then 2
            else 1
        end as step
    from modules
    inner join quarters
        on modules.track_started_on <= quarters.peildatum
        or modules.live_on <= quarters.peildatum
),
composed as (
    select
        begun.period,
        authorities.composition_nis,
        authorities.authority,
        begun.module,
        begun.step,
        min(begun.track_started_on) as track_started_on,
        min(begun.live_on) as live_on
    from begun
    inner join authorities
        on authorities.peildatum = begun.peildatum
        and authorities.nis_code = begun.nis_code
    group by begun.period, authorities.composition_nis, authorities.authority, begun.module, begun.step
),
ranked as (
    select
        period,
        composition_nis,
        authority,
        module,
        step,
        track_started_on,
        live_on,
        row_number() over (partition by period, composition_nis, module order by step desc) as place
    from composed
)
select
    period,
    composition_nis as nis_code,
    authority,
    module,
    case step when 2 then 'live' when 1 then 'track' else 'stopped' end as state,
    track_started_on,
    live_on
from ranked
where place = 1
