//! The acceptance suite: what users rely on, through the program itself.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as it must be")]

mod accessibility;
mod attack;
mod clients;
mod cluster;
mod compaction;
mod crash;
mod database;
mod deliveries;
mod disclosure;
mod erasure;
mod exchange;
mod explain;
mod flight;
mod history;
mod http;
mod object_store;
mod operation;
mod postgres;
mod privacy;
mod published;
mod quality;
mod releases;
mod sharing;
mod targets;
