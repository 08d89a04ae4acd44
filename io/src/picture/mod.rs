//! Pictures of runs: densities and particles on the circle and the sphere, and time series, as PNG or SVG.
//!
//! A [`Figure`] is a page of panels: [`CirclePanel`], [`SpherePanel`], [`SeriesPanel`]. They borrow plain slices and
//! choose layout, ticks and colours themselves; [`Figure::render`] gives a [`Picture`], which is written to a file.
//! Texts are set in a bundled font and leave as outlines: no font is needed to draw a picture or to look at it.
//! Angles are in radians in the data and in degrees on paper.
//!
//! Slices that belong together and differ in length are a mistake of the caller, and panic. Values that cannot be
//! drawn are an error of [`Figure::render`] that names them.
//!
//! ```
//! # use sphereflow_io::picture::{CirclePanel, Figure};
//! let angle: Vec<f64> = (0..64).map(|i| (f64::from(i) + 0.5) * std::f64::consts::TAU / 64.0).collect();
//! let density: Vec<f64> = angle.iter().map(|t| 1.0 + t.cos()).collect();
//! let panel = CirclePanel::new("t = 3").density("finite volumes", &angle, &density);
//! let picture = Figure::new("A flow on the circle").panel(panel).render()?;
//! assert!(picture.to_svg().starts_with("<svg"));
//! # Ok::<(), sphereflow_io::picture::PictureError>(())
//! ```

mod axis;
mod canvas;
mod circle;
mod colour;
mod dots;
mod figure;
mod format;
mod frame;
mod legend;
mod map;
mod output;
mod polar;
mod projection;
mod scale;
mod series;
mod sphere;
mod text;

pub use axis::Scale;
pub use circle::{CirclePanel, CircleView};
pub use figure::{Figure, Panel};
pub use format::{Format, UnknownFormat};
pub use map::Coordinate;
pub use output::{Picture, PictureError, Pixels};
pub use series::SeriesPanel;
pub use sphere::{SpherePanel, SphereView};

#[cfg(test)]
mod tests;
