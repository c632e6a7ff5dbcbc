/*
intermediate: authorities_on
grain: a row for each peildatum and known NIS code
owner: V-ICT-OR
description: Name and province of every known authority as they are on a peildatum; of one that does not exist then, as they will be, else as they last were.
columns:
  peildatum: day
  nis_code: NIS code
  name: official name
  kind: gemeente or provincie
  province: name of the province
  inhabitants: number of inhabitants, empty where it is not known
  exists_then: whether the authority exists on that day
order: [peildatum, nis_code]
*/
with spells as (
  select
    nis_code,
    name,
    kind,
    province,
    inhabitants,
    valid_from,
    coalesce(valid_until, date '9999-12-31') as valid_until
  from conformed.reference_authorities
),
nearness as (
  select
    days.peildatum,
    spells.nis_code,
    spells.name,
    spells.kind,
    spells.province,
    spells.inhabitants,
    spells.valid_from <= days.peildatum and spells.valid_until > days.peildatum as exists_then,
    row_number() over (
      partition by days.peildatum, spells.nis_code
      order by
        case
          when spells.valid_from <= days.peildatum and spells.valid_until > days.peildatum then 0
          when spells.valid_from > days.peildatum then 1
          else 2
        end,
        case when spells.valid_from > days.peildatum then spells.valid_from end,
        spells.valid_from desc
    ) as place
  from run.peildata as days
  cross join spells
)
select
  peildatum,
  nis_code,
  name,
  kind,
  province,
  inhabitants,
  exists_then
from nearness
where place = 1
