/*
intermediate: compositions
grain: a row for each peildatum and known NIS code
owner: V-ICT-OR
description: Which authority stands for a NIS code on a peildatum. Successors are followed until one exists; an authority that does not exist yet stays itself.
columns:
  peildatum: day of the composition; every peildatum of a period, the last counted day of each month, the as-of day
  nis_code: NIS code as facts have it
  composition_nis: NIS code of the authority that stands for it on that day
order: [peildatum, nis_code]
*/
select
  days.peildatum,
  known.nis_code,
  known.composition_nis
from run.peildata as days
join conformed.authority_compositions as known
  on coalesce(known.from_day, date '0001-01-01') <= days.peildatum
  and coalesce(known.until_day, date '9999-12-31') > days.peildatum
