/*
mart: maturity_scores
grain: a row for each quarter, authority and chapter of its latest measurement
owner: V-ICT-OR
description: >-
  The score of each chapter in the latest maturity measurement of each authority on or before the peildatum, carried
  forward until a newer one. It is the authority's own measurement, no average, and so never suppressed.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  chapter: chapter of the measurement
  score: score, 0 to 5; of a chapter that a measurement lists twice, the mean
  submitted_on: day on which the measurement was handed in
order: [period, nis_code, chapter]
checks:
  - name: score_range
    query: select period, nis_code, chapter, score from marts.maturity_scores where score is null or score < 0 or score > 5
  - name: one_measurement_an_authority
    query: >-
      select period, nis_code from marts.maturity_scores
      group by period, nis_code having count(distinct submitted_on) <> 1
  - name: no_measurement_from_the_future
    query: >-
      select scores.period, scores.nis_code from marts.maturity_scores as scores
      inner join run.periods as periods on periods.period = scores.period
      where scores.submitted_on > periods.peildatum
examples:
  - question: What is the mean score of each chapter over the authorities, by quarter?
    query: select period, chapter, avg(score) as mean_score, count(*) as authorities from marts.maturity_scores group by period, chapter order by period, chapter
  - question: Whose latest measurement is older than two years?
    query: select distinct authority, submitted_on from marts.maturity_scores where period = '2022Q2' and submitted_on < date '2020-06-30' order by submitted_on
*/
with latest as (
    select period, nis_code, authority, measurement_id, submitted_on
    from intermediate.measurements_by_quarter
    where recency = 1
),
scores as (
    select measurement_id, chapter, score
    from conformed.portal_maturity_scores
)
select
    latest.period,
    latest.nis_code,
    latest.authority,
    scores.chapter,
    cast(sum(scores.score) as double) / count(*) as score,
    latest.submitted_on
from latest
inner join scores on scores.measurement_id = latest.measurement_id
group by latest.period, latest.nis_code, latest.authority, scores.chapter, latest.submitted_on
