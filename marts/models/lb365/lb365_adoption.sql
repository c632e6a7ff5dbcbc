/*
mart: lb365_adoption
grain: a row for each quarter, authority and building block that it was ever connected to
owner: V-ICT-OR
description: >-
  Which authorities are connected to which building blocks of LB365 on the peildatum, and since when. Of authorities that
  merged, one connection suffices and the earliest day counts.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  building_block: OSLO, MAGDA, DOSIS, MBP, DAV, LBLOD, DTP, ELOKET or MAGDADOC
  connected: whether a connection is open on the peildatum
  connected_on: first day of the earliest open connection, or, where none is open, of the earliest of all
order: [period, nis_code, building_block]
checks:
  - name: connected_by_the_peildatum
    query: >-
      select adoption.period, adoption.nis_code, adoption.building_block from marts.lb365_adoption as adoption
      inner join run.periods as periods on periods.period = adoption.period
      where adoption.connected_on is null or adoption.connected_on > periods.peildatum
  - name: agrees_with_the_indicators
    query: >-
      select adoption.period, adoption.building_block from (
      select period, building_block, sum(case when connected then 1 else 0 end) as authorities
      from marts.lb365_adoption group by period, building_block) as adoption
      inner join (values ('OSLO', 'LB-VB-01'), ('MAGDA', 'LB-VB-02'), ('DOSIS', 'LB-VB-03'), ('MBP', 'LB-VB-04'),
      ('DAV', 'LB-VB-05'), ('LBLOD', 'LB-VB-06'), ('DTP', 'LB-VB-07'), ('ELOKET', 'LB-VB-08'), ('MAGDADOC', 'LB-VB-09'))
      as counted (building_block, indicator_id) on counted.building_block = adoption.building_block
      inner join marts.indicator_values as indicators
      on indicators.indicator_id = counted.indicator_id and indicators.period = adoption.period
      where indicators.value <> adoption.authorities
examples:
  - question: How many authorities are connected to each building block?
    query: select period, building_block, count(*) as authorities from marts.lb365_adoption where connected group by period, building_block order by period, building_block
  - question: Who joined MAGDA in 2022?
    query: select authority, connected_on from marts.lb365_adoption where period = '2022Q2' and building_block = 'MAGDA' and connected and connected_on >= date '2022-01-01' order by connected_on
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
connections as (
    select nis_code, building_block, connected_on, disconnected_on
    from conformed.lb365_connections
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
        connections.nis_code,
        connections.building_block,
        connections.connected_on,
        connections.disconnected_on is null or connections.disconnected_on > quarters.peildatum as is_open
    from connections
    inner join quarters on connections.connected_on <= quarters.peildatum
)
select
    begun.period,
    authorities.composition_nis as nis_code,
    authorities.authority,
    begun.building_block,
    bool_or(begun.is_open) as connected,
    coalesce(min(case when begun.is_open then begun.connected_on end), min(begun.connected_on)) as connected_on
from begun
inner join authorities
    on authorities.peildatum = begun.peildatum
    and authorities.nis_code = begun.nis_code
group by begun.period, authorities.composition_nis, authorities.authority, begun.building_block
