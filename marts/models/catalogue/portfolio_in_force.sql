/*
intermediate: portfolio_in_force
grain: a row for each quarter, authority and solution with a portfolio line on or before the peildatum
owner: V-ICT-OR
description: >-
  The line of the portfolio in force on the peildatum: the latest of the authority and the solution, in the composition
  of that day; of two that began on one day the later delivered. Lines of authorities that do not resolve are left out.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  solution_id: the solution
  status: gekozen, gepland or uitgefaseerd
  since: first day of the line
order: [period, nis_code, solution_id]
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
lines as (
    select nis_code, solution_id, status, since, _delivery, _delivery_date, _object, _row
    from conformed.catalogue_portfolio
    where nis_code is not null
),
delivery_order as (
    select delivery_id, received_order
    from intermediate.delivery_order
),
compositions as (
    select peildatum, nis_code, composition_nis
    from intermediate.compositions
),
begun as (
    select
        quarters.period,
        quarters.peildatum,
        lines.nis_code,
        lines.solution_id,
        lines.status,
        lines.since,
        lines._delivery_date,
        lines._object,
        lines._row,
        coalesce(delivery_order.received_order, 0) as received_order
    from lines
    left join delivery_order on delivery_order.delivery_id = lines._delivery
    inner join quarters on lines.since <= quarters.peildatum
),
ranked as (
    select
        begun.period,
        compositions.composition_nis,
        begun.solution_id,
        begun.status,
        begun.since,
        row_number() over (
            partition by begun.period, compositions.composition_nis, begun.solution_id
            order by
                begun.since desc,
                begun._delivery_date desc,
                begun._object desc,
                begun._row desc,
                begun.received_order desc,
                begun.nis_code desc
        ) as choice
    from begun
    inner join compositions
        on compositions.peildatum = begun.peildatum
        and compositions.nis_code = begun.nis_code
)
select
    period,
    composition_nis as nis_code,
    solution_id,
    status,
    since
from ranked
where choice = 1
