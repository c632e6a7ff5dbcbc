/*
rule: stale_dataset
severity: low
description: >-
  The last accepted delivery of a dataset is dated more than 120 days before the peildatum; of reference data and
  budgets, which come once a year, more than 400 days.
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
        and (context.known_on is null or deliveries.delivery_date <= context.known_on)
    group by deliveries.dataset
),
scheduled as (
    select
        dataset,
        last_delivery,
        case when dataset like 'reference/%' or dataset = 'finance/budgets' then '400' else '120' end as days_allowed,
        case
            when dataset like 'reference/%' or dataset = 'finance/budgets' then last_delivery + interval '400 day'
            else last_delivery + interval '120 day'
        end as next_by
    from deliveries
)
select
    periods.period,
    scheduled.dataset as subject,
    concat(
        'De laatste levering van ', scheduled.dataset, ' is van ', to_char(scheduled.last_delivery, '%d/%m/%Y'),
        ', meer dan ', scheduled.days_allowed, ' dagen voor ', to_char(periods.peildatum, '%d/%m/%Y'), '.'
    ) as text_nl
from periods
inner join scheduled on scheduled.next_by < periods.peildatum
