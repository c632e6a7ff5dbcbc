/*
intermediate: measured_values
grain: a row for each quarter, figure or chapter of the maturity measurement, and authority that gives it
owner: V-ICT-OR
description: >-
  What each authority's latest measurements say on the peildatum: of a figure, the latest that gives it; of a chapter, the
  latest measurement.
columns:
  period: the quarter, as 2022Q1
  measure: figure or chapter
  name: name of the figure or the chapter
  nis_code: NIS code of the authority on the peildatum
  province: province of the authority
  inhabitants: inhabitants of the authority; null where unknown
  value: the figure, or the score of the chapter
order: [period, measure, name, nis_code]
*/
with measurements as (
    select period, nis_code, province, inhabitants, measurement_id, recency
    from intermediate.measurements_by_quarter
),
figures as (
    select measurement_id, figure, cast(value as decimal(18, 6)) as value
    from conformed.portal_maturity_figures
    where value is not null
),
scores as (
    select measurement_id, chapter, cast(cast(sum(score) as double) / count(*) as decimal(18, 6)) as value
    from conformed.portal_maturity_scores
    group by measurement_id, chapter
),
-- Per figure: a later measurement that leaves the figure out does not hide an earlier one that gives it.
latest_figures as (
    select
        measurements.period,
        figures.figure,
        measurements.nis_code,
        measurements.province,
        measurements.inhabitants,
        first_value(figures.value order by measurements.recency) as value
    from measurements
    inner join figures on figures.measurement_id = measurements.measurement_id
    group by
        measurements.period,
        figures.figure,
        measurements.nis_code,
        measurements.province,
        measurements.inhabitants
),
latest_scores as (
    select
        measurements.period,
        scores.chapter,
        measurements.nis_code,
        measurements.province,
        measurements.inhabitants,
        scores.value
    from measurements
    inner join scores on scores.measurement_id = measurements.measurement_id
    where measurements.recency = 1
)
select period, 'figure' as measure, figure as name, nis_code, province, inhabitants, value
from latest_figures
union all
select period, 'chapter' as measure, chapter as name, nis_code, province, inhabitants, value
from latest_scores
