//! Where charts are drawn: whole numbers at ten times the size, in a scaled
//! view box, with every label's place kept.

use peil_warehouse::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, TextStyle};

use super::svg::{Svg, defaults};
use super::theme::{self, Weight};

/// Coordinates of plotters are whole numbers: a tenth of a pixel is one.
pub(super) const SCALE: f64 = 10.0;

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
             aria-labelledby=\"{id}-{name}-title {id}-{name}-desc\" {}>\
             <title id=\"{id}-{name}-title\">{}</title><desc id=\"{id}-{name}-desc\">{}</desc>{}</svg>",
            units(self.width),
            units(self.height),
            defaults(SCALE),
            escape(title),
            escape(alternative),
            self.content
        )
    }
}

/// A canvas that a chart draws on; all measures are pixels.
pub struct Canvas<'a> {
    area: DrawingArea<Svg<'a>, Shift>,
    labels: Vec<LabelBox>,
}

impl Canvas<'_> {
    /// Draws on a canvas of `height`.
    ///
    /// # Errors
    /// [`Error::Internal`] where plotters refuses.
    pub fn draw(layout: Layout, height: f64, draw: impl FnOnce(&mut Canvas<'_>) -> Result<()>) -> Result<Drawing> {
        let mut labels = Vec::new();
        let content = Self::content((layout.width(), height), |canvas| {
            draw(canvas)?;
            labels = std::mem::take(&mut canvas.labels);
            Ok(())
        })?;
        Ok(Drawing { layout, width: layout.width(), height, content, labels })
    }

    /// Draws on a canvas of any width and height: the content of an `svg` element.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn content((width, height): (f64, f64), draw: impl FnOnce(&mut Canvas<'_>) -> Result<()>) -> Result<String> {
        theme::register()?;
        let mut content = String::new();
        let size = (units(width).unsigned_abs(), units(height).unsigned_abs());
        {
            let area = Svg::new(&mut content, size).into_drawing_area();
            let mut canvas = Canvas { area, labels: Vec::new() };
            draw(&mut canvas)?;
            canvas.area.present().map_err(refused)?;
        }
        Ok(content)
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

    /// A filled circle.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: RGBColor) -> Result<()> {
        let place = (units(x), units(y));
        self.area.draw(&Circle::new(place, units(radius), colour.filled())).map_err(refused)
    }

    /// A hollow circle, white within: what is provisional, or from before.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn ring(&mut self, (x, y): (f64, f64), radius: f64, thick: f64, colour: RGBColor) -> Result<()> {
        self.dot((x, y), radius, theme::WHITE)?;
        let style = colour.stroke_width(units(thick).unsigned_abs());
        self.area.draw(&Circle::new((units(x), units(y)), units(radius - thick / 2.0), style)).map_err(refused)
    }

    /// A target: a diamond with a white rim, which stands out on a bar as well.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn target(&mut self, (x, y): (f64, f64)) -> Result<()> {
        let diamond = |size: f64| [(x, y - size), (x + size, y), (x, y + size), (x - size, y)];
        self.polygon(&diamond(8.0), theme::WHITE)?;
        self.polygon(&diamond(6.2), theme::PLUM)
    }

    /// A hatched rectangle with an outline: what is forecast.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn hatched(&mut self, left: f64, top: f64, width: f64, height: f64, colour: RGBColor) -> Result<()> {
        let (left, right) = (left.min(left + width), left.max(left + width));
        let corners = vec![(left, top), (right, top), (right, top + height), (left, top + height)];
        self.hatch(std::slice::from_ref(&corners), 6.0, 1.2, colour)?;
        self.outline([left, top, right - left, height], 1.2, colour)
    }

    /// Lines over the inside of closed rings, from below up to the right.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn hatch(&mut self, rings: &[Vec<(f64, f64)>], step: f64, thick: f64, colour: RGBColor) -> Result<()> {
        // On a line x + y is one sum; it enters and leaves at the sides it crosses.
        let sums = || rings.iter().flatten().map(|(x, y)| x + y);
        let (first, last) = (sums().fold(f64::MAX, f64::min), sums().fold(f64::MIN, f64::max));
        let mut sum = (first / step).floor() * step + step / 2.0;
        while sum < last {
            let mut crossings: Vec<f64> = Vec::new();
            for ring in rings {
                for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                    let (before, after) = (from.0 + from.1 - sum, to.0 + to.1 - sum);
                    if (before < 0.0) != (after < 0.0) {
                        crossings.push(from.0 + (to.0 - from.0) * before / (before - after));
                    }
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                self.path(&[(pair[0], sum - pair[0]), (pair[1], sum - pair[1])], thick, colour)?;
            }
            sum += step;
        }
        Ok(())
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

    /// Lines of text, one under the other around `middle`.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn lines(&mut self, lines: &[String], x: f64, middle: f64, label: Label) -> Result<()> {
        let high = label.size + 3.0;
        let first = middle - (lines.len() as f64 - 1.0) * high / 2.0;
        for (index, line) in lines.iter().enumerate() {
            self.text(line, x, first + index as f64 * high, label)?;
        }
        Ok(())
    }

    /// A text that reads upward from `bottom`, around `x`.
    ///
    /// # Errors
    /// As [`Canvas::draw`].
    pub fn text_upward(&mut self, text: &str, x: f64, bottom: f64, label: Label) -> Result<()> {
        let width = theme::width(text, label.size, label.weight)?;
        let font = theme::font(label.size * SCALE, label.weight).transform(FontTransform::Rotate270);
        let style = TextStyle::from(font).color(&label.colour).pos(Pos::new(HPos::Left, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), (units(x), units(bottom)), style)).map_err(refused)?;
        let half = label.size * 0.6;
        self.labels.push(LabelBox {
            text: text.to_owned(),
            left: x - half,
            top: bottom - width,
            right: x + half,
            bottom,
        });
        Ok(())
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

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
