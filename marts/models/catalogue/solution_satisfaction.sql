/*
mart: solution_satisfaction
grain: a row for each quarter and solution with a rating that is open on the peildatum
owner: V-ICT-OR
description: >-
  How satisfied users are with each solution: the ratings given on or before the peildatum and not withdrawn by then.
  The number of ratings is always shown; the average of fewer than the disclosure threshold is suppressed.
columns:
  period: the quarter, as 2022Q1
  solution_id: the solution
  ratings: number of open ratings
  average_score: mean score, 1 to 5; null when suppressed
  suppressed: whether the average is withheld
order: [period, solution_id]
checks:
  - name: average_range
    query: select period, solution_id from marts.solution_satisfaction where average_score < 1 or average_score > 5
  - name: few_ratings_withheld
    query: >-
      select period, solution_id from marts.solution_satisfaction cross join run.context
      where ratings < 1 or suppressed <> (ratings < threshold) or suppressed <> (average_score is null)
examples:
  - question: Which solutions were rated best at the end of 2022Q2, with their number of ratings?
    query: >-
      select usage.solution, satisfaction.average_score, satisfaction.ratings
      from marts.solution_satisfaction as satisfaction
      inner join marts.solution_usage as usage
      on usage.period = satisfaction.period and usage.solution_id = satisfaction.solution_id
      where satisfaction.period = '2022Q2' and not satisfaction.suppressed
      order by satisfaction.average_score desc
*/
with context as (
    select threshold
    from run.context
),
quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
ratings as (
    select rating_id, solution_id, score, given_on, withdrawn_on
    from conformed.catalogue_ratings
),
rated as (
    select
        quarters.period,
        ratings.solution_id,
        count(distinct ratings.rating_id) as ratings,
        sum(ratings.score) as total
    from ratings
    inner join quarters
        on ratings.given_on <= quarters.peildatum
        and (ratings.withdrawn_on is null or ratings.withdrawn_on > quarters.peildatum)
    group by quarters.period, ratings.solution_id
)
select
    rated.period,
    rated.solution_id,
    rated.ratings,
    case when rated.ratings >= context.threshold then cast(rated.total as double) / rated.ratings end as average_score,
    rated.ratings < context.threshold as suppressed
from rated
cross join context
