/*
rule: stale_dataset
severity: low
description: >-
  The last accepted delivery of a dataset is older on the peildatum than its schedule allows: the interval that its
  contract gives, and a third of it. Reference data and budgets have no schedule: they come when they change, and make
  no point.
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
schedules as (
    select dataset, schedule_nl, late_after_days
    from ops.datasets
    where late_after_days > 0
),
deliveries as (
    select deliveries.dataset, max(deliveries.delivery_date) as last_delivery
    from ops.deliveries as deliveries
    cross join context
    where deliveries.outcome = 'accepted'
        and (context.known_on is null or deliveries.delivery_date <= context.known_on)
    group by deliveries.dataset
),
ages as (
    select
        periods.period,
        periods.peildatum,
        deliveries.dataset,
        deliveries.last_delivery,
        cast(periods.peildatum as int) - cast(deliveries.last_delivery as int) as days
    from periods
    cross join deliveries
)
select
    ages.period,
    ages.dataset as subject,
    concat(
        'De laatste levering van ', ages.dataset, ' is van ', to_char(ages.last_delivery, '%d/%m/%Y'), ', ',
        cast(ages.days as varchar), ' dagen voor ', to_char(ages.peildatum, '%d/%m/%Y'),
        '. Verwacht wordt er ', schedules.schedule_nl, ' een.'
    ) as text_nl
from ages
inner join schedules on ages.dataset = schedules.dataset
where ages.days > schedules.late_after_days
