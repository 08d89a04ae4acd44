//! One map of the sphere on paper: field, graticule, labels and marks.

use std::f64::consts::PI;

use resvg::tiny_skia::{IntSize, Pixmap};

use super::canvas::{Anchor, Area, Canvas, Pen, Type, ellipse};
use super::colour::{INK, Rgb, SOFT_INK, WHITE};
use super::frame::polyline;
use super::output::PictureError;
use super::projection::{Orthographic, geographic, mollweide, mollweide_inverse};

/// Pixels of an embedded field per user unit: those of the PNG.
const RASTER: f64 = 2.0;
const LABEL: f64 = 14.0;

/// A coordinate axis of space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coordinate {
    /// The output weight of a two-layer domain.
    #[default]
    X,
    /// The second coordinate.
    Y,
    /// The third coordinate.
    Z,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Projection {
    Mollweide,
    Orthographic(Orthographic),
}

/// A projection that fills `area`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    pub area: Area,
    pub projection: Projection,
}

/// The two halves of the sphere as seen from the positive and the negative end of `coordinate`.
pub(super) fn hemispheres(coordinate: Coordinate) -> [Orthographic; 2] {
    let (right, up, toward) = match coordinate {
        Coordinate::X => ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
        Coordinate::Y => ([-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
        Coordinate::Z => ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
    };
    let minus = |v: [f64; 3]| v.map(|c: f64| 0.0 - c);
    let front = Orthographic { right, up, toward };
    [front, Orthographic { right: minus(right), up, toward: minus(toward) }]
}

impl Map {
    /// Place on paper of the unit vector `p`; none if it lies on the far side.
    pub fn place(&self, p: &[f64; 3]) -> Option<(f64, f64)> {
        let (x, y) = match self.projection {
            Projection::Mollweide => Some(mollweide(p)),
            Projection::Orthographic(view) => view.project(p),
        }?;
        let (cx, cy) = self.area.centre();
        Some((cx + 0.5 * self.area.width * x, cy - 0.5 * self.area.height * y))
    }

    fn inverse(&self, at: (f64, f64)) -> Option<[f64; 3]> {
        match self.projection {
            Projection::Mollweide => mollweide_inverse(at),
            Projection::Orthographic(view) => view.inverse(at),
        }
    }

    /// The outline as path data.
    pub fn outline(&self) -> String {
        ellipse(self.area.centre(), 0.5 * self.area.width, 0.5 * self.area.height)
    }

    /// Draws a field: the colour of each pixel is that of the cell `nearest` to it.
    pub fn draw_field(
        &self,
        canvas: &mut Canvas,
        colours: &[Rgb],
        nearest: &dyn Fn(&[f64; 3], usize) -> usize,
    ) -> Result<(), PictureError> {
        let png = self.raster(colours, nearest)?;
        canvas.clipped(&self.outline(), |canvas| canvas.image(self.area, &png));
        Ok(())
    }

    fn raster(
        &self,
        colours: &[Rgb],
        nearest: &dyn Fn(&[f64; 3], usize) -> usize,
    ) -> Result<Vec<u8>, PictureError> {
        let columns = (self.area.width * RASTER).round() as u32;
        let rows = (self.area.height * RASTER).round() as u32;
        let mut pixels = Vec::with_capacity(4 * columns as usize * rows as usize);
        let mut row_hint = 0;
        for row in 0..rows {
            let y = 1.0 - (2.0 * f64::from(row) + 1.0) / f64::from(rows);
            let mut hint = None;
            for column in 0..columns {
                let x = (2.0 * f64::from(column) + 1.0) / f64::from(columns) - 1.0;
                let Some(point) = self.inverse(onto_rim(x, y)) else {
                    pixels.extend([255; 4]);
                    continue;
                };
                let cell = nearest(&point, hint.unwrap_or(row_hint));
                if hint.is_none() {
                    row_hint = cell;
                }
                hint = Some(cell);
                let [r, g, b] = colours[cell].0;
                pixels.extend([r, g, b, 255]);
            }
        }
        encode(pixels, columns, rows)
    }

    /// Draws parallels every 30 degrees and meridians every 45, and the rim.
    pub fn draw_graticule(&self, canvas: &mut Canvas, over_field: bool) {
        let colour = if over_field { WHITE } else { SOFT_INK };
        let pen = Pen::solid(colour, 0.8).faded(0.4);
        let nowhere = (f64::NAN, f64::NAN);
        let mut draw = |points: &mut dyn Iterator<Item = [f64; 3]>| {
            let line: Vec<(f64, f64)> = points.map(|p| self.place(&p).unwrap_or(nowhere)).collect();
            polyline_piecewise(canvas, &line, &pen);
        };
        for latitude in (-60..=60).step_by(30).map(f64::from) {
            // The ends stay off the cut of the Mollweide map, where left and right meet.
            draw(&mut (0..=180).map(|k| geographic(f64::from(2 * k - 180) * 0.999_999, latitude)));
        }
        for longitude in (-135..=180).step_by(45).map(f64::from) {
            draw(&mut (0..=90).map(|k| geographic(longitude, f64::from(2 * k - 90))));
        }
        canvas.path(&self.outline(), None, Some(&Pen::solid(SOFT_INK, 1.2)));
    }

    /// Draws degrees and names of axes.
    pub fn draw_labels(&self, canvas: &mut Canvas) {
        match self.projection {
            Projection::Mollweide => self.label_mollweide(canvas),
            Projection::Orthographic(view) => self.label_rim(canvas, view),
        }
    }

    fn label_mollweide(&self, canvas: &mut Canvas) {
        let (cx, cy) = self.area.centre();
        let size = if self.area.width > 700.0 { LABEL } else { 11.0 };
        let style = |anchor| Type::new(size, INK, anchor);
        canvas.text((cx, self.area.y - 7.0), style(Anchor::Middle), "+z");
        canvas.text((cx, self.area.bottom() + 7.0 + size), style(Anchor::Middle), "−z");
        let wide = self.area.width > 700.0;
        for longitude in (-135..=135).step_by(45) {
            let name = match longitude {
                0 => "+x",
                90 => "+y",
                -90 => "−y",
                _ if wide => "",
                _ => continue,
            };
            let degrees =
                if wide { format!("{longitude}° {name}").replace('-', "−") } else { name.to_owned() };
            let x = cx + 0.5 * self.area.width * f64::from(longitude) / 180.0;
            canvas.text((x, cy + size + 2.0), style(Anchor::Middle).on_plate(), degrees.trim_end());
        }
        canvas.text((self.area.x - 8.0, cy + 0.36 * size), style(Anchor::End), "−x");
        canvas.text((self.area.right() + 8.0, cy + 0.36 * size), style(Anchor::Start), "−x");
        for latitude in [-60, -30, 30, 60] {
            let (x, y) = mollweide(&geographic(180.0, f64::from(latitude)));
            let at =
                (cx - 0.5 * self.area.width * x.abs() - 11.0, cy - 0.5 * self.area.height * y + 0.36 * size);
            canvas.text(at, style(Anchor::End), &format!("{latitude}°").replace('-', "−"));
        }
    }

    fn label_rim(&self, canvas: &mut Canvas, view: Orthographic) {
        let (cx, cy) = self.area.centre();
        let radius = 0.5 * self.area.width;
        let style = |anchor| Type::new(LABEL, INK, anchor);
        let minus = |v: [f64; 3]| v.map(|c: f64| 0.0 - c);
        canvas.text((cx, cy - radius - 8.0), style(Anchor::Middle), name_of(view.up));
        canvas.text((cx, cy + radius + 8.0 + LABEL), style(Anchor::Middle), name_of(minus(view.up)));
        canvas.text((cx + radius + 8.0, cy + 0.36 * LABEL), style(Anchor::Start), name_of(view.right));
        canvas.text((cx - radius - 8.0, cy + 0.36 * LABEL), style(Anchor::End), name_of(minus(view.right)));
        canvas.text((cx, cy + LABEL + 3.0), style(Anchor::Middle).on_plate(), name_of(view.toward));
    }

    /// Area on paper.
    pub fn surface(&self) -> f64 {
        0.25 * PI * self.area.width * self.area.height
    }
}

/// Pixels cut by the rim take the colour just inside; those further out are left white.
fn onto_rim(x: f64, y: f64) -> (f64, f64) {
    let radius = x.hypot(y);
    if radius > 1.0 && radius < 1.01 { (x / radius * 0.999_999, y / radius * 0.999_999) } else { (x, y) }
}

/// Parts of a line on the near side.
fn polyline_piecewise(canvas: &mut Canvas, line: &[(f64, f64)], pen: &Pen) {
    for piece in line.split(|p| p.0.is_nan()).filter(|piece| piece.len() > 1) {
        polyline(canvas, piece, pen);
    }
}

/// The name of a signed coordinate axis, such as "−y".
pub(super) fn name_of(axis: [f64; 3]) -> &'static str {
    let names = [["−x", "+x"], ["−y", "+y"], ["−z", "+z"]];
    let k = axis.iter().position(|c| c.abs() > 0.5).unwrap_or(0);
    names[k][usize::from(axis[k] > 0.0)]
}

/// Opaque RGBA pixels as a PNG.
pub(super) fn encode(rgba: Vec<u8>, columns: u32, rows: u32) -> Result<Vec<u8>, PictureError> {
    let pixmap = IntSize::from_wh(columns, rows).and_then(|size| Pixmap::from_vec(rgba, size));
    let too_large = PictureError::TooLarge { width: f64::from(columns), height: f64::from(rows) };
    pixmap.ok_or(too_large)?.encode_png().map_err(|error| PictureError::Drawing(error.to_string()))
}
