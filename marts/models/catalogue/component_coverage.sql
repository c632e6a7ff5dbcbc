/*
mart: component_coverage
grain: a row for each quarter and reference component that a solution published or chosen by the peildatum fills in
owner: V-ICT-OR
description: >-
  How well each component of the reference architecture is covered: by solutions on offer, and by authorities that chose
  a solution for it. A component of which every solution was withdrawn stays, with 0 solutions.
columns:
  period: the quarter, as 2022Q1
  reference_component: component of the reference architecture
  solutions: solutions open on the peildatum that fill it in
  authorities: authorities with a chosen solution, withdrawn or not, that fills it in
order: [period, reference_component]
checks:
  - name: no_negative_counts
    query: select period, reference_component from marts.component_coverage where solutions < 0 or authorities < 0
  - name: no_more_than_all_authorities
    query: >-
      select coverage.period, coverage.reference_component from marts.component_coverage as coverage
      cross join (select count(distinct nis_code) as authorities from conformed.reference_authorities) as known
      where coverage.authorities > known.authorities
examples:
  - question: For which components is there only one solution?
    query: select reference_component, authorities from marts.component_coverage where period = '2022Q2' and solutions = 1 order by authorities desc
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
solutions as (
    select solution_id, published_on, withdrawn_on
    from conformed.catalogue_solutions
),
components as (
    select distinct solution_id, reference_component
    from conformed.catalogue_solution_components
),
portfolio as (
    select period, nis_code, solution_id
    from intermediate.portfolio_in_force
    where status = 'gekozen'
),
offered as (
    select
        quarters.period,
        components.reference_component,
        sum(case
            when solutions.withdrawn_on is null or solutions.withdrawn_on > quarters.peildatum then 1
            else 0
        end) as solutions
    from quarters
    inner join solutions on solutions.published_on <= quarters.peildatum
    inner join components on components.solution_id = solutions.solution_id
    group by quarters.period, components.reference_component
),
used as (
    select
        portfolio.period,
        components.reference_component,
        count(distinct portfolio.nis_code) as authorities
    from portfolio
    inner join components on components.solution_id = portfolio.solution_id
    group by portfolio.period, components.reference_component
),
shown as (
    select period, reference_component from offered
    union
    select period, reference_component from used
)
select
    shown.period,
    shown.reference_component,
    coalesce(offered.solutions, 0) as solutions,
    coalesce(used.authorities, 0) as authorities
from shown
left join offered
    on offered.period = shown.period
    and offered.reference_component = shown.reference_component
left join used
    on used.period = shown.period
    and used.reference_component = shown.reference_component
