/*
mart: building_block_use
grain: a row for each quarter, authority and building block of the snapshot in force
owner: V-ICT-OR
description: >-
  The state in which each authority uses each Flemish building block, from the last snapshot on or before the peildatum.
  Of authorities that merged, the furthest state counts.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  building_block: name of the building block
  status: in gebruik, in implementatie, gepland or niet
order: [period, nis_code, building_block]
checks:
  - name: known_states
    query: >-
      select period, nis_code, building_block from marts.building_block_use
      where status is null or status not in ('in gebruik', 'in implementatie', 'gepland', 'niet')
  - name: one_name_an_authority
    query: >-
      select period, nis_code from marts.building_block_use
      group by period, nis_code having count(distinct authority) <> 1
examples:
  - question: How many authorities use each building block at the end of 2022Q2?
    query: >-
      select building_block, count(*) as authorities from marts.building_block_use
      where period = '2022Q2' and status = 'in gebruik' group by building_block order by authorities desc
  - question: What is the state of Gent, by building block?
    query: select period, building_block, status from marts.building_block_use where nis_code = '44021' order by period, building_block
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
states as (
    select nis_code, building_block, status, valid_from, valid_until
    from conformed.portal_building_blocks
    where nis_code is not null
),
authorities as (
    select peildatum, nis_code, composition_nis, authority
    from intermediate.composed_authorities
),
snapshots as (
    select distinct valid_from, valid_until
    from states
),
in_force as (
    select quarters.period, quarters.peildatum, snapshots.valid_from
    from quarters
    inner join snapshots
        on snapshots.valid_from <= quarters.peildatum
        and (snapshots.valid_until is null or snapshots.valid_until > quarters.peildatum)
),
progress as (
    select
        in_force.period,
        in_force.peildatum,
        states.nis_code,
        states.building_block,
        case states.status
            when 'in gebruik' then 3
            when 'in implementatie' then 2
            when 'gepland' then 1
            else 0
        end as step
    from in_force
    inner join states on states.valid_from = in_force.valid_from
),
furthest as (
    select
        progress.period,
        authorities.composition_nis,
        authorities.authority,
        progress.building_block,
        max(progress.step) as step
    from progress
    inner join authorities
        on authorities.peildatum = progress.peildatum
        and authorities.nis_code = progress.nis_code
    group by progress.period, authorities.composition_nis, authorities.authority, progress.building_block
)
select
    period,
    composition_nis as nis_code,
    authority,
    building_block,
    case step
        when 3 then 'in gebruik'
        when 2 then 'in implementatie'
        when 1 then 'gepland'
        else 'niet'
    end as status
from furthest
