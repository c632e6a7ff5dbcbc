/*
intermediate: members
grain: a row for each peildatum and authority that exists on it
owner: V-ICT-OR
description: The municipalities and provinces that exist on a peildatum.
columns:
  peildatum: day
  nis_code: NIS code
  name: official name
  kind: gemeente or provincie
  province: name of the province
  inhabitants: number of inhabitants, empty where it is not known
order: [peildatum, nis_code]
*/
select
  peildatum,
  nis_code,
  name,
  kind,
  province,
  inhabitants
from intermediate.authorities_on
where exists_then
