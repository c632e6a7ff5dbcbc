//! A figure through time, as small as a word.

use peil_warehouse::Result;

use super::parts::{Scale, step_lines};
use crate::charts::canvas::Canvas;
use crate::charts::theme::BLUE;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// A figure through time as a small `svg` element, hidden from those who do
/// not see it: its figures stand beside it. Targets are steps.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
pub fn sparkline(values: &[Option<f64>], targets: &[Option<f64>]) -> Result<String> {
    let all = values.iter().chain(targets).flatten().copied();
    let scale = Scale::over(all, HEIGHT - 4.0, 4.0);
    let count = values.len().max(targets.len()).max(1);
    let slot = (WIDTH - 8.0) / count as f64;
    let at = |index: usize| 4.0 + (index as f64 + 0.5) * slot;
    let content = Canvas::content((WIDTH, HEIGHT), |canvas| {
        let steps: Vec<(f64, Option<f64>)> = targets
            .iter()
            .enumerate()
            .map(|(index, target)| (at(index), target.map(|target| scale.at(target))))
            .collect();
        step_lines(canvas, &steps, slot, 1.0)?;
        let mut run = Vec::new();
        for (index, value) in values.iter().enumerate() {
            match value {
                Some(value) => run.push((at(index), scale.at(*value))),
                None if run.len() > 1 => canvas.path(&std::mem::take(&mut run), 1.6, BLUE)?,
                None => run.clear(),
            }
        }
        if run.len() > 1 {
            canvas.path(&run, 1.6, BLUE)?;
        }
        let last = values.iter().enumerate().rev().find_map(|(index, value)| Some((at(index), scale.at((*value)?))));
        last.map_or(Ok(()), |place| canvas.dot(place, 2.6, BLUE))
    })?;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"spark\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {} {}\" aria-hidden=\"true\">{content}</svg>",
        WIDTH * 10.0,
        HEIGHT * 10.0
    ))
}
