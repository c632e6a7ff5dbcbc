/*
mart: authority_portfolio
grain: a row for each quarter, authority and solution with a portfolio line on or before the peildatum
owner: V-ICT-OR
description: >-
  Which solutions each authority says it chose, plans or phased out: the line in force on the peildatum, in the
  composition of that day. It is what authorities publish about themselves in the catalogue, and names no person.
columns:
  period: the quarter, as 2022Q1
  nis_code: NIS code of the authority on the peildatum
  authority: official name of the authority
  solution_id: the solution
  solution: its name; null where the catalogue does not know it
  supplier: name of its supplier; null where the catalogue does not know it
  status: gekozen, gepland or uitgefaseerd
  since: first day of that status
order: [period, nis_code, solution_id]
checks:
  - name: begun_by_the_peildatum
    query: >-
      select portfolio.period, portfolio.nis_code, portfolio.solution_id from marts.authority_portfolio as portfolio
      inner join run.periods as periods on periods.period = portfolio.period
      where portfolio.since > periods.peildatum
  - name: agrees_with_solution_usage
    query: >-
      select usage.period, usage.solution_id from marts.solution_usage as usage
      left join (
      select period, solution_id, sum(case when status = 'gekozen' then 1 else 0 end) as chosen
      from marts.authority_portfolio group by period, solution_id) as portfolio
      on portfolio.period = usage.period and portfolio.solution_id = usage.solution_id
      where usage.chosen <> coalesce(portfolio.chosen, 0)
examples:
  - question: Which solutions does Gent use, and since when?
    query: >-
      select solution, supplier, status, since from marts.authority_portfolio
      where period = '2022Q2' and nis_code = '44021' order by status, solution
*/
with portfolio as (
    select period, nis_code, solution_id, status, since
    from intermediate.portfolio_in_force
),
quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
authorities as (
    select peildatum, nis_code, name
    from intermediate.authorities_on
),
solutions as (
    select solution_id, name, supplier_id
    from conformed.catalogue_solutions
),
suppliers as (
    select supplier_id, name
    from conformed.catalogue_suppliers
)
select
    portfolio.period,
    portfolio.nis_code,
    coalesce(authorities.name, portfolio.nis_code) as authority,
    portfolio.solution_id,
    solutions.name as solution,
    suppliers.name as supplier,
    portfolio.status,
    portfolio.since
from portfolio
inner join quarters on quarters.period = portfolio.period
left join authorities
    on authorities.peildatum = quarters.peildatum
    and authorities.nis_code = portfolio.nis_code
left join solutions on solutions.solution_id = portfolio.solution_id
left join suppliers on suppliers.supplier_id = solutions.supplier_id
