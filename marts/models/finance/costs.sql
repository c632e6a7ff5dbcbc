/*
mart: costs
grain: a row for each year, product and cost type booked on or before the as-of day
owner: V-ICT-OR
description: >-
  Costs under analytic code VRD2. In the year of the as-of day, the actual is what was booked in the whole months that
  have ended, and the forecast is the actual times twelve divided by the number of those months, rounded to the cent,
  half away from zero; both are empty while no month has ended. The forecast of a finished year is its actual.
columns:
  year: calendar year of the bookings
  product: product, as booked
  cost_type: cost type, as booked
  actual: sum of the bookings that count, in euro
  forecast: forecast for the whole year, in euro
order: [year, product, cost_type]
checks:
  - name: both_or_neither
    query: select year, product, cost_type from marts.costs where (actual is null) <> (forecast is null)
  - name: finished_year_is_its_actual
    query: >-
      select costs.year, costs.product, costs.cost_type from marts.costs as costs
      cross join intermediate.ended_months as ended where costs.year < ended.year and costs.forecast <> costs.actual
  - name: no_year_to_come
    query: >-
      select costs.year from marts.costs as costs
      cross join intermediate.ended_months as ended where costs.year > ended.year
  - name: forecast_to_the_cent
    query: >-
      select costs.year, costs.product, costs.cost_type from marts.costs as costs
      cross join intermediate.ended_months as ended where costs.year = ended.year
      and abs(costs.forecast * ended.months - costs.actual * 12) * 2 > ended.months * cast('0.01' as decimal(3, 2))
examples:
  - question: What does each product cost in 2022, and what will it?
    query: select product, sum(actual) as actual, sum(forecast) as forecast from marts.costs where year = 2022 group by product order by product
*/
with ended as (
    select as_of, year, months
    from intermediate.ended_months
),
bookings as (
    select
        cast(date_part('year', booked_on) as bigint) as year,
        cast(date_part('month', booked_on) as bigint) as month,
        booked_on,
        product,
        cost_type,
        amount
    from conformed.finance_bookings
    where analytic_code = 'VRD2'
),
sums as (
    select
        bookings.year,
        bookings.product,
        bookings.cost_type,
        case when bookings.year = ended.year then ended.months else 12 end as months,
        sum(case
            when bookings.year < ended.year or bookings.month <= ended.months then cast(bookings.amount as decimal(18, 2))
            else cast(0 as decimal(18, 2))
        end) as actual
    from bookings
    cross join ended
    where bookings.booked_on <= ended.as_of
    group by bookings.year, bookings.product, bookings.cost_type, ended.year, ended.months
),
-- In whole cents, so that nothing but the one rounding is rounded.
cents as (
    select year, product, cost_type, months, cast(actual * 100 as bigint) as actual
    from sums
    where months > 0
),
extrapolated as (
    select
        year,
        product,
        cost_type,
        actual,
        case
            when actual < 0 then -((-actual * 24 + months) / (2 * months))
            else (actual * 24 + months) / (2 * months)
        end as forecast
    from cents
)
select
    sums.year,
    sums.product,
    sums.cost_type,
    cast(extrapolated.actual * cast('0.01' as decimal(3, 2)) as decimal(18, 2)) as actual,
    cast(extrapolated.forecast * cast('0.01' as decimal(3, 2)) as decimal(18, 2)) as forecast
from sums
left join extrapolated
    on extrapolated.year = sums.year
    and extrapolated.product = sums.product
    and extrapolated.cost_type = sums.cost_type
