//! Sources: what is fetched rather than delivered.
//!
//! A source is a file `<source>.yaml` in the folder that the setting `sources`
//! names. What is fetched lands as a delivery of the day, and goes the same
//! way as any other.
//!
//! | module | does |
//! | --- | --- |
//! | [`config`] | the file of a source, with every mistake named by file and line |
//! | [`secret`] | tokens and passwords, from the environment or a file |
//! | [`field`] | where a value stands in a row of a source |
//! | [`http`] | the pages of a JSON API |
//! | [`database`], [`postgres`] | a PostgreSQL database, and the rows of its query |
//! | [`rows`] | from pages to the rows of a delivery, and how far they go |
//! | [`ledger`] | what was fetched, and up to where |
//! | [`fetch`] | a source from its last place to the landing area |
//! | [`trouble`] | what is wrong with sources, for those who look after them |

pub mod config;
pub mod database;
pub mod fetch;
pub mod field;
#[cfg(test)]
mod forms;
pub mod http;
pub mod ledger;
pub mod postgres;
pub mod rows;
pub mod secret;
#[cfg(test)]
mod tests;
pub mod trouble;
