/*
intermediate: delivery_order
grain: a row for each delivery that shares date and file name with another of its dataset
owner: V-ICT-OR
description: The order in which such deliveries came in, which decides where their date, name and row number are equal.
columns:
  delivery_id: delivery
  received_order: the higher came in later
order: [delivery_id]
*/
select
  delivery_id,
  received_order
from conformed.delivery_receipts
