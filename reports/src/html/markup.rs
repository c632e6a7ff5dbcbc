//! Writing markup: texts escaped, attributes quoted.

use std::fmt::Write;

use crate::document::{Origin, Span, Text};
use crate::frames::{State, Status};

use super::links::Links;

/// A text as it stands in markup, also inside an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Where a page stands: what its links begin with, and where they lead.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The pages that there are.
    pub(super) links: &'a Links,
    /// From the page to the folder of the period: empty, or `../`.
    pub(super) root: &'static str,
}

impl Place<'_> {
    /// The address of an origin; none where no page tells of it.
    pub(super) fn address(&self, origin: &Origin) -> Option<String> {
        self.links.address(origin).map(|address| format!("{}{address}", self.root))
    }

    /// Words, as a link where their origin has a page. The words are escaped
    /// already.
    pub(super) fn linked(&self, markup: &str, origin: Option<&Origin>) -> String {
        match origin.and_then(|origin| self.address(origin)) {
            Some(address) => format!("<a href=\"{}\">{markup}</a>", escape(&address)),
            None => markup.to_owned(),
        }
    }

    /// A figure: its link is told from those of words.
    pub(super) fn figure(&self, markup: &str, origin: Option<&Origin>) -> String {
        match origin.and_then(|origin| self.address(origin)) {
            Some(address) => format!("<a class=\"f\" href=\"{}\">{markup}</a>", escape(&address)),
            None => markup.to_owned(),
        }
    }

    /// A sentence.
    pub(super) fn text(&self, text: &Text) -> String {
        let mut markup = String::new();
        for span in &text.0 {
            match span {
                Span::Words(words) => markup.push_str(&escape(words)),
                Span::Strong(words) => {
                    let _ = write!(markup, "<strong>{}</strong>", escape(words));
                }
                Span::Figure(value, origin) => markup.push_str(&self.figure(&escape(&value.shown()), origin.as_ref())),
                Span::Link(words, origin) => markup.push_str(&self.linked(&escape(words), Some(origin))),
            }
        }
        markup
    }
}

/// The shape of a status, beside its word.
pub(super) fn shape(name: &str) -> String {
    format!("<svg class=\"shape\" aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// A status as shape and word.
pub(super) fn status(status: Status) -> String {
    format!("<span class=\"sign\">{}{}</span>", shape(status.code()), status.word())
}

/// The state of a milestone as shape and word.
pub(super) fn state(state: State) -> String {
    let name = match state {
        State::Done => "achieved",
        State::Underway => "in_progress",
        State::Planned => "planned",
        State::Dropped => "missed",
    };
    format!("<span class=\"sign\">{}{}</span>", shape(name), state.word())
}

/// A name in an address: small letters, digits and hyphens.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.to_lowercase().chars() {
        let plain = match letter {
            'à' | 'á' | 'â' | 'ä' => 'a',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'a'..='z' | '0'..='9' => letter,
            _ => '-',
        };
        if plain != '-' || (!slug.is_empty() && !slug.ends_with('-')) {
            slug.push(plain);
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_become_markup() {
        assert_eq!(escape("<b>\"A & B\"</b>"), "&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;");
    }

    #[test]
    fn a_slug_holds_letters_digits_and_hyphens() {
        assert_eq!(slug("Informatieveiligheids- en GDPR-tool"), "informatieveiligheids-en-gdpr-tool");
        assert_eq!(slug(" (Één) "), "een");
    }
}
