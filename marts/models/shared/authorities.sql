/*
mart: authorities
grain: a row for each quarter and authority that exists on the peildatum
owner: V-ICT-OR
description: >-
  The municipalities and provinces of each quarter, with the peer groups that each belongs to. Where the reference gives
  an authority no inhabitants, they are the sum of those of the authorities that merged into it.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority
  authority: official name of the authority
  kind: gemeente or provincie
  province: name of the province
  inhabitants: number of inhabitants; null where unknown
  size_class: <10k, 10k-20k, 20k-50k or >=50k inhabitants; null where they are unknown, and of a province
order: [period, nis_code]
checks:
  - name: size_class_of_known_inhabitants
    query: >-
      select period, nis_code from marts.authorities
      where kind = 'gemeente' and (inhabitants is null) <> (size_class is null)
examples:
  - question: How many municipalities does each province count at the end of each quarter?
    query: select period, province, count(*) as municipalities from marts.authorities where kind = 'gemeente' group by period, province order by period, province
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
members as (
    select peildatum, nis_code, name, kind, province
    from intermediate.members
),
composed as (
    select peildatum, nis_code, inhabitants
    from intermediate.composed_authorities
    where nis_code = composition_nis
)
select
    quarters.period,
    members.nis_code,
    members.name as authority,
    members.kind,
    members.province,
    composed.inhabitants,
    case
        when members.kind <> 'gemeente' then null
        when composed.inhabitants < 10000 then '<10k'
        when composed.inhabitants < 20000 then '10k-20k'
        when composed.inhabitants < 50000 then '20k-50k'
        when composed.inhabitants >= 50000 then '>=50k'
    end as size_class
from quarters
inner join members on members.peildatum = quarters.peildatum
left join composed on composed.peildatum = members.peildatum and composed.nis_code = members.nis_code
