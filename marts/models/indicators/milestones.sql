/*
mart: milestones
grain: a row for each milestone indicator and period that the targets mark or the register names
owner: V-ICT-OR
description: Planned work, with the state that the register gives for that very period.
columns:
  indicator_id: milestone indicator
  period: quarter, semester or year
  planned: whether the published table marks the period
  state: gepland, lopend, gerealiseerd or geschrapt; empty where the register names no such period
  note: note of the register
order: [indicator_id, period]
checks:
  - name: marked_or_named
    query: select indicator_id, period from marts.milestones where not planned and state is null
examples:
  - question: Which planned milestones are not realised?
    query: select indicator_id, period, state, note from marts.milestones where planned and coalesce(state, '') <> 'gerealiseerd'
*/
with marked as (
  select distinct
    indicator_id,
    period
  from conformed.reference_targets
),
named as (
  select
    indicator_id,
    period,
    state,
    note
  from conformed.register_milestones
),
both as (
  select
    coalesce(marked.indicator_id, named.indicator_id) as indicator_id,
    coalesce(marked.period, named.period) as period,
    marked.period is not null as planned,
    named.state,
    named.note
  from marked
  full join named
    on named.indicator_id = marked.indicator_id
    and named.period = marked.period
)
select
  both.indicator_id,
  both.period,
  both.planned,
  both.state,
  both.note
from both
join run.indicators as indicators on indicators.indicator_id = both.indicator_id
where indicators.kind = 'milestone'
