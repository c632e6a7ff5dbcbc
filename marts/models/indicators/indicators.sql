/*
mart: indicators
grain: a row for each indicator of the published table
owner: V-ICT-OR
description: The 87 indicators, with what each counts.
columns:
  indicator_id: indicator, as VVG-TK-01
  programme: vlavirgem, oplossingscatalogus, informatieveiligheid or lb365
  section: section of the programme's table
  label_nl: name
  kind: how it is counted
  unit_nl: what is counted, empty for a milestone
  definition_nl: exactly what is counted and how
  dataset: dataset from which it comes
  position: row in the published table, from 1
order: [position]
checks:
  - name: unique_id
    query: select indicator_id from marts.indicators group by indicator_id having count(*) > 1
  - name: known_kind
    query: >-
      select indicator_id, kind from marts.indicators
      where kind not in ('stock', 'cumulative', 'flow', 'distinct', 'rolling', 'monthly_active', 'average', 'milestone')
examples:
  - question: Which indicators count users of the portal?
    query: select indicator_id, label_nl from marts.indicators where dataset = 'portal/events' order by position
*/
select
  indicator_id,
  programme,
  section,
  label_nl,
  kind,
  unit_nl,
  definition_nl,
  dataset,
  position
from run.indicators
