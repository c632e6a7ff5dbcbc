//! The report as a document: sections of sentences, tables and charts.
//!
//! ```text
//! frames ──► document ──► HTML site · PDF · XLSX · CSV
//!            what is said and shown, once, for every form
//! ```
//!
//! A document knows no markup. A figure in it is a typed [`Value`] with one
//! way of being written ([`Value::shown`]), so that the forms cannot differ.

mod table;
mod text;
mod value;

pub use table::{Cell, Column, ColumnKind, Row, Table};
pub use text::{Origin, Span, Text};
pub use value::{Missing, Value};

use crate::charts::Chart;

/// A report, ready to be written in any form.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its title, as `Voortgangsrapport eerste semester 2022`.
    pub title: String,
    /// Its sections, in order, 0 to 12.
    pub sections: Vec<Section>,
}

impl Document {
    /// The section with a name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Every table, in order, those of the annex too.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Table(table) | Block::Annex(table) => Some(table),
            _ => None,
        })
    }

    /// Every chart, in order.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        })
    }
}

/// A section of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its number in the report: 0, the colophon, to 12.
    pub number: u8,
    /// Its name in addresses, as `tevredenheid`.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading inside the section: level 1 stands right under the title of
    /// the section, level 2 under level 1.
    Heading {
        /// 1 or 2.
        level: u8,
        /// Name in addresses, unique within the document.
        name: String,
        /// The words.
        text: String,
    },
    /// A paragraph.
    Paragraph(Text),
    /// A list of short paragraphs.
    List(Vec<Text>),
    /// Names with what they stand for, as definitions.
    Terms(Vec<(String, Text)>),
    /// A table.
    Table(Table),
    /// A long table for who looks something up: a CSV file and a sheet of the
    /// workbook. Page and document name it and lead to it, and do not show it.
    Annex(Table),
    /// A chart, with its text alternative and the table behind it.
    Chart(Chart),
}
