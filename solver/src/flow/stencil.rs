//! What the sweep over a patch has to know of its geometry, once for all patches: they are congruent.

use rayon::prelude::*;
use sphereflow_mesh::patch::AXES;
use sphereflow_mesh::{Mesh, Patch, Skew};

use super::Order;
use super::window::LANES;

/// Weights of the faces and bends of the lines of one patch, which serve all of them.
///
/// One copy, a few bytes for each cell of the mesh, also spares the memory's bandwidth: the sweep goes through its 52 bytes a cell of
/// a patch once for all patches ([`super::sweep::Band`]). What is computed of a face beyond the side of the patch
/// is that of the congruent face inside, so that both patches of such a face have the same numbers.
pub(super) struct Stencil {
    columns: usize,
    axes: usize,
    /// Measure over distance of the faces: rows 0 to `rows`, axes, columns -1 to `columns` - 1.
    weights: Vec<f64>,
    /// Measures of the cells and one over them, row by row, and [`LANES`] more.
    measures: Vec<f64>,
    inverses: Vec<f64>,
    /// [`sphereflow_mesh::Bend::along`], in single precision, whose error is a millionth part of that of the reconstruction:
    /// rows -1 to `rows`, axes, columns -1 to `columns`. Empty where lines do not bend or are not asked for.
    bends: Vec<f32>,
    /// [`sphereflow_mesh::Bend::across`] in the direction of [`BESIDE`], likewise, but nothing on the edges of the icosahedron.
    /// Empty on the flat mesh, where it is nothing elsewhere too.
    across: Vec<f32>,
    /// The two parts of [`sphereflow_mesh::Skew`] in the direction of the axis, laid out as the weights. Empty on the flat mesh,
    /// which has order 2 in the maximum norm without them.
    skews: [Vec<f32>; 2],
    /// Where lines cross an edge of the icosahedron, row by row from -1.
    kinks: Vec<Vec<Kink>>,
}

/// The next line counterclockwise, for each of the [`AXES`], in the direction in which it follows that axis.
pub(super) const BESIDE: [(isize, isize); 3] = [AXES[2], (-AXES[0].0, -AXES[0].1), AXES[1]];

/// The cells on the right and on the left of the way along each of the [`AXES`].
pub(super) const SIDES: [[(isize, isize); 2]; 3] =
    [[(1, 0), BESIDE[0]], [AXES[2], BESIDE[1]], [AXES[0], BESIDE[2]]];

/// A line that crosses an edge of the icosahedron.
#[derive(Clone, Copy)]
pub(super) struct Kink {
    /// Of the cell, from -1.
    pub column: isize,
    /// Of the line.
    pub axis: usize,
    /// Of the edge.
    pub edge: usize,
    /// [`sphereflow_mesh::Bend::across`] in the direction of that edge.
    pub across: f64,
}

impl Stencil {
    /// Takes the geometry of the first of the patches.
    pub(super) fn new(mesh: &Mesh, patch: &Patch, order: Order) -> Self {
        let (rows, columns, axes) = (patch.rows(), patch.columns(), patch.axes());
        let faces = (rows + 1) * axes * (columns + 1);
        let mut weights = vec![0.0; faces + LANES];
        weights[..faces].par_chunks_mut(columns + 1).enumerate().for_each(|(line, weights)| {
            let (row, axis) = ((line / axes) as isize, line % axes);
            for (k, weight) in weights.iter_mut().enumerate() {
                *weight = weight_of(mesh, patch, axis, [row, k as isize - 1]);
            }
        });
        let bent = axes == 3 && order == Order::Second;
        let of_lines = |is_wanted: bool, of_line: fn(&Mesh, &Patch, usize, [isize; 2]) -> f64| {
            let mut bends = vec![0.0; if is_wanted { (rows + 2) * axes * (columns + 2) } else { 0 }];
            bends.par_chunks_mut(columns + 2).enumerate().for_each(|(line, bends)| {
                let (row, axis) = ((line / axes) as isize - 1, line % axes);
                for (k, bend) in bends.iter_mut().enumerate() {
                    *bend = of_line(mesh, patch, axis, [row, k as isize - 1]) as f32;
                }
            });
            bends
        };
        let bends = of_lines(bent, along);
        let winds = bent && !mesh.is_flat();
        let across = of_lines(winds, across);
        let skews = if winds { skews_of(mesh, patch) } else { [Vec::new(), Vec::new()] };
        let of_row = |row: usize| kinks_of(mesh, patch, row as isize - 1);
        let kinks = if bent { (0..rows + 2).into_par_iter().map(of_row).collect() } else { Vec::new() };
        let mut measures = mesh.measures()[patch.first()..patch.first() + rows * columns].to_vec();
        measures.resize(rows * columns + LANES, 1.0);
        let inverses = measures.iter().map(|measure| 1.0 / measure).collect();
        Self { columns, axes, weights, measures, inverses, bends, across, skews, kinks }
    }

    /// Weights of the faces along an axis of a row, from the column before `column` on.
    #[inline(always)]
    pub(super) fn weights(&self, axis: usize, row: isize, column: usize) -> &[f64] {
        &self.weights[self.faces_at(axis, row, column)..]
    }

    /// Measures of the cells of a row from `column` on, and one over them.
    #[inline(always)]
    pub(super) fn measures(&self, row: isize, column: usize) -> [&[f64]; 2] {
        let start = row as usize * self.columns + column;
        [&self.measures[start..], &self.inverses[start..]]
    }

    /// Where the faces along an axis of a row begin, from the column before `column`, in an array over the faces of a patch.
    #[inline(always)]
    pub(super) fn faces_at(&self, axis: usize, row: isize, column: usize) -> usize {
        (row as usize * self.axes + axis) * (self.columns + 1) + column
    }

    /// The number of faces of a patch, as they are laid out. An array over them has [`LANES`] numbers more at its end.
    pub(super) fn faces(&self) -> usize {
        self.weights.len() - LANES
    }

    /// Whether lines bend.
    #[inline(always)]
    pub(super) fn is_bent(&self) -> bool {
        !self.bends.is_empty()
    }

    /// Bends of the lines along an axis of a row, `width` + 2 of them from the column before `column`.
    #[inline(always)]
    pub(super) fn bends(&self, axis: usize, row: isize, column: usize, width: usize) -> &[f32] {
        let start = ((row + 1) as usize * self.axes + axis) * (self.columns + 2) + column;
        &self.bends[start..start + width + 2]
    }

    /// The same across the lines, in the direction of [`BESIDE`]; none on the flat mesh.
    #[inline(always)]
    pub(super) fn across(&self, axis: usize, row: isize, column: usize, width: usize) -> Option<&[f32]> {
        let start = ((row + 1) as usize * self.axes + axis) * (self.columns + 2) + column;
        self.across.get(start..start + width + 2)
    }

    /// How far the midpoints of some faces along an axis of a row are from those between the centers, beside the axis and along
    /// it, from the column before `column` on; none on the circle and on the flat mesh.
    #[inline(always)]
    pub(super) fn skews(&self, axis: usize, row: isize, column: usize, count: usize) -> Option<[&[f32]; 2]> {
        let start = self.faces_at(axis, row, column);
        let [beside, along] = &self.skews;
        Some([beside.get(start..start + count)?, along.get(start..start + count)?])
    }

    /// Where lines cross edges of the icosahedron in a row.
    #[inline(always)]
    pub(super) fn kinks(&self, row: isize) -> &[Kink] {
        &self.kinks[(row + 1) as usize]
    }
}

/// Whether a patch has the face along an axis that the cell at a row and column owns: that of one of its cells, or one that
/// enters it from outside. Below the last row a pentagon lacks the face that would enter it from the column before the first.
pub(super) fn has_face(patch: &Patch, axis: usize, [row, column]: [isize; 2]) -> bool {
    let last = patch.rows() as isize;
    match (row == last, column < 0) {
        (false, false) => true,
        (true, false) => axis > 0,
        (false, true) => axis == 0 || (axis == 2 && row > 0),
        (true, true) => false,
    }
}

/// The face along an axis of the cell at a row and column, whose first cell that is; none where the patch has none.
fn face_at(mesh: &Mesh, patch: &Patch, axis: usize, [row, column]: [isize; 2]) -> Option<usize> {
    let (down, right) = AXES[axis];
    if !has_face(patch, axis, [row, column]) {
        return None;
    }
    let cell = patch.cell(row, column);
    let face = mesh.face_between(cell, patch.cell(row + down, column + right))?;
    debug_assert_eq!(mesh.face_cells(face)[0], cell, "faces are their owners' and lead along the axes");
    Some(face)
}

/// Measure over distance of the face along an axis of the cell at a row and column; nothing where the patch has none.
fn weight_of(mesh: &Mesh, patch: &Patch, axis: usize, at: [isize; 2]) -> f64 {
    face_at(mesh, patch, axis, at).map_or(0.0, |face| {
        let face = mesh.congruent_face(face);
        mesh.face_measure(face) / mesh.face_distance(face)
    })
}

/// How far the midpoints of the faces of a patch are from those between the centers.
fn skews_of(mesh: &Mesh, patch: &Patch) -> [Vec<f32>; 2] {
    let (axes, faces) = (patch.axes(), patch.columns() + 1);
    let count = (patch.rows() + 1) * axes * faces + LANES;
    let at = |place: usize| {
        let (line, column) = (place / faces, (place % faces) as isize - 1);
        let at = [(line / axes) as isize, column];
        face_at(mesh, patch, line % axes, at).map_or([0.0; 2], |face| {
            let Skew { beside, along } = mesh.skew(mesh.congruent_face(face));
            [beside, along].map(|part| part as f32)
        })
    };
    let pairs =
        (0..count).into_par_iter().map(|place| if place + LANES < count { at(place) } else { [0.0; 2] });
    let (beside, along) = pairs.map(|[beside, along]| (beside, along)).unzip();
    [beside, along]
}

/// The place of the cell one step along an axis among the faces of the cell at a row and column, if that is a hexagon.
fn place_along(mesh: &Mesh, patch: &Patch, axis: usize, [row, column]: [isize; 2]) -> Option<usize> {
    let (cell, (down, right)) = (patch.cell(row, column), AXES[axis]);
    let ahead = patch.cell(row + down, column + right);
    let faces = mesh.cell_faces(cell);
    let place = faces.iter().position(|face| mesh.neighbor(*face as usize, cell) == ahead)?;
    (faces.len() == 6).then_some(place)
}

/// The bend along an axis at the cell at a row and column.
fn along(mesh: &Mesh, patch: &Patch, axis: usize, at: [isize; 2]) -> f64 {
    let Some(place) = place_along(mesh, patch, axis, at) else { return 0.0 };
    let bend = mesh.bend(mesh.congruent_cell(patch.cell(at[0], at[1])), place % 3);
    if place < 3 { bend.along } else { -bend.along }
}

/// The bend across it in the direction of [`BESIDE`]; on the edges of the icosahedron there are kinks in its place.
fn across(mesh: &Mesh, patch: &Patch, axis: usize, at: [isize; 2]) -> f64 {
    let cell = patch.cell(at[0], at[1]);
    let place = place_along(mesh, patch, axis, at).filter(|_| mesh.edge(cell).is_none());
    let Some(place) = place else { return 0.0 };
    let bend = mesh.bend(mesh.congruent_cell(cell), place % 3);
    if place < 3 { bend.across } else { -bend.across }
}

/// Where lines of the patch cross an edge of the icosahedron in a row.
fn kinks_of(mesh: &Mesh, patch: &Patch, row: isize) -> Vec<Kink> {
    let at = |column: isize| {
        let cell = patch.cell(row, column);
        let edge = mesh.edge(cell)?;
        let places = [0, 1, 2].map(|axis| place_along(mesh, patch, axis, [row, column]));
        let edge_axis = places.iter().position(|place| place.is_some_and(|p| p % 3 == edge.next))?;
        let kinks = (0..3).filter(move |axis| *axis != edge_axis).filter_map(move |axis| {
            let bend = mesh.bend(mesh.congruent_cell(cell), places[axis]? % 3);
            let forward = places[edge_axis]? < 3;
            Some(Kink {
                column,
                axis,
                edge: edge_axis,
                across: if forward { bend.across } else { -bend.across },
            })
        });
        Some(kinks.collect::<Vec<_>>())
    };
    (-1..=patch.columns() as isize).filter_map(at).flatten().collect()
}
