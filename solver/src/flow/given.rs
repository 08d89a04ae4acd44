//! A velocity given on the faces, laid out for the sweep.

use rayon::prelude::*;
use sphereflow_mesh::patch::AXES;
use sphereflow_mesh::{Mesh, Patch};

use super::stencil::has_face;
use super::sweep::Patches;

/// The face along an axis of the cell at a row and column, and its sign there; none where the patch has none.
fn face_at(mesh: &Mesh, patch: &Patch, axis: usize, [row, column]: [isize; 2]) -> Option<(usize, f64)> {
    if !has_face(patch, axis, [row, column]) {
        return None;
    }
    if row < patch.rows() as isize && column >= 0 {
        return Some((patch.owned_face(axis, row as usize, column as usize), 1.0));
    }
    let (cell, (down, right)) = (patch.cell(row, column), AXES[axis]);
    let face = mesh.face_between(cell, patch.cell(row + down, column + right))?;
    Some((face, mesh.sign(face, cell)))
}

/// Calls `set` with place, face and sign of the faces of the `line`-th row and axis of a patch.
fn on_line(mesh: &Mesh, patch: &Patch, line: usize, mut set: impl FnMut(usize, usize, f64)) {
    let (row, axis) = ((line / patch.axes()) as isize, line % patch.axes());
    for column in -1..patch.columns() as isize {
        if let Some((face, sign)) = face_at(mesh, patch, axis, [row, column]) {
            set((column + 1) as usize, face, sign);
        }
    }
}

/// Measures of the faces of one patch, which serve all.
pub(super) fn lengths(mesh: &Mesh, patches: &Patches) -> Vec<f64> {
    let patch = &patches.list[0];
    let mut lengths = vec![0.0; patches.stencil.faces()];
    lengths.par_chunks_mut(patch.columns() + 1).enumerate().for_each(|(line, lengths)| {
        on_line(mesh, patch, line, |place, face, _| {
            lengths[place] = mesh.face_measure(mesh.congruent_face(face));
        });
    });
    lengths
}

/// Sets `flow` to velocity times measure of every face of every patch, from the first cell along its axis to the second.
pub(super) fn fill(
    mesh: &Mesh,
    patches: &Patches,
    lengths: &[f64],
    flow: &mut [f64],
    velocity: impl Fn(usize) -> f64 + Sync,
) {
    let columns = patches.list[0].columns() + 1;
    let lines = patches.stencil.faces() / columns;
    flow[..patches.list.len() * patches.stencil.faces()].par_chunks_mut(columns).enumerate().for_each(
        |(line, flow)| {
            let (patch, line) = (&patches.list[line / lines], line % lines);
            let lengths = &lengths[line * columns..][..columns];
            on_line(mesh, patch, line, |place, face, sign| {
                flow[place] = sign * velocity(face) * lengths[place];
            });
        },
    );
}
