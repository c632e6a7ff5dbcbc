/*
intermediate: authority_references
grain: a row for each dataset and day of its facts
owner: V-ICT-OR
description: >-
  How many rows of each dataset name an authority, and how many of those name one that does not resolve, by the day of
  the fact by which they are counted.
columns:
  dataset: the dataset, as portal/plates
  fact_on: day of the facts
  named: rows that name an authority
  unresolved: rows of which that authority is not known
order: [dataset, fact_on]
nullable: [fact_on]
*/
with daily as (
    select 'portal/users' as dataset, registered_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_users
    group by registered_on
    union all
    select 'portal/events' as dataset, fact_on, named, resolved
    from intermediate.event_references
    union all
    select 'portal/plates' as dataset, created_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_plates
    group by created_on
    union all
    select 'portal/data_ownership' as dataset, since as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_data_ownership
    group by since
    union all
    select 'portal/maturity' as dataset, submitted_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_maturity
    group by submitted_on
    union all
    select 'portal/masterplans' as dataset, started_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_masterplans
    group by started_on
    union all
    select 'portal/building_blocks' as dataset, valid_from as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.portal_building_blocks
    group by valid_from
    union all
    select 'catalogue/portfolio' as dataset, since as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.catalogue_portfolio
    group by since
    union all
    select 'catalogue/ratings' as dataset, given_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.catalogue_ratings
    group by given_on
    union all
    select 'security/members' as dataset, since as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.security_members
    group by since
    union all
    select 'security/activity' as dataset, occurred_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.security_activity
    group by occurred_on
    union all
    select 'security/plans' as dataset, made_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.security_plans
    group by made_on
    union all
    select 'security/gdpr_scores' as dataset, measured_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.security_gdpr_scores
    group by measured_on
    union all
    select 'lb365/participants' as dataset, joined_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.lb365_participants
    group by joined_on
    union all
    select 'lb365/connections' as dataset, connected_on as fact_on, count(authority) as named, count(nis_code) as resolved
    from conformed.lb365_connections
    group by connected_on
    union all
    select 'lb365/modules' as dataset, fact_on, count(authority) as named, count(nis_code) as resolved
    from (
        select least(track_started_on, live_on, stopped_on) as fact_on, authority, nis_code
        from conformed.lb365_modules
    ) as modules
    group by fact_on
    union all
    select 'lb365/bus_messages' as dataset, fact_on, named, resolved
    from intermediate.message_references
    union all
    select
        'catalogue/couplings' as dataset,
        couplings.available_since as fact_on,
        count(coupling_authorities.authority) as named,
        count(coupling_authorities.nis_code) as resolved
    from conformed.catalogue_coupling_authorities as coupling_authorities
    inner join conformed.catalogue_couplings as couplings on couplings.coupling_id = coupling_authorities.coupling_id
    group by couplings.available_since
)
select
    dataset,
    fact_on,
    named,
    named - resolved as unresolved
from daily
where named > 0
