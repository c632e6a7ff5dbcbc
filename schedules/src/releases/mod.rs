//! What is published and stays: closing a period, proving a release, and
//! saying why a figure has changed since.
//!
//! | module | does |
//! | --- | --- |
//! | [`close`] | freezes the figures of a period, with the report |
//! | [`report`] | puts the report of a release in its folder |
//! | [`records`] | releases and vintages as tables that can be queried |
//! | [`figures`] | the figures of a published state |
//! | [`rebuild`] | the marts again, from chosen deliveries, beside what is published |
//! | [`verify`] | proves that a release follows from what was delivered |
//! | [`revise`], [`split`], [`blame`] | which figures changed since, by how much, through what |

pub mod blame;
pub mod close;
pub mod figures;
pub mod rebuild;
pub mod records;
pub mod report;
pub mod revise;
pub mod split;
pub mod verify;
