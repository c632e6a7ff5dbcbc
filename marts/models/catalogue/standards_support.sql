/*
mart: standards_support
grain: a row for each quarter and standard that is in the catalogue on the peildatum
owner: V-ICT-OR
description: >-
  How many solutions say that they follow each standard. The status of a standard is that of today: the register keeps
  no history of it.
columns:
  period: the quarter, as 2022Q1
  standard_id: the standard, its URI or code
  standard: its name
  status: status of today (erkende-standaard, kandidaat-standaard, standaard-in-ontwikkeling, uitgefaseerd)
  solutions: solutions open on the peildatum that say they follow it
order: [period, standard_id]
checks:
  - name: no_more_than_open_solutions
    query: >-
      select support.period, support.standard_id from marts.standards_support as support
      cross join (select count(*) as solutions from conformed.catalogue_solutions) as known
      where support.solutions < 0 or support.solutions > known.solutions
examples:
  - question: Which recognised standards does no solution support?
    query: select standard from marts.standards_support where period = '2022Q2' and status = 'erkende-standaard' and solutions = 0 order by standard
  - question: Which standards are supported most?
    query: select standard, status, solutions from marts.standards_support where period = '2022Q2' order by solutions desc limit 10
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
standards as (
    select standard_id, name, status, added_on, removed_on
    from conformed.catalogue_standards
),
solutions as (
    select solution_id, published_on, withdrawn_on
    from conformed.catalogue_solutions
),
statements as (
    select distinct solution_id, standard_id
    from conformed.catalogue_solution_standards
),
supported as (
    select quarters.period, statements.standard_id, count(*) as solutions
    from quarters
    inner join solutions
        on solutions.published_on <= quarters.peildatum
        and (solutions.withdrawn_on is null or solutions.withdrawn_on > quarters.peildatum)
    inner join statements on statements.solution_id = solutions.solution_id
    group by quarters.period, statements.standard_id
)
select
    quarters.period,
    standards.standard_id,
    standards.name as standard,
    standards.status,
    coalesce(supported.solutions, 0) as solutions
from quarters
inner join standards
    on standards.added_on <= quarters.peildatum
    and (standards.removed_on is null or standards.removed_on > quarters.peildatum)
left join supported
    on supported.period = quarters.period
    and supported.standard_id = standards.standard_id
