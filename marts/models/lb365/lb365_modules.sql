/*
mart: lb365_modules
grain: a row for each quarter and module with a track or use begun on or before the peildatum
owner: V-ICT-OR
description: >-
  How far the modules of LB365 are: authorities, in the composition of the peildatum, with a track under way and with the
  module in use. Of authorities that merged, the furthest state counts: live before track before stopped.
columns:
  period: the quarter, as 2022Q1
  module: the module
  tracks: authorities with a track started by the peildatum that is neither live nor stopped by then
  live: authorities where it is live by the peildatum and not stopped by then
order: [period, module]
checks:
  - name: no_more_than_all_authorities
    query: >-
      select modules.period, modules.module from marts.lb365_modules as modules
      cross join (select count(distinct nis_code) as authorities from conformed.reference_authorities) as known
      where modules.tracks < 0 or modules.live < 0 or modules.tracks + modules.live > known.authorities
examples:
  - question: How many modules have a track, and how many are in use, at the end of each quarter?
    query: >-
      select period, sum(case when tracks > 0 then 1 else 0 end) as modules_in_track,
      sum(case when live > 0 then 1 else 0 end) as modules_live
      from marts.lb365_modules group by period order by period
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
modules as (
    select nis_code, module, track_started_on, live_on, stopped_on
    from conformed.lb365_modules
),
compositions as (
    select peildatum, nis_code, composition_nis
    from intermediate.compositions
),
begun as (
    select
        quarters.period,
        quarters.peildatum,
        modules.nis_code,
        modules.module,
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
furthest as (
    select
        begun.period,
        begun.module,
        compositions.composition_nis,
        max(begun.step) as step
    from begun
    left join compositions
        on compositions.peildatum = begun.peildatum
        and compositions.nis_code = begun.nis_code
    group by begun.period, begun.module, compositions.composition_nis
)
-- A reference that does not resolve keeps the module in the list and counts as no authority.
select
    period,
    module,
    sum(case when step = 1 and composition_nis is not null then 1 else 0 end) as tracks,
    sum(case when step = 2 and composition_nis is not null then 1 else 0 end) as live
from furthest
group by period, module
