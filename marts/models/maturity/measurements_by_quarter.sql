/*
intermediate: measurements_by_quarter
grain: a row for each quarter and maturity measurement handed in on or before its peildatum by an authority that resolves
owner: V-ICT-OR
description: >-
  The maturity measurements of each authority, in the composition of the peildatum, from the latest back: by day, and of
  two on one day the later delivered first.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  province: province of the authority
  inhabitants: inhabitants of the authority
  measurement_id: the measurement
  submitted_on: day on which it was handed in
  recency: 1 for the latest
order: [period, nis_code, recency]
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
measurements as (
    select measurement_id, nis_code, submitted_on, _delivery, _delivery_date, _object, _row
    from conformed.portal_maturity
    where nis_code is not null
),
delivery_order as (
    select delivery_id, received_order
    from intermediate.delivery_order
),
authorities as (
    select peildatum, nis_code, composition_nis, authority, province, inhabitants
    from intermediate.composed_authorities
),
carried as (
    select
        quarters.period,
        quarters.peildatum,
        measurements.measurement_id,
        measurements.nis_code,
        measurements.submitted_on,
        measurements._delivery_date,
        measurements._object,
        measurements._row,
        coalesce(delivery_order.received_order, 0) as received_order
    from measurements
    left join delivery_order on delivery_order.delivery_id = measurements._delivery
    inner join quarters on measurements.submitted_on <= quarters.peildatum
)
select
    carried.period,
    authorities.composition_nis as nis_code,
    authorities.authority,
    authorities.province,
    authorities.inhabitants,
    carried.measurement_id,
    carried.submitted_on,
    row_number() over (
        partition by carried.period, authorities.composition_nis
        order by
            carried.submitted_on desc,
            carried._delivery_date desc,
            carried._object desc,
            carried._row desc,
            carried.received_order desc,
            carried.measurement_id desc
    ) as recency
from carried
inner join authorities
    on authorities.peildatum = carried.peildatum
    and authorities.nis_code = carried.nis_code
