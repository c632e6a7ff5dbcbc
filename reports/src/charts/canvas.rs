//! Where charts are drawn: plotters' SVG at ten times the size, in a scaled
//! view box, with every label's place kept.

use peil_warehouse::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle, SVGBackend, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, TextStyle};

use super::theme::{self, Weight};

/// SVG coordinates of plotters are whole numbers: a tenth of a pixel is one.
const SCALE: f64 = 10.0;

/// For which width a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A page of paper or a screen.
    Wide,
    /// A telephone.
    Narrow,
}

impl Layout {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Wide, Self::Narrow];

    /// Width of the drawing, in pixels.
    pub const fn width(self) -> f64 {
        match self {
            Self::Wide => 760.0,
            Self::Narrow => 340.0,
        }
    }

    /// `wide` or `narrow`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// Where a label stands, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelBox {
    /// The text.
    pub text: String,
    /// Left side.
    pub left: f64,
    /// Upper side.
    pub top: f64,
    /// Right side.
    pub right: f64,
    /// Lower side.
    pub bottom: f64,
}

impl LabelBox {
    /// Whether the two share a place.
    pub fn collides(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// Which point of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its left side.
    Start,
    /// Its middle.
    Middle,
    /// Its right side.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Font size in pixels.
    pub size: f64,
    /// Weight.
    pub weight: Weight,
    /// Colour.
    pub colour: RGBColor,
    /// Anchor.
    pub anchor: Anchor,
}

impl Label {
    /// A label of ordinary weight.
    pub const fn plain(anchor: Anchor) -> Self {
        Self { size: theme::LABEL, weight: Weight::Regular, colour: theme::INK, anchor }
    }

    /// A figure.
    pub const fn strong(anchor: Anchor) -> Self {
        Self { weight: Weight::SemiBold, ..Self::plain(anchor) }
    }

    /// A note.
    pub const fn note(anchor: Anchor) -> Self {
        Self { size: theme::NOTE, colour: theme::GREY, ..Self::plain(anchor) }
    }
}

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// For which width.
    pub layout: Layout,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What stands inside the `svg` element.
    pub content: String,
    /// Where each label stands.
    pub labels: Vec<LabelBox>,
}

impl Drawing {
    /// The `svg` element, with its text alternative; `id` tells it from the
    /// others of a page.
    pub fn svg(&self, id: &str, title: &str, alternative: &str) -> String {
        let name = self.layout.name();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{name}\" viewBox=\"0 0 {} {}\" role=\"img\" \
             aria-labelledby=\"{id}-{name}-title {id}-{name}-desc\" font-weight=\"400\">\
             <title id=\"{id}-{name}-title\">{}</title><desc id=\"{id}-{name}-desc\">{}</desc>{}</svg>",
            units(self.width),
            units(self.height),
            escape(title),
            escape(alternative),
            self.content
        )
    }
}

/// A canvas that a chart draws on; all measures are pixels.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    labels: Vec<LabelBox>,
}

impl Canvas<'_> {
    /// Draws on a canvas of `height`.
    ///
    /// # Errors
    /// [`Error::Internal`] where plotters refuses.
    pub fn draw(layout: Layout, height: f64, draw: impl FnOnce(&mut Canvas<'_>) -> Result<()>) -> Result<Drawing> {
        theme::register()?;
        let mut document = String::new();
        let size = (units(layout.width()).unsigned_abs(), units(height).unsigned_abs());
        let labels = {
            let area = SVGBackend::with_string(&mut document, size).into_drawing_area();
            let mut canvas = Canvas { area, labels: Vec::new() };
            draw(&mut canvas)?;
            canvas.area.present().map_err(refused)?;
            canvas.labels
        };
        // Inside of the element that plotters wrote; the outside is ours.
        let start = document.find('>').map_or(0, |at| at + 1);
        let end = document.rfind("</svg>").unwrap_or(document.len());
        let content = document[start..end].replace(" opacity=\"1\"", "").replace(">\n", ">").replace("\n<", "<");
        Ok(Drawing { layout, width: layout.width(), height, content, labels })
    }

    /// A filled rectangle.
    ///
    /// # Errors
    /// As [`Canvas::draw`]; so the other drawing functions.
    pub fn bar(&mut self, left: f64, top: f64, width: f64, height: f64, colour: RGBColor) -> Result<()> {
        // A credit is a bar to the left: SVG knows no negative width.
        let (left, right) = (left.min(left + width), left.max(left + width));
        let corners = [(units(left), units(top)), (units(right), units(top + height))];
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(refused)
    }

    /// The outline of a rectangle, `thick` pixels.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn outline(&mut self, [left, top, width, height]: [f64; 4], thick: f64, colour: RGBColor) -> Result<()> {
        let (right, bottom) = (left + width, top + height);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.path(&corners, thick, colour)
    }

    /// A line through points, `thick` pixels.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn path(&mut self, points: &[(f64, f64)], thick: f64, colour: RGBColor) -> Result<()> {
        let points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (units(*x), units(*y))).collect();
        let style = colour.stroke_width(units(thick).unsigned_abs());
        self.area.draw(&PathElement::new(points, style)).map_err(refused)
    }

    /// A filled polygon.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn polygon(&mut self, points: &[(f64, f64)], colour: RGBColor) -> Result<()> {
        let points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (units(*x), units(*y))).collect();
        self.area.draw(&Polygon::new(points, colour)).map_err(refused)
    }

    /// A hatched rectangle with an outline: what is forecast.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn hatched(&mut self, left: f64, top: f64, width: f64, height: f64, colour: RGBColor) -> Result<()> {
        const STEP: f64 = 6.0;
        let (right, bottom) = (left + width, top + height);
        let mut foot = left;
        while foot < right + height {
            // From the lower side up to the right, cut off at both sides.
            let from = if foot > right { (right, bottom - (foot - right)) } else { (foot, bottom) };
            let head = foot - height;
            let to = if head < left { (left, bottom - (foot - left)) } else { (head, top) };
            if foot > left && from != to {
                self.path(&[from, to], 1.2, colour)?;
            }
            foot += STEP;
        }
        self.outline([left, top, width, height], 1.2, colour)
    }

    /// A text whose middle height is at `middle`. Returns its width.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn text(&mut self, text: &str, x: f64, middle: f64, label: Label) -> Result<f64> {
        let width = theme::width(text, label.size, label.weight)?;
        let (left, h_pos) = match label.anchor {
            Anchor::Start => (x, HPos::Left),
            Anchor::Middle => (x - width / 2.0, HPos::Center),
            Anchor::End => (x - width, HPos::Right),
        };
        let font = theme::font(label.size * SCALE, label.weight);
        let style = TextStyle::from(font).color(&label.colour).pos(Pos::new(h_pos, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), (units(x), units(middle)), style)).map_err(refused)?;
        let half = label.size * 0.6;
        self.labels.push(LabelBox {
            text: text.to_owned(),
            left,
            top: middle - half,
            right: left + width,
            bottom: middle + half,
        });
        Ok(width)
    }

    /// The same on a white ground, where lines pass behind it.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn text_on_white(&mut self, text: &str, x: f64, middle: f64, label: Label) -> Result<f64> {
        let width = theme::width(text, label.size, label.weight)?;
        let left = match label.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        self.bar(left - 2.0, middle - label.size * 0.6, width + 4.0, label.size * 1.2, theme::WHITE)?;
        self.text(text, x, middle, label)
    }
}

fn units(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("a chart could not be drawn: {error}"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
