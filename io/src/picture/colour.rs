//! Colours: a palette for lines, and colour maps whose lightness follows the value.

#![expect(clippy::unreadable_literal, reason = "colour codes are read whole")]

use std::fmt;

/// A colour of the sRGB space, eight bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub [u8; 3]);

impl Rgb {
    pub const fn hex(code: u32) -> Self {
        Self([(code >> 16) as u8, (code >> 8) as u8, code as u8])
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

pub(super) const INK: Rgb = Rgb::hex(0x222222);
pub(super) const SOFT_INK: Rgb = Rgb::hex(0x5a5a5a);
pub(super) const RULE: Rgb = Rgb::hex(0xe2e2e2);
pub(super) const WHITE: Rgb = Rgb::hex(0xffffff);
/// Reference curves, which must not compete with results.
pub(super) const REFERENCE: Rgb = Rgb::hex(0x949494);

/// Line colours that readers with any colour vision can tell apart (after Okabe and Ito, without their yellow,
/// which vanishes on white).
const PALETTE: [Rgb; 6] = [
    Rgb::hex(0x0072b2),
    Rgb::hex(0xd55e00),
    Rgb::hex(0x009e73),
    Rgb::hex(0xb0578d),
    Rgb::hex(0x3f3f3f),
    Rgb::hex(0x56b4e9),
];

/// Dots over a coloured field: orange and white stand out from every colour of both maps.
const DOTS: [Rgb; 3] = [Rgb::hex(0xff7a2f), WHITE, Rgb::hex(0xe39ad8)];

/// Colour of the k-th line.
pub(super) fn line_colour(k: usize) -> Rgb {
    PALETTE[k % PALETTE.len()]
}

/// Colour of the k-th set of dots on a map.
pub(super) fn dot_colour(k: usize) -> Rgb {
    DOTS[k % DOTS.len()]
}

/// Every eighth entry of *viridis* by S. van der Walt and N. Smith (CC0); between them it is linear to within 1%.
const VIRIDIS: [u32; 33] = [
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b, 0x375a8d,
    0x33638d, 0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b, 0x1f9f88, 0x21a685,
    0x28ae80, 0x31b57b, 0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c, 0x96d83f, 0xabdc32, 0xc0df24,
    0xd5e21a, 0xeae51a, 0xfde725,
];

/// Ends and middle of the diverging map.
const DIVERGING: [u32; 3] = [0x1f3f8f, 0xf4f4f4, 0x961f1f];

/// A map from [0, 1] to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColourMap {
    /// Viridis: lightness grows with the value.
    Sequential,
    /// Blue through near-white at one half to red: lightness falls with the distance from one half.
    Diverging,
}

impl ColourMap {
    /// The colour at `t`, clamped to [0, 1].
    pub fn at(self, t: f64) -> Rgb {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Sequential => {
                let place = t * (VIRIDIS.len() - 1) as f64;
                let k = (place as usize).min(VIRIDIS.len() - 2);
                let (a, b) = (Rgb::hex(VIRIDIS[k]), Rgb::hex(VIRIDIS[k + 1]));
                mix(a.0.map(f64::from), b.0.map(f64::from), place - k as f64, |c| c)
            }
            Self::Diverging => {
                let end = if t < 0.5 { DIVERGING[0] } else { DIVERGING[2] };
                let (middle, end) = (oklab(Rgb::hex(DIVERGING[1])), oklab(Rgb::hex(end)));
                mix(middle, end, (2.0 * t - 1.0).abs(), from_oklab)
            }
        }
    }
}

fn mix(a: [f64; 3], b: [f64; 3], t: f64, to_rgb: impl Fn([f64; 3]) -> [f64; 3]) -> Rgb {
    let between = std::array::from_fn(|k| a[k] + t * (b[k] - a[k]));
    Rgb(to_rgb(between).map(|c| c.round().clamp(0.0, 255.0) as u8))
}

/// Linear light of one eight-bit channel (IEC 61966-2-1).
fn linear_light(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// Oklab coordinates (B. Ottosson 2020): equal steps look about equal.
fn oklab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = colour.0.map(linear_light);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// The sRGB channels, in [0, 255], of Oklab coordinates.
fn from_oklab(lab: [f64; 3]) -> [f64; 3] {
    let [lightness, a, b] = lab;
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    linear.map(|c| 255.0 * if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Rgb) -> f64 {
        let [r, g, b] = colour.0.map(linear_light);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn ref_colour_maps_end_at_their_published_colours() {
        assert_eq!(ColourMap::Sequential.at(0.0).to_string(), "#440154");
        assert_eq!(ColourMap::Sequential.at(1.0).to_string(), "#fde725");
        assert_eq!(ColourMap::Diverging.at(-3.0).to_string(), "#1f3f8f");
        assert_eq!(ColourMap::Diverging.at(0.5).to_string(), "#f4f4f4");
        assert_eq!(ColourMap::Diverging.at(9.0).to_string(), "#961f1f");
    }

    #[test]
    fn law_luminance_of_the_sequential_map_grows_with_the_value() {
        let steps: Vec<f64> =
            (0..=64).map(|k| luminance(ColourMap::Sequential.at(f64::from(k) / 64.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }

    #[test]
    fn law_luminance_of_the_diverging_map_falls_away_from_zero_on_both_sides() {
        let at = |k: i32| luminance(ColourMap::Diverging.at(0.5 + 0.5 * f64::from(k) / 32.0));
        for k in 0..32 {
            assert!(at(k + 1) < at(k) && at(-k - 1) < at(-k), "step {k}");
        }
    }
}
