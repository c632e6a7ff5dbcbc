/*
intermediate: composed_authorities
grain: a row for each peildatum and known NIS code
owner: V-ICT-OR
description: >-
  The authority that stands for a NIS code on a peildatum, with its name, province and inhabitants of that day. Where the
  reference gives an authority no inhabitants, they are the sum of those of the authorities that merged into it.
columns:
  peildatum: day of the composition
  nis_code: NIS code that a fact names
  composition_nis: NIS code of the authority that stands for it on the day
  authority: official name of that authority
  province: province of that authority
  inhabitants: inhabitants of that authority; null where unknown
order: [peildatum, nis_code]
*/
with compositions as (
    select peildatum, nis_code, composition_nis
    from intermediate.compositions
),
authorities as (
    select peildatum, nis_code, name, province, inhabitants
    from intermediate.authorities_on
),
reference as (
    select successor_nis, inhabitants
    from conformed.reference_authorities
    where successor_nis is not null
),
merged as (
    select
        successor_nis as nis_code,
        case when count(inhabitants) = count(*) then sum(inhabitants) end as inhabitants
    from reference
    group by successor_nis
)
select
    compositions.peildatum,
    compositions.nis_code,
    compositions.composition_nis,
    coalesce(authorities.name, compositions.composition_nis) as authority,
    authorities.province,
    coalesce(authorities.inhabitants, merged.inhabitants) as inhabitants
from compositions
left join authorities
    on authorities.peildatum = compositions.peildatum
    and authorities.nis_code = compositions.composition_nis
left join merged on merged.nis_code = compositions.composition_nis
