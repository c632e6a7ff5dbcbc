//! A plotters backend that writes small SVG: neighbours of one style share a
//! path, points are relative, and what the `svg` element says is not repeated.

use std::fmt::Write as _;

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{FontStyle, FontTransform};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use super::theme;

/// Where capitals and figures have their middle over the line, per em.
const MIDDLE: f64 = 0.364;
/// How high capitals and figures are, per em.
const CAPITALS: f64 = 0.728;

/// Writing never fails: there is no error.
#[derive(Debug)]
pub(super) enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

type Drawn = Result<(), DrawingErrorKind<Never>>;

/// Writes the content of an `svg` element.
pub(super) struct Svg<'a> {
    size: (u32, u32),
    content: &'a mut String,
    /// Attributes and data of the path that is being written.
    path: (String, String),
}

impl<'a> Svg<'a> {
    pub(super) fn new(content: &'a mut String, size: (u32, u32)) -> Self {
        Self { size, content, path: (String::new(), String::new()) }
    }

    fn add(&mut self, style: String, data: &str) {
        if self.path.0 != style {
            self.flush();
            self.path.0 = style;
        }
        self.path.1.push_str(data);
    }

    fn flush(&mut self) {
        if !self.path.1.is_empty() {
            let _ = write!(self.content, "<path {} d=\"{}\"/>", self.path.0, self.path.1);
        }
        self.path = (String::new(), String::new());
    }
}

/// What the `svg` element around the content says for all of it.
pub(super) fn defaults(scale: f64) -> String {
    format!(
        "font-family=\"{}\" font-weight=\"400\" font-size=\"{}\" fill=\"{}\"",
        theme::FONT,
        theme::LABEL * scale,
        colour(rgb(theme::INK))
    )
}

fn rgb(colour: plotters::style::RGBColor) -> (u8, u8, u8) {
    (colour.0, colour.1, colour.2)
}

/// `#abc` where that says the same as `#aabbcc`.
fn colour((red, green, blue): (u8, u8, u8)) -> String {
    if [red, green, blue].iter().all(|part| part >> 4 == part & 15) {
        format!("#{:x}{:x}{:x}", red & 15, green & 15, blue & 15)
    } else {
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

fn filled(style: &impl BackendStyle) -> String {
    format!("fill=\"{}\"", colour(style.color().rgb))
}

fn stroked(style: &impl BackendStyle) -> String {
    format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", colour(style.color().rgb), style.stroke_width())
}

/// Points as path data, relative to the first.
fn data(points: impl IntoIterator<Item = BackendCoord>, closed: bool) -> String {
    let mut text = String::new();
    let mut last: Option<BackendCoord> = None;
    let mut in_lines = false;
    for (x, y) in points {
        let Some((before_x, before_y)) = last.replace((x, y)) else {
            let _ = write!(text, "M{x} {y}");
            continue;
        };
        match (x - before_x, y - before_y) {
            (0, 0) => continue,
            (right, 0) => {
                let _ = write!(text, "h{right}");
                in_lines = false;
            }
            (0, down) => {
                let _ = write!(text, "v{down}");
                in_lines = false;
            }
            (right, down) => {
                if !in_lines {
                    text.push('l');
                } else if right >= 0 {
                    text.push(' ');
                }
                let _ = write!(text, "{right}{}{down}", if down < 0 { "" } else { " " });
                in_lines = true;
            }
        }
    }
    if closed {
        text.push('z');
    }
    text
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Never;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let corners = [from, (to.0, from.1), to, (from.0, to.1)];
        let style = if fill { filled(style) } else { stroked(style) };
        self.add(style, &data(corners, true));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut points: Vec<BackendCoord> = path.into_iter().collect();
        // A closed line has a corner where it ends.
        let closed = points.len() > 3 && points.first() == points.last();
        if closed {
            points.pop();
        }
        self.add(stroked(style), &data(points, closed));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let across = radius * 2;
        let text = format!(
            "M{} {y}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0-{across} 0z",
            x - radius as i32
        );
        self.add(if fill { filled(style) } else { stroked(style) }, &text);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut points: Vec<BackendCoord> = path.into_iter().collect();
        if points.first() == points.last() {
            points.pop();
        }
        self.add(filled(style), &data(points, true));
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        self.flush();
        let size = style.size();
        let shift = match style.anchor().v_pos {
            VPos::Top => size * CAPITALS,
            VPos::Center => size * MIDDLE,
            VPos::Bottom => 0.0,
        }
        .round() as i32;
        let place = match style.transform() {
            FontTransform::Rotate270 => format!("transform=\"translate({x} {y})rotate(-90)\" y=\"{shift}\""),
            _ => format!("x=\"{x}\" y=\"{}\"", y + shift),
        };
        let _ = write!(self.content, "<text {place}");
        match style.anchor().h_pos {
            HPos::Left => {}
            HPos::Center => self.content.push_str(" text-anchor=\"middle\""),
            HPos::Right => self.content.push_str(" text-anchor=\"end\""),
        }
        if (size - theme::LABEL * super::canvas::SCALE).abs() > 0.5 {
            let _ = write!(self.content, " font-size=\"{}\"", size.round());
        }
        if matches!(style.style(), FontStyle::Bold) {
            self.content.push_str(" font-weight=\"600\"");
        }
        if style.color().rgb != rgb(theme::INK) {
            let _ = write!(self.content, " fill=\"{}\"", colour(style.color().rgb));
        }
        let _ = write!(self.content, ">{}</text>", super::canvas::escape(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_relative_and_level_lines_short() {
        assert_eq!(data([(10, 20), (30, 20), (30, 5), (25, 9), (26, 10), (26, 10)], true), "M10 20h20v-15l-5 4 1 1z");
        assert_eq!(colour((0xff, 0x11, 0x00)), "#f10");
        assert_eq!(colour((0x12, 0x43, 0x6d)), "#12436d");
    }

    #[test]
    fn neighbours_of_one_style_share_a_path() {
        let mut content = String::new();
        let mut svg = Svg::new(&mut content, (100, 100));
        let blue = BackendColor { alpha: 1.0, rgb: (0, 0, 255) };
        svg.draw_rect((0, 0), (10, 10), &blue, true).unwrap();
        svg.draw_rect((20, 0), (30, 10), &blue, true).unwrap();
        svg.present().unwrap();
        assert_eq!(content, "<path fill=\"#00f\" d=\"M0 0h10v10h-10zM20 0h10v10h-10z\"/>");
    }
}
