//! The bundled font, and the widths of texts set in it.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{self, fontdb};

use super::canvas::escape;

/// The family name of the bundled font.
pub(super) const FAMILY: &str = "DejaVu Sans";

static FONT: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    database.load_font_data(FONT.to_vec());
    // Characters outside the subset fall back to the same family, never to a font of the machine.
    database.set_sans_serif_family(FAMILY);
    database.set_serif_family(FAMILY);
    Arc::new(database)
});

/// Options of the SVG reader that know the bundled font and no other.
pub(super) fn options() -> usvg::Options<'static> {
    usvg::Options { font_family: FAMILY.to_owned(), fontdb: Arc::clone(&FONTS), ..usvg::Options::default() }
}

/// Width of `words` at font size `size`, in user units.
pub(super) fn width(words: &str, size: f64) -> f64 {
    if words.trim().is_empty() {
        return 0.0;
    }
    // Measured at a large size: the reader works in single precision.
    let document = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9999\" height=\"200\">\
         <text x=\"0\" y=\"100\" font-family=\"{FAMILY}\" font-size=\"100\">{}</text></svg>",
        escape(words)
    );
    let measured = usvg::Tree::from_str(&document, &options())
        .map(|tree| f64::from(tree.root().bounding_box().width()) / 100.0);
    // An unmeasurable text is laid out at the font's mean advance.
    measured.unwrap_or(0.6 * words.chars().count() as f64) * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_width_is_proportional_to_size_and_grows_with_the_text() {
        let one = width("objective F", 10.0);
        assert!(one > 40.0 && one < 90.0, "{one}");
        assert!((width("objective F", 20.0) - 2.0 * one).abs() < 1e-6);
        assert!(width("objective F of particles", 10.0) > 1.5 * one);
        assert_eq!(width("", 10.0), 0.0);
    }

    #[test]
    fn law_every_symbol_of_the_labels_has_a_glyph() {
        let face = |text: &str| {
            let document = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">\
                 <text font-family=\"{FAMILY}\" font-size=\"8\">{text}</text></svg>"
            );
            let tree = usvg::Tree::from_str(&document, &options()).unwrap();
            tree.to_string(&usvg::WriteOptions { preserve_text: false, ..usvg::WriteOptions::default() })
        };
        // U+4E00 is outside the subset: whatever stands in for it must not stand in for a symbol.
        let missing = face("\u{4e00}");
        for symbol in "−±×·∞∂∇∫νλσαβθφψΨ⁰¹²³⁴⁵⁶⁷⁸⁹⁻°≤≥‖₀₁é".chars()
        {
            assert_ne!(face(&symbol.to_string()), missing, "no glyph for {symbol}");
        }
    }
}
