/*
mart: budget
grain: a row for each year with a budget or a booking under VRD2
owner: V-ICT-OR
description: >-
  The budget of each year under VRD2, what was spent of it and what is forecast: the sums of the rounded rows of costs,
  so that what is shown adds up. Actual and forecast are empty for a year to come and while no month of it has ended; a
  year with a budget and no booking has 0.
columns:
  year: calendar year
  budget: the budget, in euro; null where none is given
  actual: sum of the actuals of the year, in euro
  forecast: sum of the forecasts of the year, in euro
  budget_share: forecast divided by budget; null where either is empty or the budget is 0
order: [year]
checks:
  - name: forecast_adds_up
    query: >-
      select budget.year from marts.budget as budget
      inner join (select year, sum(actual) as actual, sum(forecast) as forecast from marts.costs group by year) as costs
      on costs.year = budget.year
      where costs.actual <> budget.actual or costs.forecast <> budget.forecast
      or (costs.forecast is null) <> (budget.forecast is null)
  - name: every_booked_year
    query: select costs.year from marts.costs as costs left join marts.budget as budget on budget.year = costs.year where budget.year is null
  - name: share_of_the_budget
    query: >-
      select year from marts.budget
      where (budget_share is null) <> (forecast is null or budget is null or budget = 0)
examples:
  - question: Does the forecast stay within the budget?
    query: select year, budget, forecast, budget_share, forecast <= budget as within_budget from marts.budget order by year
*/
with ended as (
    select year, months
    from intermediate.ended_months
),
budgets as (
    select year, sum(amount) as budget
    from conformed.finance_budgets
    where analytic_code = 'VRD2'
    group by year
),
spent as (
    select year, sum(actual) as actual, sum(forecast) as forecast
    from marts.costs
    group by year
),
years as (
    select year from budgets
    union
    select year from spent
),
joined as (
    select
        years.year,
        budgets.budget,
        years.year < ended.year or (years.year = ended.year and ended.months > 0) as has_figures,
        spent.actual,
        spent.forecast
    from years
    cross join ended
    left join budgets on budgets.year = years.year
    left join spent on spent.year = years.year
),
totals as (
    select
        year,
        cast(budget as decimal(18, 2)) as budget,
        cast(case when has_figures then coalesce(actual, 0) end as decimal(18, 2)) as actual,
        cast(case when has_figures then coalesce(forecast, 0) end as decimal(18, 2)) as forecast
    from joined
)
select
    year,
    budget,
    actual,
    forecast,
    case when budget > 0 then cast(forecast as double) / cast(budget as double) end as budget_share
from totals
