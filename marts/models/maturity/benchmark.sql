/*
mart: benchmark
grain: a row for each quarter, figure and peer group with at least one authority
owner: V-ICT-OR
description: >-
  How the self-declared figures of the maturity measurement lie within each peer group: quantiles by linear
  interpolation and the mean, over the latest measurement of each authority that gives the figure. Statistics of fewer
  authorities than the disclosure threshold are suppressed; where that leaves exactly one province, or one size class,
  which could be worked out from all, the next smallest is suppressed with it.
columns:
  period: the quarter, as 2022Q1
  figure: the figure, by its name in the source, such as ict_medewerkers
  peer_group: all, the name of a province, or the inhabitants (<10k, 10k-20k, 20k-50k, >=50k)
  authorities: number of authorities that give the figure; a count of authorities is never suppressed
  p10: tenth percentile
  p25: first quartile
  median: median
  p75: third quartile
  p90: ninetieth percentile
  mean: mean
  suppressed: whether the statistics are withheld
order: [period, figure, peer_group]
checks:
  - name: quantiles_in_order
    query: >-
      select period, figure, peer_group from marts.benchmark
      where p10 > p25 or p25 > median or median > p75 or p75 > p90
  - name: small_groups_withheld
    query: >-
      select period, figure, peer_group from marts.benchmark cross join run.context
      where authorities < 1 or (authorities < threshold and not suppressed)
      or suppressed <> (mean is null) or suppressed <> (median is null)
  - name: provinces_within_all
    query: >-
      select period, figure from marts.benchmark
      where peer_group not in ('<10k', '10k-20k', '20k-50k', '>=50k')
      group by period, figure
      having sum(case when peer_group = 'all' then authorities else 0 end)
      < sum(case when peer_group = 'all' then 0 else authorities end)
  - name: size_classes_within_all
    query: >-
      select period, figure from marts.benchmark
      where peer_group in ('all', '<10k', '10k-20k', '20k-50k', '>=50k')
      group by period, figure
      having sum(case when peer_group = 'all' then authorities else 0 end)
      < sum(case when peer_group = 'all' then 0 else authorities end)
examples:
  - question: How many ICT staff do authorities of each size have?
    query: >-
      select peer_group, authorities, p25, median, p75 from marts.benchmark
      where period = '2022Q2' and figure = 'ict_medewerkers' order by peer_group
  - question: How did the median software budget develop?
    query: select period, median from marts.benchmark where figure = 'budget_software' and peer_group = 'all' order by period
*/
with context as (
    select threshold
    from run.context
),
measurements as (
    select period, nis_code, province, inhabitants, measurement_id, recency
    from intermediate.measurements_by_quarter
),
figures as (
    select measurement_id, figure, cast(value as decimal(18, 6)) as value
    from conformed.portal_maturity_figures
    where value is not null
),
-- Per figure: a later measurement that leaves the figure out does not hide an earlier one that gives it.
latest as (
    select
        measurements.period,
        figures.figure,
        measurements.nis_code,
        measurements.province,
        measurements.inhabitants,
        first_value(figures.value order by measurements.recency) as value
    from measurements
    inner join figures on figures.measurement_id = measurements.measurement_id
    group by
        measurements.period,
        figures.figure,
        measurements.nis_code,
        measurements.province,
        measurements.inhabitants
),
-- An authority of unknown size is in no size class: its group has no name, is not shown, but can be worked out.
peers as (
    select period, figure, 'all' as family, 'all' as peer_group, value
    from latest
    union all
    select period, figure, 'province' as family, province as peer_group, value
    from latest
    union all
    select
        period,
        figure,
        'size' as family,
        case
            when inhabitants < 10000 then '<10k'
            when inhabitants < 20000 then '10k-20k'
            when inhabitants < 50000 then '20k-50k'
            when inhabitants >= 50000 then '>=50k'
        end as peer_group,
        value
    from latest
),
ranked as (
    select
        period,
        figure,
        family,
        peer_group,
        value,
        row_number() over (partition by period, figure, family, peer_group order by value) - 1 as place,
        count(*) over (partition by period, figure, family, peer_group) - 1 as last_place
    from peers
),
-- A quantile lies at place (n - 1) * p: in hundredths, so that the weights of its two neighbours are exact.
statistics as (
    select
        period,
        figure,
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
    group by period, figure, family, peer_group
),
sized as (
    select
        statistics.period,
        statistics.figure,
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
        figure,
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
            over (partition by period, figure, family) as small_shown,
        sum(case when small and peer_group is null then 1 else 0 end)
            over (partition by period, figure, family) as small_unnamed,
        row_number() over (
            partition by period, figure, family, small, peer_group is null
            order by authorities, peer_group
        ) as smallest
    from sized
),
decided as (
    select
        period,
        figure,
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
    figure,
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
