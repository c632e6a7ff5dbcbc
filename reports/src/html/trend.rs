//! A sparkline: figures through time in the height of a line.

use std::fmt::Write;

use crate::format::figure;

const WIDTH: f64 = 84.0;
const HEIGHT: f64 = 22.0;
const EDGE: f64 = 3.0;

/// The line, and for who does not see it the first and the last figure.
pub(super) fn markup(values: &[Option<f64>]) -> String {
    let known: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return "<span class=\"none\">–</span>".to_owned();
    };
    let highest = known.iter().map(|(_, value)| *value).fold(f64::MIN, f64::max);
    let lowest = known.iter().map(|(_, value)| *value).fold(f64::MAX, f64::min).min(0.0);
    let range = if highest > lowest { highest - lowest } else { 1.0 };
    let steps = values.len().saturating_sub(1).max(1) as f64;
    let x = |at: usize| EDGE + at as f64 / steps * (WIDTH - 2.0 * EDGE);
    let y = |value: f64| HEIGHT - EDGE - (value - lowest) / range * (HEIGHT - 2.0 * EDGE);
    let mut path = String::new();
    let mut pen_up = true;
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                let _ = write!(path, "{}{:.1} {:.1}", if pen_up { 'M' } else { 'L' }, x(at), y(*value));
                pen_up = false;
            }
            None => pen_up = true,
        }
    }
    format!(
        "<svg class=\"trend\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\"><path d=\"{path}\"/>\
         <circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.4\"/></svg><span class=\"hidden\">van {} naar {}</span>",
        x(last.0),
        y(last.1),
        figure(first.1),
        figure(last.1)
    )
}

#[cfg(test)]
mod tests {
    use super::markup;

    #[test]
    fn a_gap_breaks_the_line() {
        let trend = markup(&[Some(1.0), None, Some(3.0), Some(2.0)]);
        assert_eq!(trend.matches('M').count(), 2);
        assert!(trend.contains("van 1 naar 2"));
        assert!(markup(&[None]).contains('–'));
    }
}
