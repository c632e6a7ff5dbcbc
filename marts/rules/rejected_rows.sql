/*
rule: rejected_rows
severity: medium
description: >-
  More than 1 % of the rows of a dataset were rejected, over the deliveries dated in the quarter or semester or in the
  month after it, from which its figures are made. Rows of deliveries that were refused whole are among them.
*/
select
    period,
    dataset as subject,
    concat('Van de ', rows_nl, ' geleverde rijen van ', dataset, ' zijn er ', faulty_nl, ' afgekeurd (', share_nl, ').')
        as text_nl
from intermediate.poor_datasets
where fault = 'rejected'
