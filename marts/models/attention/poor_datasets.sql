/*
intermediate: poor_datasets
grain: a row for each quarter or semester, fault and dataset of which more than 1 % of the rows have that fault
owner: V-ICT-OR
description: >-
  Datasets with many faulty rows, with the figures as Dutch text for the sentences of attention points. Rejected rows
  are counted over the deliveries dated in the period or in the month after it, from which its figures are made; those
  of deliveries that were refused whole are among them. References to authorities are counted over the facts of the
  period.
columns:
  period: the quarter or semester
  fault: rejected, of all rows; or unresolved, of the rows that name an authority
  dataset: the dataset
  rows_nl: number of rows
  faulty_nl: number of those with the fault
  share_nl: their share in per cent, with one decimal
order: [period, fault, dataset]
*/
with context as (
    select known_on
    from run.context
),
periods as (
    select period, period_start, peildatum, period_end + interval '31 day' as delivered_by
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
deliveries as (
    select deliveries.dataset, deliveries.delivery_date, deliveries.rows, deliveries.rejected
    from ops.deliveries as deliveries
    cross join context
    where deliveries.outcome in ('accepted', 'refused')
        and (context.known_on is null or deliveries.delivery_date <= context.known_on)
),
counted as (
    select
        periods.period,
        'rejected' as fault,
        deliveries.dataset,
        sum(deliveries.rows) as checked_rows,
        sum(deliveries.rejected) as faulty_rows
    from periods
    inner join deliveries
        on deliveries.delivery_date >= periods.period_start
        and deliveries.delivery_date <= periods.delivered_by
    group by periods.period, deliveries.dataset
    union all
    select
        periods.period,
        'unresolved' as fault,
        named.dataset,
        sum(named.named) as checked_rows,
        sum(named.unresolved) as faulty_rows
    from periods
    inner join intermediate.authority_references as named
        on named.fact_on >= periods.period_start
        and named.fact_on <= periods.peildatum
    group by periods.period, named.dataset
),
poor as (
    select
        period,
        fault,
        dataset,
        checked_rows,
        faulty_rows,
        (faulty_rows * 1000 + checked_rows / 2) / checked_rows as share_tenths
    from counted
    where checked_rows > 0 and faulty_rows * 100 > checked_rows
)
-- Dots between thousands: written backwards, a dot goes after every third digit.
select
    period,
    fault,
    dataset,
    ltrim(reverse(regexp_replace(reverse(cast(checked_rows as varchar)), '([0-9]{3})', '\1.', 'g')), '.') as rows_nl,
    ltrim(reverse(regexp_replace(reverse(cast(faulty_rows as varchar)), '([0-9]{3})', '\1.', 'g')), '.') as faulty_nl,
    concat(cast(share_tenths / 10 as varchar), ',', cast(share_tenths % 10 as varchar), ' %') as share_nl
from poor
