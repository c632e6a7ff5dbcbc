/*
mart: maturity_distribution
grain: a row for each quarter, chapter and peer group with at least one authority
owner: V-ICT-OR
description: >-
  How the scores of each chapter lie within each peer group, over the latest measurement of each authority: quantiles by
  linear interpolation and the mean. Suppressed as in the benchmark.
columns:
  period: the quarter, as 2022Q1
  chapter: chapter of the measurement
  peer_group: all, the name of a province, or the inhabitants (<10k, 10k-20k, 20k-50k, >=50k)
  authorities: number of authorities with a score; a count of authorities is never suppressed
  p10: tenth percentile of the score
  p25: first quartile
  median: median
  p75: third quartile
  p90: ninetieth percentile
  mean: mean
  suppressed: whether the statistics are withheld
order: [period, chapter, peer_group]
checks:
  - name: scores_in_order
    query: >-
      select period, chapter, peer_group from marts.maturity_distribution
      where p10 < 0 or p10 > p25 or p25 > median or median > p75 or p75 > p90 or p90 > 5
  - name: small_groups_withheld
    query: >-
      select period, chapter, peer_group from marts.maturity_distribution cross join run.context
      where authorities < 1 or (authorities < threshold and not suppressed)
      or suppressed <> (mean is null) or suppressed <> (median is null)
  - name: agrees_with_the_scores
    query: >-
      select distribution.period, distribution.chapter from marts.maturity_distribution as distribution
      inner join (
      select period, chapter, count(*) as authorities, avg(score) as mean
      from marts.maturity_scores group by period, chapter) as scores
      on scores.period = distribution.period and scores.chapter = distribution.chapter
      where distribution.peer_group = 'all' and (distribution.authorities <> scores.authorities
      or abs(distribution.mean - scores.mean) > 0.00001)
examples:
  - question: How do the scores on information and cyber security lie in authorities of each size?
    query: >-
      select peer_group, authorities, p25, median, p75 from marts.maturity_distribution
      where period = '2022Q2' and chapter = 'informatie en cyberbescherming' order by peer_group
*/
select
    period,
    name as chapter,
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
where measure = 'chapter'
