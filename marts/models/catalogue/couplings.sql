/*
mart: couplings
grain: a row for each coupling available on or before the as-of day
owner: V-ICT-OR
description: >-
  The couplings between solutions, with the number of authorities that put each to work, in the composition of the as-of
  day. Couplings that ended stay; a count of authorities is never suppressed.
columns:
  coupling_id: the coupling
  from_solution_id: solution that it leaves from
  to_solution_id: solution that it goes to
  technique: API, XML, bestand, bericht or database
  available_since: first day on which it is available
  ended_on: first day on which it no longer is; null while it is
  authorities: distinct authorities that put it to work; references that do not resolve are not counted
order: [coupling_id]
checks:
  - name: ends_after_it_begins
    query: select coupling_id from marts.couplings where ended_on < available_since
  - name: no_more_than_all_authorities
    query: >-
      select couplings.coupling_id from marts.couplings as couplings
      cross join (select count(distinct nis_code) as authorities from conformed.reference_authorities) as known
      where couplings.authorities < 0 or couplings.authorities > known.authorities
examples:
  - question: Which open couplings are used most, by technique?
    query: select technique, coupling_id, authorities from marts.couplings where ended_on is null order by authorities desc
  - question: How many couplings became available each year?
    query: select date_part('year', available_since) as year, count(*) as couplings from marts.couplings group by date_part('year', available_since) order by year
*/
with context as (
    select as_of
    from run.context
),
couplings as (
    select coupling_id, from_solution_id, to_solution_id, technique, available_since, ended_on
    from conformed.catalogue_couplings
),
coupling_authorities as (
    select coupling_id, nis_code
    from conformed.catalogue_coupling_authorities
    where nis_code is not null
),
compositions as (
    select compositions.nis_code, compositions.composition_nis
    from intermediate.compositions as compositions
    inner join context on compositions.peildatum = context.as_of
),
at_work as (
    select coupling_authorities.coupling_id, count(distinct compositions.composition_nis) as authorities
    from coupling_authorities
    inner join compositions on compositions.nis_code = coupling_authorities.nis_code
    group by coupling_authorities.coupling_id
)
select
    couplings.coupling_id,
    couplings.from_solution_id,
    couplings.to_solution_id,
    couplings.technique,
    couplings.available_since,
    couplings.ended_on,
    coalesce(at_work.authorities, 0) as authorities
from couplings
inner join context on couplings.available_since <= context.as_of
left join at_work on at_work.coupling_id = couplings.coupling_id
