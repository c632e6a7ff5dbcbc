/*
rule: rejected_rows
severity: medium
description: >-
  More than 1 % of the rows of a dataset were rejected, over the deliveries dated in the quarter or semester or in the
  month after it, from which its figures are made. Rows of deliveries that were refused whole are among them.
*/
with context as (
    select known_on
    from run.context
),
periods as (
    select period, period_start, period_end + interval '31 day' as delivered_by
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
delivered as (
    select
        periods.period,
        deliveries.dataset,
        sum(deliveries.rows) as delivered_rows,
        sum(deliveries.rejected) as rejected_rows
    from periods
    inner join deliveries
        on deliveries.delivery_date >= periods.period_start
        and deliveries.delivery_date <= periods.delivered_by
    group by periods.period, deliveries.dataset
),
poor as (
    select
        period,
        dataset,
        delivered_rows,
        rejected_rows,
        (rejected_rows * 1000 + delivered_rows / 2) / delivered_rows as share_tenths
    from delivered
    where delivered_rows > 0 and rejected_rows * 100 > delivered_rows
)
select
    period,
    dataset as subject,
    concat(
        'Van de ',
        ltrim(reverse(regexp_replace(reverse(cast(delivered_rows as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' geleverde rijen van ', dataset, ' zijn er ',
        ltrim(reverse(regexp_replace(reverse(cast(rejected_rows as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        ' afgekeurd (', cast(share_tenths / 10 as varchar), ',', cast(share_tenths % 10 as varchar), ' %).'
    ) as text_nl
from poor
