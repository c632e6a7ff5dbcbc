/*
intermediate: delivery_order
grain: a row for each delivery that counts
owner: V-ICT-OR
description: The order in which deliveries came in, which decides where their date, name and row number are equal.
columns:
  delivery_id: delivery
  received_order: 1 for the first delivery that came in
order: [delivery_id]
*/
select
  delivery_id,
  max(received_order) as received_order
from ops.deliveries
where outcome = 'accepted'
group by delivery_id
