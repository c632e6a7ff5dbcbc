/*
rule: stale_dataset
severity: low
description: >-
  The last accepted delivery of a dataset is dated more than 120 days before the peildatum. Reference data and budgets
  have no schedule: they come when they change, and make no point.
*/
with context as (
    select known_on
    from run.context
),
periods as (
    select period, peildatum
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
deliveries as (
    select deliveries.dataset, max(deliveries.delivery_date) as last_delivery
    from ops.deliveries as deliveries
    cross join context
    where deliveries.outcome = 'accepted'
        and deliveries.dataset not like 'reference/%'
        and deliveries.dataset <> 'finance/budgets'
        and (context.known_on is null or deliveries.delivery_date <= context.known_on)
    group by deliveries.dataset
)
select
    periods.period,
    deliveries.dataset as subject,
    concat(
        'De laatste levering van ', deliveries.dataset, ' is van ', to_char(deliveries.last_delivery, '%d/%m/%Y'),
        ', meer dan 120 dagen voor ', to_char(periods.peildatum, '%d/%m/%Y'), '.'
    ) as text_nl
from periods
inner join deliveries on deliveries.last_delivery + interval '120 day' < periods.peildatum
