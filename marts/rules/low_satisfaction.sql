/*
rule: low_satisfaction
severity: medium
description: >-
  A solution that ten authorities or more chose is rated below 3 on average, at the peildatum of the quarter or semester.
  An average that is withheld makes no point.
*/
with report_quarters as (
    select period, begun_quarter
    from intermediate.report_quarters
),
solution_usage as (
    select period, solution_id, solution, chosen
    from marts.solution_usage
    where chosen >= 10
),
solution_satisfaction as (
    select period, solution_id, ratings, average_score
    from marts.solution_satisfaction
    where not suppressed and average_score < 3
),
poor as (
    select
        solution_usage.period,
        solution_usage.solution_id,
        coalesce(solution_usage.solution, solution_usage.solution_id) as solution,
        solution_usage.chosen,
        solution_satisfaction.ratings,
        -- Down to the hundredth, so that 2,996 is not told as 3.
        cast(floor(round(solution_satisfaction.average_score * 10000) / 100) as bigint) as score_hundredths
    from solution_usage
    inner join solution_satisfaction
        on solution_satisfaction.period = solution_usage.period
        and solution_satisfaction.solution_id = solution_usage.solution_id
)
select
    report_quarters.period,
    poor.solution_id as subject,
    concat(
        'De oplossing ', poor.solution, ', gekozen door ', cast(poor.chosen as varchar),
        ' besturen, krijgt gemiddeld ',
        cast(poor.score_hundredths / 100 as varchar), ',', lpad(cast(poor.score_hundredths % 100 as varchar), 2, '0'),
        ' op 5 in ',
        ltrim(reverse(regexp_replace(reverse(cast(poor.ratings as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' waarderingen.'
    ) as text_nl
from report_quarters
inner join poor on poor.period = report_quarters.begun_quarter
