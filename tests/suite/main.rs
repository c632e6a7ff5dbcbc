//! The acceptance suite: what users rely on, through the program itself.

mod clients;
mod crash;
mod deliveries;
mod history;
mod privacy;
mod published;
