//! From values of a field to colours, and the bar that says which is which.

use super::axis::{Axis, Scale, short};
use super::canvas::{Anchor, Area, Canvas, Pen, Type};
use super::colour::{ColourMap, INK, Rgb, SOFT_INK};
use super::frame::fitted;
use super::map::encode;
use super::output::PictureError;

/// A logarithmic scale reaches down to this fraction of the greatest value: densities fall to exp(-1000) within
/// moments, and decades that hold next to nothing would take all colours.
const LOG_DEPTH: f64 = 1e-6;
const TICK: f64 = 13.0;
/// Width that a colour bar takes, labels included.
pub(super) const BAR_ROOM: f64 = 140.0;
const BAR_WIDTH: f64 = 18.0;

/// Colours for a range of values; values beyond its ends take the colours of the ends.
#[derive(Clone, Debug)]
pub(super) struct ColourScale {
    map: ColourMap,
    axis: Axis,
    /// What the colours do not show.
    pub note: Option<String>,
}

impl ColourScale {
    /// The scale for `values`, all finite: from zero to the greatest (linear), symmetric about zero if some are
    /// negative, or over at most six decades (logarithmic). `range` replaces the ends.
    pub fn of(values: &[f64], scale: Scale, range: Option<(f64, f64)>) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if values.is_empty() {
            return Self::between(range.unwrap_or((0.0, 1.0)), Scale::Linear, None);
        }
        if scale == Scale::Log && range.map_or(high, |r| r.1) <= 0.0 {
            let note = "no positive value: a logarithmic scale has nothing to show".to_owned();
            return Self::between((0.0, 1.0), Scale::Linear, Some(note));
        }
        let ends = range.unwrap_or_else(|| natural_range(values, scale, low, high));
        let ends = if scale == Scale::Log { (ends.0.max(LOG_DEPTH * ends.1), ends.1) } else { ends };
        let note = clipping_note((low, high), ends);
        Self::between(ends, scale, note)
    }

    fn between((low, high): (f64, f64), scale: Scale, note: Option<String>) -> Self {
        let axis = Axis::tight(scale, low, high, 6);
        let map =
            if axis.low < 0.0 && axis.high > 0.0 { ColourMap::Diverging } else { ColourMap::Sequential };
        Self { map, axis, note }
    }

    pub fn colour(&self, value: f64) -> Rgb {
        if self.axis.scale == Scale::Log && value <= 0.0 {
            return self.map.at(0.0);
        }
        self.map.at(self.axis.fraction(value))
    }

    /// Draws the bar at the left edge of `area`, with ticks and `label` to its right.
    pub fn draw_bar(&self, canvas: &mut Canvas, area: Area, label: &str) -> Result<(), PictureError> {
        let bar = Area { width: BAR_WIDTH, ..area };
        let steps = 256_u32;
        let pixels: Vec<u8> = (0..steps)
            .flat_map(|k| {
                let [r, g, b] = self.map.at(1.0 - (f64::from(k) + 0.5) / f64::from(steps)).0;
                [r, g, b, 255]
            })
            .collect();
        canvas.image(bar, &encode(pixels, 1, steps)?);
        canvas.path(&bar.outline(), None, Some(&Pen::solid(SOFT_INK, 1.0)));
        let mut widest: f64 = 0.0;
        for tick in &self.axis.ticks {
            let y = bar.bottom() - self.axis.fraction(tick.value) * bar.height;
            canvas.line((bar.right(), y), (bar.right() + 5.0, y), &Pen::solid(SOFT_INK, 1.0));
            canvas.text(
                (bar.right() + 9.0, y + 0.36 * TICK),
                Type::new(TICK, INK, Anchor::Start),
                &tick.label,
            );
            widest = widest.max(super::text::width(&tick.label, TICK));
        }
        let (_, middle) = bar.centre();
        for (k, line) in folded(label, area.height).into_iter().enumerate() {
            let style = fitted(line, area.height + 40.0, Anchor::Middle).turned(-90.0);
            canvas.text((bar.right() + widest + 30.0 + 18.0 * k as f64, middle), style, line);
        }
        Ok(())
    }
}

/// A label that is too long for the bar, with its unit on a line of its own.
fn folded(label: &str, room: f64) -> Vec<&str> {
    match label.split_once(" (") {
        Some((name, _)) if super::text::width(label, 15.0) > room => {
            vec![name, label[name.len()..].trim_start()]
        }
        _ => vec![label],
    }
}

fn natural_range(values: &[f64], scale: Scale, low: f64, high: f64) -> (f64, f64) {
    match scale {
        Scale::Log => {
            let least = values.iter().copied().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
            (least, high)
        }
        Scale::Linear if low < 0.0 => {
            let size = low.abs().max(high);
            (-size, size)
        }
        Scale::Linear if high > 0.0 => (0.0, high),
        Scale::Linear => (0.0, 1.0),
    }
}

fn clipping_note((low, high): (f64, f64), (first, last): (f64, f64)) -> Option<String> {
    let under = low < first;
    let over = high > last * (1.0 + 1e-12);
    let words = match (under, over) {
        (false, false) => return None,
        (true, false) => {
            format!("values below {} have the lowest colour; the least is {}", short(first), short(low))
        }
        (false, true) => {
            format!("values above {} have the highest colour; the greatest is {}", short(last), short(high))
        }
        (true, true) => format!(
            "values beyond the ends of the scale have their colours; values reach from {} to {}",
            short(low),
            short(high)
        ),
    };
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_a_nonnegative_field_starts_at_zero_and_a_signed_one_is_symmetric() {
        let density = ColourScale::of(&[0.2, 0.5], Scale::Linear, None);
        assert_eq!((density.axis.low, density.axis.high), (0.0, 0.5));
        assert_eq!(density.colour(0.5), ColourMap::Sequential.at(1.0));
        let potential = ColourScale::of(&[-0.2, 0.1], Scale::Linear, None);
        assert_eq!(potential.colour(0.0), ColourMap::Diverging.at(0.5));
        assert_eq!(potential.colour(-0.2), ColourMap::Diverging.at(0.0));
    }

    #[test]
    fn law_a_logarithmic_scale_shows_six_decades_and_says_what_lies_below() {
        let scale = ColourScale::of(&[0.0, 1e-200, 1.0], Scale::Log, None);
        assert_eq!(scale.axis.low, 1e-6);
        assert_eq!(scale.colour(0.0), scale.colour(1e-6));
        assert!(scale.note.unwrap().contains("the least is 0"));
        assert!(ColourScale::of(&[1e-3, 1.0], Scale::Log, None).note.is_none());
    }

    #[test]
    fn law_zero_equal_and_missing_values_have_a_scale() {
        for values in [&[][..], &[0.0, 0.0], &[2.0, 2.0], &[-1.0]] {
            for scale in [Scale::Linear, Scale::Log] {
                let colours = ColourScale::of(values, scale, None);
                assert!(
                    colours.axis.low < colours.axis.high && !colours.axis.ticks.is_empty(),
                    "{colours:?}"
                );
            }
        }
    }
}
