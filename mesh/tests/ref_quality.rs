//! Quality of the flat subdivision against numbers computed by an independent program.

mod common;

use common::sphere;

/// Agrees with a reference printed with `digits` decimals.
fn assert_printed(value: f64, printed: f64, decimals: i32, name: &str) {
    assert!(
        (value - printed).abs() <= 0.5001 * 10f64.powi(-decimals),
        "{name}: {value}, reference {printed}"
    );
}

#[test]
fn ref_quality_at_subdivision_16() {
    let quality = sphere(16).quality();
    assert_printed(quality.distance_ratio, 1.429, 3, "distance ratio");
    assert_printed(quality.area_ratio, 1.93, 2, "area ratio");
    assert_printed(quality.min_face_ratio, 0.361, 3, "smallest face ratio");
    assert_printed(quality.max_offset, 0.049, 3, "largest offset");
    assert_printed(quality.max_centroid_offset, 0.016, 3, "largest centroid offset");
}

#[test]
fn ref_quality_at_subdivision_64() {
    let quality = sphere(64).quality();
    assert_printed(quality.distance_ratio, 1.467, 3, "distance ratio");
    assert_printed(quality.area_ratio, 2.05, 2, "area ratio");
    assert_printed(quality.min_face_ratio, 0.334, 3, "smallest face ratio");
    assert_printed(quality.max_offset, 0.0135, 4, "largest offset");
    assert_printed(quality.max_centroid_offset, 0.0086, 4, "largest centroid offset");
}
