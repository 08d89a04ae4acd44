//! Axes: nice ticks, their labels, and the place of a value.

/// How values are spread along an axis or a colour bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences take equal lengths.
    #[default]
    Linear,
    /// Equal ratios take equal lengths; values that are not positive have no place.
    Log,
}

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// A range of values with its ticks, `low < high`; both positive if the scale is logarithmic.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<Tick>,
}

/// Spans below this fraction of the values are round-off, and are drawn as equal values.
const ROUND_OFF: f64 = 1e-12;
/// Values below this are drawn as zero: powers of ten near it would underflow.
const TINY: f64 = 1e-250;

impl Axis {
    /// An axis that contains [low, high] and begins and ends at about round numbers, with about `count` ticks.
    pub fn covering(scale: Scale, low: f64, high: f64, count: usize) -> Self {
        match scale {
            Scale::Linear => {
                let (low, high) = spread(low, high);
                let step = nice_step(high - low, count);
                let (low, high) = ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step);
                Self { scale, low, high, ticks: linear_ticks(low, high, step) }
            }
            Scale::Log if high > 10.0 * low => {
                let (low, high) = (round_down(low), round_up(high));
                Self { scale, low, high, ticks: log_ticks(low, high, count) }
            }
            Scale::Log => Self::tight(scale, low / 1.1, high * 1.1, count),
        }
    }

    /// An axis from `low` to `high` exactly (unless they are equal), with about `count` ticks inside.
    pub fn tight(scale: Scale, low: f64, high: f64, count: usize) -> Self {
        match scale {
            Scale::Log if high > 10.0 * low => Self { scale, low, high, ticks: log_ticks(low, high, count) },
            _ => {
                let (low, high) = spread(low, high);
                let step = nice_step(high - low, count);
                Self { scale, low, high, ticks: linear_ticks(low, high, step) }
            }
        }
    }

    /// Place of `value`: 0 at the lower end, 1 at the upper. Not finite where a logarithm does not exist.
    pub fn fraction(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10()),
        }
    }
}

/// Moves equal ends apart, so that an axis through one value exists.
fn spread(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if size < TINY {
        (low - 1.0, high + 1.0)
    } else if high - low <= ROUND_OFF * size {
        (low - 0.05 * size, high + 0.05 * size)
    } else {
        (low, high)
    }
}

/// The least 1, 2 or 5 times a power of ten that cuts `span` into at most `count` steps.
fn nice_step(span: f64, count: usize) -> f64 {
    let raw = span / count.max(1) as f64;
    let power = 10_f64.powf(raw.log10().floor());
    // The tolerance keeps a raw step of exactly 2 from becoming 5 by round-off.
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= raw * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * power
}

fn linear_ticks(low: f64, high: f64, step: f64) -> Vec<Tick> {
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    let values: Vec<f64> =
        (0..=(last - first).max(0.0) as usize).map(|k| (first + k as f64) * step).collect();
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    values.into_iter().map(|value| Tick { value, label: linear_label(value, step, largest) }).collect()
}

/// All labels of an axis share one number of decimals, or one power of ten.
fn linear_label(value: f64, step: f64, largest: f64) -> String {
    let step_power = (step.log10() + 1e-9).floor() as i32;
    if value.abs() < 1e-6 * step {
        return "0".to_owned();
    }
    if (1e-3..1e6).contains(&largest) {
        let decimals = (-step_power).max(0) as usize;
        return with_minus(&format!("{value:.decimals$}"));
    }
    let power = largest.log10().floor() as i32;
    let decimals = (power - step_power).max(0) as usize;
    let mantissa = value / 10_f64.powi(power);
    with_minus(&format!("{mantissa:.decimals$}×{}", power_of_ten(power)))
}

/// Decades, thinned to about `count`; with 2 and 5 times them where there are few.
fn log_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let inside = |value: f64| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
    let (first, last) = ((low.log10() + 1e-9).floor() as i32, (high.log10() - 1e-9).ceil() as i32);
    let decades = high.log10() - low.log10();
    if decades < 2.2 {
        let values = (first..=last).flat_map(|k| [1.0, 2.0, 5.0].map(|f| (f, k)));
        return values
            .filter(|(factor, power)| inside(factor * 10_f64.powi(*power)))
            .map(|(factor, power)| Tick {
                value: factor * 10_f64.powi(power),
                label: log_label(factor, power),
            })
            .collect();
    }
    let stride = (decades / count.max(1) as f64).ceil() as i32;
    (first..=last)
        .filter(|power| power.rem_euclid(stride) == 0 && inside(10_f64.powi(*power)))
        .map(|power| Tick { value: 10_f64.powi(power), label: power_of_ten(power) })
        .collect()
}

fn log_label(factor: f64, power: i32) -> String {
    if (-3..=4).contains(&power) {
        let decimals = (-power).max(0) as usize;
        format!("{:.decimals$}", factor * 10_f64.powi(power))
    } else if factor == 1.0 {
        power_of_ten(power)
    } else {
        format!("{factor}×{}", power_of_ten(power))
    }
}

/// The greatest 1, 2 or 5 times a power of ten not above `value`.
fn round_down(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|f| f * power).find(|v| *v <= value * (1.0 + 1e-9)).unwrap_or(value)
}

/// The least 1, 2 or 5 times a power of ten not below `value`.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|v| *v >= value * (1.0 - 1e-9)).unwrap_or(value)
}

/// 10 to the power, with raised digits.
fn power_of_ten(power: i32) -> String {
    let digits = power.to_string();
    let raised = digits.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // The other raised digits lie in order from U+2070.
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    });
    std::iter::once("10".to_owned()).chain(raised.map(String::from)).collect()
}

fn with_minus(number: &str) -> String {
    number.replacen('-', "−", 1)
}

/// A number with three significant digits, for notes and legends.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let power = value.abs().log10().floor() as i32;
    if (-3..6).contains(&power) {
        let decimals = (2 - power).max(0) as usize;
        let digits = format!("{value:.decimals$}");
        let digits = if decimals > 0 { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
        return with_minus(digits);
    }
    with_minus(&format!("{:.2}×{}", value / 10_f64.powi(power), power_of_ten(power)))
}

/// A count with thin gaps between groups of three digits.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|t| t.label.as_str()).collect()
    }

    #[test]
    fn ref_ticks_are_the_ones_a_person_would_choose() {
        assert_eq!(
            labels(&Axis::covering(Scale::Linear, 0.0, 0.93, 5)),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(&Axis::covering(Scale::Linear, 0.0, 23.0, 5)), ["0", "5", "10", "15", "20", "25"]);
        assert_eq!(labels(&Axis::tight(Scale::Linear, -1.3, 2.2, 5)), ["−1", "0", "1", "2"]);
        assert_eq!(
            labels(&Axis::covering(Scale::Linear, 0.0, 4e-5, 4)),
            ["0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵", "4×10⁻⁵"]
        );
        assert_eq!(
            labels(&Axis::covering(Scale::Log, 3e-7, 0.2, 8)),
            ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹"]
        );
        assert_eq!(labels(&Axis::covering(Scale::Log, 0.3, 6.0, 8)), ["0.2", "0.5", "1", "2", "5", "10"]);
        assert_eq!(labels(&Axis::covering(Scale::Log, 2.1, 3.9, 4)), ["2", "3", "4"]);
    }

    #[test]
    fn law_axes_cover_their_range_with_few_distinct_nice_ticks() {
        let mut seed = 1_u64;
        let mut uniform = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for _ in 0..2000 {
            let size = 10_f64.powf(40.0 * uniform() - 20.0);
            let low = size * (2.0 * uniform() - 1.0);
            let high = low + size * 10_f64.powf(-5.0 * uniform());
            let axis = Axis::covering(Scale::Linear, low, high, 6);
            let slack = 1e-6 * (axis.high - axis.low);
            assert!(axis.low <= low + slack && axis.high >= high - slack, "{low} {high} {axis:?}");
            check_ticks(&axis, 2, 8);
            let (low, high) = (low.abs(), low.abs() * 10_f64.powf(12.0 * uniform()));
            let axis = Axis::covering(Scale::Log, low, high, 6);
            assert!(
                axis.low <= low * (1.0 + 1e-9) && axis.high >= high * (1.0 - 1e-9),
                "{low} {high} {axis:?}"
            );
            check_ticks(&axis, 1, 9);
        }
    }

    fn check_ticks(axis: &Axis, least: usize, most: usize) {
        assert!((least..=most).contains(&axis.ticks.len()), "{axis:?}");
        for pair in axis.ticks.windows(2) {
            assert!(pair[0].value < pair[1].value && pair[0].label != pair[1].label, "{axis:?}");
        }
        for tick in &axis.ticks {
            assert!((-1e-6..=1.0 + 1e-6).contains(&axis.fraction(tick.value)), "{axis:?}");
        }
    }

    #[test]
    fn law_equal_values_and_round_off_get_an_axis() {
        for (low, high) in [(0.0, 0.0), (3.0, 3.0), (-1e-3, -1e-3), (1.0, 1.0 + 1e-15), (1e-300, 1e-300)] {
            let axis = Axis::covering(Scale::Linear, low, high, 5);
            assert!(axis.low < axis.high && axis.ticks.len() >= 2, "{axis:?}");
        }
        let axis = Axis::covering(Scale::Log, 2.0, 2.0, 5);
        assert!(axis.low < 2.0 && axis.high > 2.0 && !axis.ticks.is_empty(), "{axis:?}");
    }

    #[test]
    fn ref_numbers_in_notes_are_short() {
        let shown: Vec<String> = [0.0, 12.0, 0.079_577, -1234.5, 1.5e-9].iter().map(|v| short(*v)).collect();
        assert_eq!(shown, ["0", "12", "0.0796", "−1234", "1.50×10⁻⁹"]);
        assert_eq!(grouped(1_000_000), "1\u{a0}000\u{a0}000");
    }
}
