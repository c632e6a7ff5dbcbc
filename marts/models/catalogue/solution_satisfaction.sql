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
  interval_low: >-
    lower bound of the 95 % interval of the average, by Student's t, not below 1; null when suppressed, and where all
    ratings are equal, which tells nothing of their spread
  interval_high: upper bound of the interval, not above 5; null as interval_low
order: [period, solution_id]
checks:
  - name: average_range
    query: select period, solution_id from marts.solution_satisfaction where average_score < 1 or average_score > 5
  - name: few_ratings_withheld
    query: >-
      select period, solution_id from marts.solution_satisfaction cross join run.context
      where ratings < 1 or suppressed <> (ratings < threshold) or suppressed <> (average_score is null)
  - name: interval_holds_the_average
    query: >-
      select period, solution_id from marts.solution_satisfaction
      where interval_low > average_score or interval_high < average_score or interval_low < 1 or interval_high > 5
      or (interval_low is null) <> (interval_high is null) or (average_score is null and interval_low is not null)
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
        sum(ratings.score) as total,
        sum(ratings.score * ratings.score) as squares
    from ratings
    inner join quarters
        on ratings.given_on <= quarters.peildatum
        and (ratings.withdrawn_on is null or ratings.withdrawn_on > quarters.peildatum)
    group by quarters.period, ratings.solution_id
),
averaged as (
    select
        rated.period,
        rated.solution_id,
        rated.ratings,
        cast(rated.total as double) / rated.ratings as average_score,
        rated.ratings < context.threshold as suppressed,
        rated.ratings * rated.squares - rated.total * rated.total as spread,
        cast(rated.ratings - 1 as double) as freedom
    from rated
    cross join context
),
-- Student's t at 0.975, by its expansion in the degrees of freedom: right to a thousandth from four on.
margins as (
    select
        period,
        solution_id,
        case when not suppressed and freedom > 0 and spread > 0 then
            (1.959964 + (2.372271 + (2.822504 + (2.555850 + 1.589534 / freedom) / freedom) / freedom) / freedom)
            * sqrt(cast(spread as double) / freedom) / ratings
        end as margin
    from averaged
)
select
    averaged.period,
    averaged.solution_id,
    averaged.ratings,
    case when not averaged.suppressed then averaged.average_score end as average_score,
    averaged.suppressed,
    case
        when averaged.average_score - margins.margin < 1 then 1.0
        else averaged.average_score - margins.margin
    end as interval_low,
    case
        when averaged.average_score + margins.margin > 5 then 5.0
        else averaged.average_score + margins.margin
    end as interval_high
from averaged
inner join margins on margins.period = averaged.period and margins.solution_id = averaged.solution_id
