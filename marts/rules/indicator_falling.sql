/*
rule: indicator_falling
severity: medium
description: >-
  An indicator fell in each of the last two quarters, up to the last quarter of the period that has ended: an unfinished
  quarter is not set beside whole ones.
*/
with report_quarters as (
    select period, finished_quarter
    from intermediate.report_quarters
    where finished_quarter is not null
),
periods as (
    select period, year * 4 + number as place
    from run.periods
    where period_type = 'quarter' and has_begun and not provisional
),
indicator_values as (
    select indicator_id, period, value
    from marts.indicator_values
    where period_type = 'quarter' and value is not null
),
quarterly as (
    select indicator_values.indicator_id, indicator_values.period, periods.place, indicator_values.value
    from indicator_values
    inner join periods on periods.period = indicator_values.period
),
falls as (
    select
        last_quarter.indicator_id,
        last_quarter.place,
        first_quarter.period as first_period,
        middle_quarter.period as middle_period,
        last_quarter.period as last_period
    from quarterly as last_quarter
    inner join quarterly as middle_quarter
        on middle_quarter.indicator_id = last_quarter.indicator_id
        and middle_quarter.place = last_quarter.place - 1
        and middle_quarter.value > last_quarter.value
    inner join quarterly as first_quarter
        on first_quarter.indicator_id = last_quarter.indicator_id
        and first_quarter.place = last_quarter.place - 2
        and first_quarter.value > middle_quarter.value
),
texts as (
    select indicator_id, period, name_nl, value_nl
    from intermediate.indicator_texts
)
select
    report_quarters.period,
    falls.indicator_id as subject,
    concat(
        last_text.name_nl,
        ' daalt twee kwartalen na elkaar: ',
        first_text.value_nl, ' in ', falls.first_period, ', ',
        middle_text.value_nl, ' in ', falls.middle_period, ' en ',
        last_text.value_nl, ' in ', falls.last_period, '.'
    ) as text_nl
from report_quarters
inner join falls on falls.place = report_quarters.finished_quarter
inner join texts as first_text
    on first_text.indicator_id = falls.indicator_id and first_text.period = falls.first_period
inner join texts as middle_text
    on middle_text.indicator_id = falls.indicator_id and middle_text.period = falls.middle_period
inner join texts as last_text
    on last_text.indicator_id = falls.indicator_id and last_text.period = falls.last_period
