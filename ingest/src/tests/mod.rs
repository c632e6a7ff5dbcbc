//! Tests of the stage: deliveries in, staged rows and records out.

mod formats;
mod order;
mod reasons;
mod refusals;
mod world;
