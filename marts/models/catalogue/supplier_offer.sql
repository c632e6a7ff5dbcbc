/*
mart: supplier_offer
grain: a row for each quarter and supplier that had joined, or had an offer or users, on the peildatum
owner: V-ICT-OR
description: >-
  What each supplier offers on the peildatum and who uses it. A supplier that left stays with what is still used of it;
  one that a solution names and the catalogue does not know stays too, without a name.
columns:
  period: the quarter, as 2022Q1
  supplier_id: the supplier
  supplier: its name; null where the catalogue does not know it
  solutions: its solutions that are open on the peildatum
  authorities: authorities that chose one of its solutions, withdrawn or not
  couplings: couplings open on the peildatum that touch one of its solutions, on either side
order: [period, supplier_id]
checks:
  - name: no_negative_counts
    query: select period, supplier_id from marts.supplier_offer where solutions < 0 or authorities < 0 or couplings < 0
  - name: all_open_solutions_offered
    query: >-
      select offer.period from (
      select period, sum(solutions) as solutions from marts.supplier_offer group by period) as offer
      inner join run.periods as periods on periods.period = offer.period
      inner join conformed.catalogue_solutions as solutions on solutions.published_on <= periods.peildatum
      and (solutions.withdrawn_on is null or solutions.withdrawn_on > periods.peildatum)
      group by offer.period, offer.solutions having count(*) <> offer.solutions
examples:
  - question: Which suppliers reach most authorities?
    query: select supplier, solutions, authorities, couplings from marts.supplier_offer where period = '2022Q2' order by authorities desc limit 10
*/
with quarters as (
    select period, peildatum
    from run.periods
    where period_type = 'quarter' and has_begun
),
suppliers as (
    select supplier_id, name, joined_on
    from conformed.catalogue_suppliers
),
solutions as (
    select solution_id, supplier_id, published_on, withdrawn_on
    from conformed.catalogue_solutions
),
couplings as (
    select coupling_id, from_solution_id, to_solution_id, available_since, ended_on
    from conformed.catalogue_couplings
),
portfolio as (
    select period, nis_code, solution_id
    from intermediate.portfolio_in_force
    where status = 'gekozen'
),
offered as (
    select quarters.period, solutions.supplier_id, count(*) as solutions
    from quarters
    inner join solutions
        on solutions.published_on <= quarters.peildatum
        and (solutions.withdrawn_on is null or solutions.withdrawn_on > quarters.peildatum)
    group by quarters.period, solutions.supplier_id
),
used as (
    select portfolio.period, solutions.supplier_id, count(distinct portfolio.nis_code) as authorities
    from portfolio
    inner join solutions on solutions.solution_id = portfolio.solution_id
    group by portfolio.period, solutions.supplier_id
),
coupling_ends as (
    select coupling_id, from_solution_id as solution_id, available_since, ended_on
    from couplings
    union all
    select coupling_id, to_solution_id as solution_id, available_since, ended_on
    from couplings
),
coupled as (
    select quarters.period, solutions.supplier_id, count(distinct coupling_ends.coupling_id) as couplings
    from coupling_ends
    inner join solutions on solutions.solution_id = coupling_ends.solution_id
    inner join quarters
        on coupling_ends.available_since <= quarters.peildatum
        and (coupling_ends.ended_on is null or coupling_ends.ended_on > quarters.peildatum)
    group by quarters.period, solutions.supplier_id
),
shown as (
    select quarters.period, suppliers.supplier_id
    from quarters
    inner join suppliers on suppliers.joined_on <= quarters.peildatum
    union
    select period, supplier_id from offered
    union
    select period, supplier_id from used
    union
    select period, supplier_id from coupled
)
select
    shown.period,
    shown.supplier_id,
    suppliers.name as supplier,
    coalesce(offered.solutions, 0) as solutions,
    coalesce(used.authorities, 0) as authorities,
    coalesce(coupled.couplings, 0) as couplings
from shown
left join suppliers on suppliers.supplier_id = shown.supplier_id
left join offered on offered.period = shown.period and offered.supplier_id = shown.supplier_id
left join used on used.period = shown.period and used.supplier_id = shown.supplier_id
left join coupled on coupled.period = shown.period and coupled.supplier_id = shown.supplier_id
