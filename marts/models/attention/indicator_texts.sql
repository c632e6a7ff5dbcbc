/*
intermediate: indicator_texts
grain: a row for each numeric indicator and period with a value
owner: V-ICT-OR
description: The figures of an indicator as Dutch text, for the sentences of attention points.
columns:
  indicator_id: the indicator
  period: the period
  name_nl: label, section and code
  value_nl: value, with at most one decimal
  target_nl: target, with at most one decimal; null where there is none
  attainment_nl: attainment in per cent, with one decimal; null where there is none
order: [indicator_id, period]
*/
with indicators as (
    select indicator_id, section, label_nl
    from marts.indicators
),
figures as (
    select
        indicator_id,
        period,
        cast(round(value * 10) as bigint) as value_tenths,
        cast(round(target * 10) as bigint) as target_tenths,
        cast(round(attainment * 1000) as bigint) as attainment_tenths
    from marts.indicator_values
    where value is not null
)
-- Dots between thousands: written backwards, a dot goes after every third digit.
select
    figures.indicator_id,
    figures.period,
    concat(indicators.label_nl, ' (', indicators.section, ', ', indicators.indicator_id, ')') as name_nl,
    concat(
        ltrim(reverse(regexp_replace(reverse(cast(value_tenths / 10 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
        case when value_tenths % 10 <> 0 then concat(',', cast(value_tenths % 10 as varchar)) else '' end
    ) as value_nl,
    case
        when target_tenths is not null
            then concat(
                ltrim(reverse(regexp_replace(reverse(cast(target_tenths / 10 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
                case when target_tenths % 10 <> 0 then concat(',', cast(target_tenths % 10 as varchar)) else '' end
            )
    end as target_nl,
    case
        when attainment_tenths is not null
            then concat(
                ltrim(reverse(regexp_replace(reverse(cast(attainment_tenths / 10 as varchar)), '([0-9]{3})', '\1.', 'g')), '.'),
                ',',
                cast(attainment_tenths % 10 as varchar),
                ' %'
            )
    end as attainment_nl
from figures
inner join indicators on indicators.indicator_id = figures.indicator_id
