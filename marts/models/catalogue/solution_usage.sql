/*
mart: solution_usage
grain: a row for each quarter and solution published, or named by a portfolio, on or before the peildatum
owner: V-ICT-OR
description: >-
  How many authorities chose, plan or phased out each solution, by the portfolio line in force on the peildatum, and its
  share among solutions that fill in the same reference components. Withdrawn solutions stay, since authorities still
  use them; a solution that a portfolio names and the catalogue does not know stays too, without a name.
columns:
  period: the quarter, as 2022Q1
  solution_id: the solution
  solution: its name; null where the catalogue does not know it
  supplier_id: its supplier
  supplier: name of the supplier; null where the catalogue does not know it
  chosen: authorities whose line in force says gekozen
  planned: authorities whose line in force says gepland
  phased_out: authorities whose line in force says uitgefaseerd
  market_share: >-
    chosen, divided by the authorities with any chosen solution that shares a reference component, withdrawn ones
    included; null for a solution without components, and where nobody chose any
order: [period, solution_id]
checks:
  - name: share_between_zero_and_one
    query: select period, solution_id from marts.solution_usage where market_share < 0 or market_share > 1
  - name: chosen_has_a_share
    query: >-
      select usage.period, usage.solution_id from marts.solution_usage as usage
      inner join (select distinct solution_id from conformed.catalogue_solution_components) as components
      on components.solution_id = usage.solution_id
      where usage.chosen > 0 and usage.market_share is null
  - name: no_more_than_all_authorities
    query: >-
      select usage.period, usage.solution_id from marts.solution_usage as usage
      cross join (select count(distinct nis_code) as authorities from conformed.reference_authorities) as known
      where usage.chosen < 0 or usage.planned < 0 or usage.phased_out < 0
      or usage.chosen + usage.planned + usage.phased_out > known.authorities
examples:
  - question: Which solutions were chosen most at the end of 2022Q2?
    query: select solution, supplier, chosen, market_share from marts.solution_usage where period = '2022Q2' order by chosen desc limit 10
  - question: Which solutions are on the way out?
    query: select solution, chosen, phased_out from marts.solution_usage where period = '2022Q2' and phased_out > chosen order by phased_out desc
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
solutions as (
    select solution_id, name, supplier_id, published_on
    from conformed.catalogue_solutions
),
suppliers as (
    select supplier_id, name
    from conformed.catalogue_suppliers
),
components as (
    select distinct solution_id, reference_component
    from conformed.catalogue_solution_components
),
portfolio as (
    select period, nis_code, solution_id, status
    from intermediate.portfolio_in_force
),
shown as (
    select quarters.period, solutions.solution_id
    from quarters
    inner join solutions on solutions.published_on <= quarters.peildatum
    union
    select period, solution_id
    from portfolio
),
counted as (
    select
        period,
        solution_id,
        sum(case when status = 'gekozen' then 1 else 0 end) as chosen,
        sum(case when status = 'gepland' then 1 else 0 end) as planned,
        sum(case when status = 'uitgefaseerd' then 1 else 0 end) as phased_out
    from portfolio
    group by period, solution_id
),
component_users as (
    select distinct portfolio.period, components.reference_component, portfolio.nis_code
    from portfolio
    inner join components on components.solution_id = portfolio.solution_id
    where portfolio.status = 'gekozen'
),
markets as (
    select
        component_users.period,
        components.solution_id,
        count(distinct component_users.nis_code) as authorities
    from components
    inner join component_users on component_users.reference_component = components.reference_component
    group by component_users.period, components.solution_id
)
select
    shown.period,
    shown.solution_id,
    solutions.name as solution,
    solutions.supplier_id,
    suppliers.name as supplier,
    coalesce(counted.chosen, 0) as chosen,
    coalesce(counted.planned, 0) as planned,
    coalesce(counted.phased_out, 0) as phased_out,
    cast(coalesce(counted.chosen, 0) as double) / markets.authorities as market_share
from shown
left join solutions on solutions.solution_id = shown.solution_id
left join suppliers on suppliers.supplier_id = solutions.supplier_id
left join counted on counted.period = shown.period and counted.solution_id = shown.solution_id
left join markets on markets.period = shown.period and markets.solution_id = shown.solution_id
