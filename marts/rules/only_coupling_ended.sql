/*
rule: only_coupling_ended
severity: low
description: >-
  A coupling ended in the quarter or semester that was the only open one to touch a solution of its supplier, and the
  supplier has none on the peildatum.
*/
with periods as (
    select period, period_start, peildatum
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
suppliers as (
    select supplier_id, name
    from conformed.catalogue_suppliers
),
solutions as (
    select solution_id, supplier_id
    from conformed.catalogue_solutions
),
couplings as (
    select coupling_id, from_solution_id, to_solution_id, available_since, ended_on
    from conformed.catalogue_couplings
    where ended_on is null or ended_on > available_since
),
supplied as (
    select distinct solutions.supplier_id, couplings.coupling_id, couplings.available_since, couplings.ended_on
    from couplings
    inner join solutions
        on solutions.solution_id = couplings.from_solution_id
        or solutions.solution_id = couplings.to_solution_id
),
-- Open on the day before the end: the coupling itself, and any other.
ended as (
    select
        gone.supplier_id,
        gone.coupling_id,
        gone.ended_on,
        count(*) as open_before
    from supplied as gone
    inner join supplied as beside
        on beside.supplier_id = gone.supplier_id
        and beside.available_since < gone.ended_on
        and (beside.ended_on is null or beside.ended_on >= gone.ended_on)
    where gone.ended_on is not null
    group by gone.supplier_id, gone.coupling_id, gone.ended_on
),
lost as (
    select
        periods.period,
        periods.peildatum,
        ended.supplier_id,
        ended.coupling_id,
        ended.ended_on,
        row_number() over (
            partition by periods.period, ended.supplier_id
            order by ended.ended_on desc, ended.coupling_id
        ) as choice
    from periods
    inner join ended on ended.ended_on >= periods.period_start and ended.ended_on <= periods.peildatum
    where ended.open_before = 1
),
still_coupled as (
    select distinct lost.period, lost.supplier_id
    from lost
    inner join supplied
        on supplied.supplier_id = lost.supplier_id
        and supplied.available_since <= lost.peildatum
        and (supplied.ended_on is null or supplied.ended_on > lost.peildatum)
)
select
    lost.period,
    lost.supplier_id as subject,
    concat(
        'De enige koppeling van leverancier ', coalesce(suppliers.name, lost.supplier_id),
        ' (', lost.coupling_id, ') is beëindigd op ', to_char(lost.ended_on, '%d/%m/%Y'), '.'
    ) as text_nl
from lost
left join suppliers on suppliers.supplier_id = lost.supplier_id
left join still_coupled on still_coupled.period = lost.period and still_coupled.supplier_id = lost.supplier_id
where lost.choice = 1 and still_coupled.supplier_id is null
