//! Quality of the meshes of the sphere against numbers computed by an independent program.

use sphereflow_mesh::{Mesh, Quality, SphereMesh};

/// A column of the reference: what it is of a quality, and its values as printed at subdivisions 4, 16, 32, 64 and 256.
type Column = (&'static str, fn(&Quality) -> f64, [&'static str; 5]);

/// Agrees with the reference to all decimals that it was printed with.
fn assert_columns(kind: SphereMesh, columns: &[Column]) {
    for (place, n) in [4, 16, 32, 64, 256].into_iter().enumerate() {
        let quality = Mesh::sphere_by(kind, n).expect("a valid subdivision").quality();
        for (name, of, printed) in columns.iter().filter(|(_, _, printed)| !printed[place].is_empty()) {
            let (value, printed) = (of(&quality), printed[place]);
            let decimals = printed.split('.').nth(1).map_or(0, str::len) as i32;
            let reference: f64 = printed.parse().expect("a number");
            let gap = (value - reference).abs();
            assert!(
                gap <= 0.5001 * 10f64.powi(-decimals),
                "{kind:?}, n = {n}, {name}: {value} and {printed}"
            );
        }
    }
}

#[test]
fn ref_quality_of_the_flat_subdivision() {
    assert_columns(
        SphereMesh::Flat,
        &[
            ("distance ratio", |q| q.distance_ratio, ["", "1.429", "", "1.467", ""]),
            ("area ratio", |q| q.area_ratio, ["", "1.93", "", "2.05", ""]),
            ("smallest face ratio", |q| q.min_face_ratio, ["", "0.361", "", "0.334", ""]),
            ("largest offset", |q| q.max_offset, ["", "0.049", "", "0.0135", ""]),
            ("largest centroid offset", |q| q.max_centroid_offset, ["", "0.016", "", "0.0086", ""]),
        ],
    );
}

#[test]
fn ref_quality_of_recursive_bisection() {
    assert_columns(
        SphereMesh::Recursive,
        &[
            ("distance ratio", |q| q.distance_ratio, ["1.179", "1.194", "", "1.1951", "1.1951"]),
            ("area ratio", |q| q.area_ratio, ["1.187", "1.348", "", "1.361", "1.362"]),
            ("smallest face ratio", |q| q.min_face_ratio, ["0.371", "0.328", "", "0.325", "0.325"]),
            ("largest face ratio", |q| q.max_face_ratio, ["0.722", "0.726", "", "0.7265", "0.7265"]),
            ("largest offset", |q| q.max_offset, ["0.097", "0.097", "", "0.0967", "0.0967"]),
            ("mean offset", |q| q.mean_offset, ["0.037", "0.0114", "", "0.0030", "0.0008"]),
            ("largest centroid offset", |q| q.max_centroid_offset, ["0.037", "0.037", "", "0.037", "0.037"]),
        ],
    );
}

#[test]
fn ref_quality_of_centroidal_meshes() {
    assert_columns(
        SphereMesh::Centroidal,
        &[
            ("distance ratio", |q| q.distance_ratio, ["", "1.234", "1.271", "1.310", ""]),
            ("area ratio", |q| q.area_ratio, ["", "1.33", "1.41", "1.50", ""]),
            ("smallest face ratio", |q| q.min_face_ratio, ["", "", "", "0.394", ""]),
            ("largest face ratio", |q| q.max_face_ratio, ["", "", "", "0.744", ""]),
            ("largest offset", |q| q.max_offset, ["", "0.088", "0.088", "0.088", ""]),
            ("mean offset", |q| q.mean_offset, ["", "", "", "0.0021", ""]),
        ],
    );
}
