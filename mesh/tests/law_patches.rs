//! Patches go straight on across their sides, cover the mesh, and are congruent.

use std::collections::HashMap;

use sphereflow_mesh::patch::AXES;
use sphereflow_mesh::{Mesh, SphereMesh};

fn meshes() -> Vec<Mesh> {
    let circles = [3, 4, 5, 511, 512, 1024, 1025, 2049].map(|cells| Mesh::circle(cells).unwrap());
    let spheres = [1, 2, 3, 4, 5, 8, 17].map(|n| Mesh::sphere(n).unwrap());
    circles.into_iter().chain(spheres).collect()
}

#[test]
fn law_every_cell_but_the_poles_is_in_one_patch_in_order() {
    for mesh in meshes() {
        let mut next = 0;
        for patch in mesh.patches() {
            assert_eq!(patch.first(), next);
            assert_eq!(patch.cell(patch.rows() as isize - 1, 0), next + (patch.rows() - 1) * patch.columns());
            next += patch.rows() * patch.columns();
        }
        assert_eq!(mesh.cells() - next, if mesh.dim() == 3 { 2 } else { 0 });
    }
}

/// Calls `check` with patch, axis, row and column for every face that a patch has.
fn faces_of_patches(mesh: &Mesh, mut check: impl FnMut(&sphereflow_mesh::Patch, usize, isize, isize)) {
    for patch in mesh.patches() {
        let (rows, columns) = (patch.rows() as isize, patch.columns() as isize);
        for (axis, row, column) in (0..patch.axes()).flat_map(|axis| {
            (0..=rows).flat_map(move |row| (-1..columns).map(move |column| (axis, row, column)))
        }) {
            let entered_from_the_side = column < 0 && (axis == 0 || (axis == 2 && row > 0 && row < rows));
            let entered_from_below = row == rows && (axis == 1 || (axis == 2 && column < columns - 1));
            let owned = row < rows && column >= 0;
            if owned || (entered_from_the_side && row < rows) || (entered_from_below && column >= 0) {
                check(&patch, axis, row, column);
            }
        }
    }
}

#[test]
fn law_the_lines_of_a_patch_go_straight_on_across_hexagons() {
    for mesh in meshes() {
        let mut owned = HashMap::new();
        faces_of_patches(&mesh, |patch, axis, row, column| {
            let (di, dj) = AXES[axis];
            let at = |steps: isize| patch.cell(row + steps * di, column + steps * dj);
            let face = mesh.face_between(at(0), at(1)).expect("neighbours");
            if row < patch.rows() as isize && column >= 0 {
                *owned.entry(face).or_insert(0) += 1;
            }
            for (cell, behind) in [(at(0), at(-1)), (at(1), at(2))] {
                if mesh.cell_faces(cell).len() != 5 {
                    assert_eq!(
                        mesh.opposite(face, cell),
                        [behind; 2],
                        "{:?}, axis {axis}, {row}, {column}",
                        mesh.domain()
                    );
                }
            }
        });
        assert!(owned.len() == mesh.faces() && owned.values().all(|count| *count == 1));
    }
}

#[test]
fn law_copied_rows_hold_the_values_of_their_cells() {
    for mesh in meshes() {
        let values: Vec<f64> = (0..mesh.cells()).map(|i| i as f64).collect();
        for patch in mesh.patches() {
            let beyond = if patch.axes() == 1 { 0 } else { 2 };
            for row in -beyond..patch.rows() as isize + beyond {
                for start in (0..patch.columns()).step_by(5) {
                    for width in [1, 3, patch.columns() - start] {
                        let width = width.min(patch.columns() - start);
                        let mut copied = vec![0.0; width + 4];
                        patch.copy_row(row, start, &values, &mut copied);
                        for (k, value) in copied.iter().enumerate() {
                            let column = start as isize + k as isize - 2;
                            assert_eq!(
                                *value,
                                patch.cell(row, column) as f64,
                                "{:?}, {row}, {column}",
                                mesh.domain()
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn law_patches_are_congruent() {
    for n in [1, 2, 5, 8] {
        let mesh = Mesh::sphere(n).unwrap();
        let size = n * n;
        for face in 0..mesh.faces() {
            let first = face % (3 * size);
            assert!((mesh.face_measure(face) / mesh.face_measure(first) - 1.0).abs() < 1e-12);
            assert!((mesh.face_distance(face) / mesh.face_distance(first) - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn law_bends_make_linear_functions_straight() {
    let worst = |kind: SphereMesh, n: usize| {
        let mesh = Mesh::sphere_by(kind, n).unwrap();
        let spacing = 1.0 / n as f64;
        (0..mesh.cells())
            .filter(|cell| mesh.cell_faces(*cell).len() == 6)
            .flat_map(|cell| (0..3).map(move |line| (cell, line)))
            .map(|(cell, line)| {
                let center = mesh.center(cell);
                let to = |place: usize| {
                    let other = mesh.center(mesh.neighbor(mesh.cell_faces(cell)[place % 6] as usize, cell));
                    let along: f64 = center.iter().zip(other).map(|(c, o)| c * (o - c)).sum();
                    [0, 1, 2].map(|d| other[d] - center[d] - along * center[d])
                };
                let bend = mesh.bend(cell, line);
                let (p, m) = (to(line), to(line + 3));
                let (e, f) = (to(bend.beside), to(bend.beside + 3));
                let left = [0, 1, 2].map(|d| {
                    p[d] + m[d] - 0.5 * bend.along * (p[d] - m[d]) - 0.5 * bend.across * (e[d] - f[d])
                });
                left.iter().map(|x| x * x).sum::<f64>().sqrt() / (spacing * spacing)
            })
            .fold(0.0, f64::max)
    };
    for kind in SphereMesh::ALL {
        let [coarse, fine] = [8, 32].map(|n| worst(kind, n));
        assert!(
            coarse < 1e-11 && fine < 1e-11,
            "{kind:?}: {coarse} and {fine} times the square of the spacing"
        );
    }
}
