/*
rule: building_block_behind
severity: medium
description: Less than half of the yearly target of a Flemish building block is reached at the peildatum of a quarter or semester.
*/
with periods as (
    select period, cast(year as varchar) as year
    from run.periods
    where period_type in ('quarter', 'semester') and has_begun
),
indicators as (
    select indicator_id
    from marts.indicators
    where dataset = 'lb365/connections'
),
indicator_values as (
    select indicator_id, period, value, target
    from marts.indicator_values
),
behind as (
    select
        periods.period,
        periods.year,
        indicators.indicator_id,
        reached.value,
        yearly.target,
        cast(floor(reached.value * 1000 / yearly.target) as bigint) as share_tenths
    from periods
    inner join indicator_values as reached on reached.period = periods.period
    inner join indicators on indicators.indicator_id = reached.indicator_id
    inner join indicator_values as yearly
        on yearly.indicator_id = reached.indicator_id
        and yearly.period = periods.year
    where reached.value < yearly.target / 2
),
texts as (
    select indicator_id, period, name_nl, value_nl
    from intermediate.indicator_texts
)
select
    behind.period,
    behind.indicator_id as subject,
    concat(
        texts.name_nl, ' staat op ', texts.value_nl, ', dat is ',
        cast(behind.share_tenths / 10 as varchar), ',', cast(behind.share_tenths % 10 as varchar),
        ' % van het doel van ', cast(cast(round(behind.target) as bigint) as varchar),
        ' voor ', behind.year, '.'
    ) as text_nl
from behind
inner join texts on texts.indicator_id = behind.indicator_id and texts.period = behind.period
