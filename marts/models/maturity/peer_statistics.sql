/*
intermediate: peer_statistics
grain: a row for each quarter, figure or chapter of the maturity measurement, and peer group with at least one authority
owner: V-ICT-OR
description: >-
  How what authorities measured lies within each peer group: quantiles by linear interpolation and the mean. Statistics
  of fewer authorities than the disclosure threshold are suppressed; where that leaves exactly one province, or one size
  class, which could be worked out from all, the next smallest is suppressed with it.
columns:
  period: the quarter, as 2022Q1
  measure: figure or chapter
  name: name of the figure or the chapter
  peer_group: all, the name of a province, or the inhabitants (<10k, 10k-20k, 20k-50k, >=50k)
  authorities: number of authorities that give it; a count of authorities is never suppressed
  p10: tenth percentile
  p25: first quartile
  median: median
  p75: third quartile
  p90: ninetieth percentile
  mean: mean
  suppressed: whether the statistics are withheld
order: [period, measure, name, peer_group]
*/
with context as (
    select threshold
    from run.context
),
measured as (
    select period, measure, name, province, inhabitants, value
    from intermediate.measured_values
),
-- An authority of unknown size is in no size class: its group has no name, is not shown, but can be worked out.
peers as (
    select period, measure, name, 'all' as family, 'all' as peer_group, value
    from measured
    union all
    select period, measure, name, 'province' as family, province as peer_group, value
    from measured
    union all
    select
        period,
        measure,
        name,
        'size' as family,
        case
            when inhabitants < 10000 then '<10k'
            when inhabitants < 20000 then '10k-20k'
            when inhabitants < 50000 then '20k-50k'
            when inhabitants >= 50000 then '>=50k'
        end as peer_group,
        value
    from measured
),
ranked as (
    select
        period,
        measure,
        name,
        family,
        peer_group,
        value,
        row_number() over (partition by period, measure, name, family, peer_group order by value) - 1 as place,
        count(*) over (partition by period, measure, name, family, peer_group) - 1 as last_place
    from peers
),
-- A quantile lies at place (n - 1) * p: in hundredths, so that the weights of its two neighbours are exact.
statistics as (
    select
        period,
        measure,
        name,
        family,
        peer_group,
        count(*) as authorities,
        sum(case
            when place = last_place * 10 / 100 then value * (100 - last_place * 10 % 100)
            when place = last_place * 10 / 100 + 1 then value * (last_place * 10 % 100)
        end) as p10_hundredfold,
        sum(case
            when place = last_place * 25 / 100 then value * (100 - last_place * 25 % 100)
            when place = last_place * 25 / 100 + 1 then value * (last_place * 25 % 100)
        end) as p25_hundredfold,
        sum(case
            when place = last_place * 50 / 100 then value * (100 - last_place * 50 % 100)
            when place = last_place * 50 / 100 + 1 then value * (last_place * 50 % 100)
        end) as median_hundredfold,
        sum(case
            when place = last_place * 75 / 100 then value * (100 - last_place * 75 % 100)
            when place = last_place * 75 / 100 + 1 then value * (last_place * 75 % 100)
        end) as p75_hundredfold,
        sum(case
            when place = last_place * 90 / 100 then value * (100 - last_place * 90 % 100)
            when place = last_place * 90 / 100 + 1 then value * (last_place * 90 % 100)
        end) as p90_hundredfold,
        sum(value) as total
    from ranked
    group by period, measure, name, family, peer_group
),
sized as (
    select
        statistics.period,
        statistics.measure,
        statistics.name,
        statistics.family,
        statistics.peer_group,
        statistics.authorities,
        cast(statistics.p10_hundredfold * cast('0.01' as decimal(3, 2)) as double) as p10,
        cast(statistics.p25_hundredfold * cast('0.01' as decimal(3, 2)) as double) as p25,
        cast(statistics.median_hundredfold * cast('0.01' as decimal(3, 2)) as double) as median,
        cast(statistics.p75_hundredfold * cast('0.01' as decimal(3, 2)) as double) as p75,
        cast(statistics.p90_hundredfold * cast('0.01' as decimal(3, 2)) as double) as p90,
        cast(statistics.total as double) / statistics.authorities as mean,
        statistics.authorities < context.threshold as small
    from statistics
    cross join context
),
exposed as (
    select
        period,
        measure,
        name,
        family,
        peer_group,
        authorities,
        p10,
        p25,
        median,
        p75,
        p90,
        mean,
        small,
        sum(case when small and peer_group is not null then 1 else 0 end)
            over (partition by period, measure, name, family) as small_shown,
        sum(case when small and peer_group is null then 1 else 0 end)
            over (partition by period, measure, name, family) as small_unnamed,
        row_number() over (
            partition by period, measure, name, family, small, peer_group is null
            order by authorities, peer_group
        ) as smallest
    from sized
),
decided as (
    select
        period,
        measure,
        name,
        peer_group,
        authorities,
        p10,
        p25,
        median,
        p75,
        p90,
        mean,
        small or (
            family <> 'all'
            and smallest = 1
            and (small_shown = 1 or (small_shown = 0 and small_unnamed = 1))
        ) as suppressed
    from exposed
    where peer_group is not null
)
select
    period,
    measure,
    name,
    peer_group,
    authorities,
    case when not suppressed then p10 end as p10,
    case when not suppressed then p25 end as p25,
    case when not suppressed then median end as median,
    case when not suppressed then p75 end as p75,
    case when not suppressed then p90 end as p90,
    case when not suppressed then mean end as mean,
    suppressed
from decided
