//! The reports of a period, made from the published marts.
//!
//! ```text
//! marts ──► frames ──► sentences, charts ──► html
//!           typed rows   what is said, shown   one page
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`frames`] | the marts as typed rows, a frame for each section |
//! | [`mod@format`] | numbers, amounts, days and periods as readers of Dutch write them |
//! | [`sentences`] | the messages of the summary, made by rules from the frames |
//! | [`words`] | names of things that the marts know by a code |
//! | [`charts`] | one function for each chart, one theme, one ordered list |
//! | [`html`] | frames, sentences and charts as one HTML page |
//! | [`xlsx`] | the annex: the same figures as a workbook |
//! | [`export`] | the marts for other systems: Data Package, CSVW, DCAT-AP, SDMX |
//! | [`targets`] | the workbook in which staff fill in targets and milestones |
//!
//! Every form of the report is made from the same [`frames::Report`], so that
//! a figure cannot differ between them. What readers see is Dutch; nothing in
//! a report depends on the moment at which it is made.

pub mod charts;
pub mod document;
pub mod export;
pub mod format;
pub mod frames;
pub mod html;
pub mod pdf;
pub mod sections;
pub mod sentences;
pub mod targets;
pub mod words;
mod write;
pub mod xlsx;

pub use html::Templates;
pub use write::{File, Form, Written, release_report, write_release, write_report, write_report_with};
