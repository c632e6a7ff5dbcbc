/*
rule: unresolved_authorities
severity: medium
description: >-
  More than 1 % of the rows of a dataset that name an authority name one that is not known, over the facts of the quarter
  or semester.
*/
select
    period,
    dataset as subject,
    concat(
        'Van de ', rows_nl, ' rijen van ', dataset, ' met een bestuur noemen er ', faulty_nl,
        ' een bestuur dat niet bekend is (', share_nl, ').'
    ) as text_nl
from intermediate.poor_datasets
where fault = 'unresolved'
