/*
mart: indicator_definitions
grain: a row for each version of the definition of a numeric indicator
owner: V-ICT-OR
description: How each numeric indicator is and was defined, and from which day on. A period is counted by the version in force on its peildatum.
columns:
  indicator_id: indicator
  version: version of the definition, from 1
  holds_from: first peildatum that is counted by it; empty where it holds from the start
  holds_until: first peildatum that is not; empty where it still holds
  definition_nl: what is counted and how
  note_nl: what changed and why; empty for the first version
  dataset: dataset from which it comes
order: [indicator_id, version]
examples:
  - question: Which definitions have changed, and when?
    query: select indicator_id, holds_from, note_nl from marts.indicator_definitions where version > 1 order by holds_from
*/
select
  indicator_id,
  version,
  case when holds_from > date '0001-01-01' then holds_from end as holds_from,
  case when holds_until < date '9999-12-31' then holds_until end as holds_until,
  definition_nl,
  note_nl,
  dataset
from run.indicator_versions
