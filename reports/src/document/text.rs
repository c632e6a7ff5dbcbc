//! Sentences: words, figures, and links to how a figure came about.

use peil_warehouse::Period;

use super::value::Value;

/// A sentence or a paragraph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text(pub Vec<Span>);

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// Words.
    Words(String),
    /// Words that stand out.
    Strong(String),
    /// A figure, with where it comes from.
    Figure(Value, Option<Origin>),
    /// Words that lead to an origin.
    Link(String, Origin),
}

/// How a figure came about: where a reader can follow it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An indicator in a period: its page, at that period.
    Indicator(String, Period),
    /// An indicator as a whole.
    IndicatorPage(String),
    /// An authority, by NIS code.
    Authority(String),
    /// A mart: its place in the data catalogue.
    Mart(&'static str),
    /// A section of the report, by name.
    Section(&'static str),
}

impl Text {
    /// Words only.
    pub fn words(words: impl Into<String>) -> Self {
        Self(vec![Span::Words(words.into())])
    }

    /// More words.
    #[must_use]
    pub fn and(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Words(words.into()));
        self
    }

    /// Words that stand out.
    #[must_use]
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Strong(words.into()));
        self
    }

    /// A figure, with where it comes from.
    #[must_use]
    pub fn figure(mut self, value: Value, origin: Option<Origin>) -> Self {
        self.0.push(Span::Figure(value, origin));
        self
    }

    /// Words that lead to an origin.
    #[must_use]
    pub fn link(mut self, words: impl Into<String>, origin: Origin) -> Self {
        self.0.push(Span::Link(words.into(), origin));
        self
    }

    /// The sentence as plain text, as it reads in every form.
    pub fn plain(&self) -> String {
        self.0
            .iter()
            .map(|span| match span {
                Span::Words(words) | Span::Strong(words) | Span::Link(words, _) => words.clone(),
                Span::Figure(value, _) => value.shown(),
            })
            .collect()
    }
}
