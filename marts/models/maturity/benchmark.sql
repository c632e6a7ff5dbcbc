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
select
    period,
    name as figure,
    peer_group,
    authorities,
    p10,
    p25,
    median,
    p75,
    p90,
    mean,
    suppressed
from intermediate.peer_statistics
where measure = 'figure'
