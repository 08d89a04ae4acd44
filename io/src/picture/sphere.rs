//! A field, particles and points on the sphere.

use std::fmt;

use super::axis::Scale;
use super::canvas::{Anchor, Area, Canvas, Type};
use super::colour::{INK, Rgb, dot_colour};
use super::dots::{Dots, Room, check_finite, check_masses, choose, left_out};
use super::legend::{Entry, Mark, cross, dot, heading, heading_height, notes, notes_height};
use super::map::{Coordinate, Map, Projection, hemispheres, name_of};
use super::output::PictureError;
use super::scale::{BAR_ROOM, ColourScale};

/// Room for labels around a map.
const RIM: f64 = 36.0;
/// Room for a line above a map.
const CAPTION: f64 = 22.0;

/// How the sphere is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SphereView {
    /// The whole sphere, areas true: longitude from the x axis, latitude towards z, east to the right as seen from
    /// outside.
    #[default]
    Mollweide,
    /// The halves around the positive and the negative end of an axis, as seen from there from far away.
    Hemispheres(Coordinate),
}

#[derive(Clone, Copy)]
struct Field<'a> {
    values: &'a [f64],
    nearest: &'a dyn Fn(&[f64; 3], usize) -> usize,
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("values", &self.values).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
struct Particles<'a> {
    label: String,
    positions: &'a [[f64; 3]],
    masses: &'a [f64],
}

/// A field, particles and points on the sphere. Points may be of any length but zero: they are divided by it.
#[derive(Clone, Debug)]
pub struct SpherePanel<'a> {
    title: String,
    view: SphereView,
    quantity: String,
    scale: Scale,
    range: Option<(f64, f64)>,
    field: Option<Field<'a>>,
    particles: Vec<Particles<'a>>,
    targets: Vec<(String, &'a [[f64; 3]])>,
}

impl<'a> SpherePanel<'a> {
    /// An empty panel.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            view: SphereView::Mollweide,
            quantity: "density (mass per surface measure)".to_owned(),
            scale: Scale::Linear,
            range: None,
            field: None,
            particles: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Sets the view.
    #[must_use]
    pub fn view(mut self, view: SphereView) -> Self {
        self.view = view;
        self
    }

    /// Names what the colours show, with its unit; at first "density (mass per surface measure)".
    #[must_use]
    pub fn quantity(mut self, quantity: impl Into<String>) -> Self {
        self.quantity = quantity.into();
        self
    }

    /// Sets the scale of the colours. A linear one starts at zero, or is symmetric about it if some values are
    /// negative; a logarithmic one spans at most six decades.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Fixes the ends of the colour scale, such as for the frames of a film.
    ///
    /// # Panics
    /// Unless `low < high`, both finite.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        assert!(
            low < high && low.is_finite() && high.is_finite(),
            "no range of colours from {low} to {high}"
        );
        self.range = Some((low, high));
        self
    }

    /// Sets the field: one value per cell, and `nearest(point, hint)`, the index of the cell that holds the unit
    /// vector `point`, where `hint` is a cell close to it (at first 0). Without values no field is drawn.
    ///
    /// Rendering panics if `nearest` gives an index out of range.
    #[must_use]
    pub fn field(mut self, values: &'a [f64], nearest: &'a dyn Fn(&[f64; 3], usize) -> usize) -> Self {
        self.field = Some(Field { values, nearest });
        self
    }

    /// Adds particles: dots of area proportional to mass. Of more than 20 000 only the largest are drawn, and a note
    /// says so.
    ///
    /// # Panics
    /// If `positions` and `masses` differ in length.
    #[must_use]
    pub fn particles(
        mut self,
        label: impl Into<String>,
        positions: &'a [[f64; 3]],
        masses: &'a [f64],
    ) -> Self {
        let label = label.into();
        assert_eq!(positions.len(), masses.len(), "`{label}`: one mass for each position");
        self.particles.push(Particles { label, positions, masses });
        self
    }

    /// Adds points, such as a teacher's directions or the true support: crosses.
    #[must_use]
    pub fn targets(mut self, label: impl Into<String>, positions: &'a [[f64; 3]]) -> Self {
        self.targets.push((label.into(), positions));
        self
    }

    pub(super) fn height(&self, width: f64) -> f64 {
        let heading = heading_height(width, &self.title, &self.legend());
        let map = match self.view {
            SphereView::Mollweide => 0.5 * map_width(width, 1),
            SphereView::Hemispheres(_) => CAPTION + map_width(width, 2),
        };
        let left_out = self.particles.iter().filter(|set| left_out(set.masses)).count();
        let clipped = self.colours().is_some_and(|scale| scale.note.is_some());
        heading + map + 2.0 * RIM - 12.0 + notes_height(left_out + usize::from(clipped))
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, area: Area) -> Result<(), PictureError> {
        let rest = heading(canvas, area, &self.title, &self.legend());
        let maps = self.maps(rest);
        let surface = maps.iter().map(Map::surface).sum();
        let dots: Vec<Dots> =
            self.particles.iter().map(|set| choose(&set.label, set.masses, Room::Surface(surface))).collect();
        let mut remarks = self.draw_field(canvas, &maps)?;
        remarks.extend(dots.iter().filter_map(|set| set.note.clone()));
        for map in &maps {
            map.draw_graticule(canvas, self.drawn_field().is_some());
            map.draw_labels(canvas);
            self.draw_marks(canvas, map, &dots);
        }
        // Notes follow the map, also where a neighbour makes the row higher.
        let below = maps[0].area.bottom() + RIM + notes_height(remarks.len());
        notes(canvas, Area { height: below - area.y, ..area }, &remarks);
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), PictureError> {
        if let Some(field) = &self.field {
            check_finite(&self.quantity, field.values)?;
        }
        for set in &self.particles {
            check_masses(&set.label, set.masses)?;
            check_points(&set.label, set.positions)?;
        }
        self.targets.iter().try_for_each(|(label, points)| check_points(label, points))
    }

    fn colours(&self) -> Option<ColourScale> {
        self.drawn_field().map(|field| ColourScale::of(field.values, self.scale, self.range))
    }

    fn drawn_field(&self) -> Option<Field<'a>> {
        self.field.filter(|field| !field.values.is_empty())
    }

    /// The maps, one or two, side by side below the heading.
    fn maps(&self, rest: Area) -> Vec<Map> {
        match self.view {
            SphereView::Mollweide => {
                let width = map_width(rest.width, 1);
                let x = (rest.x + RIM).round();
                let area = Area { x, y: (rest.y + RIM - 12.0).round(), width, height: 0.5 * width };
                vec![Map { area, projection: Projection::Mollweide }]
            }
            SphereView::Hemispheres(coordinate) => {
                let width = map_width(rest.width, 2);
                let y = (rest.y + CAPTION + RIM - 12.0).round();
                let place = |k: usize| Area {
                    x: (rest.x + RIM + k as f64 * (width + 2.0 * RIM)).round(),
                    y,
                    width,
                    height: width,
                };
                let views = hemispheres(coordinate).into_iter().enumerate();
                views.map(|(k, v)| Map { area: place(k), projection: Projection::Orthographic(v) }).collect()
            }
        }
    }

    /// Draws field, captions and colour bar; gives the notes on them.
    fn draw_field(&self, canvas: &mut Canvas, maps: &[Map]) -> Result<Vec<String>, PictureError> {
        for map in maps {
            if let Projection::Orthographic(view) = map.projection {
                let words = format!("seen from {}", name_of(view.toward));
                let at = (map.area.centre().0, map.area.y - 30.0);
                canvas.text(at, Type::new(15.0, INK, Anchor::Middle), &words);
            }
        }
        let (Some(field), Some(scale)) = (self.drawn_field(), self.colours()) else { return Ok(Vec::new()) };
        let colours: Vec<Rgb> = field.values.iter().map(|&value| scale.colour(value)).collect();
        for map in maps {
            map.draw_field(canvas, &colours, field.nearest)?;
        }
        let last = maps[maps.len() - 1].area;
        let height = last.height;
        let bar = Area {
            x: last.right() + RIM + 6.0,
            y: (last.centre().1 - 0.5 * height).round(),
            width: BAR_ROOM,
            height,
        };
        scale.draw_bar(canvas, bar, &self.quantity)?;
        Ok(scale.note.into_iter().collect())
    }

    fn draw_marks(&self, canvas: &mut Canvas, map: &Map, dots: &[Dots]) {
        for (k, (set, dots)) in self.particles.iter().zip(dots).enumerate() {
            for &(j, radius) in &dots.chosen {
                if let Some(at) = map.place(&direction(&set.positions[j])) {
                    dot(canvas, at, radius, dot_colour(k));
                }
            }
        }
        for point in self.targets.iter().flat_map(|(_, points)| *points) {
            if let Some(at) = map.place(&direction(point)) {
                cross(canvas, at);
            }
        }
    }

    fn legend(&self) -> Vec<Entry> {
        let dots = self.particles.iter().enumerate();
        let mut entries: Vec<Entry> =
            dots.map(|(k, set)| Entry::new(Mark::Dot(dot_colour(k)), &set.label)).collect();
        entries.extend(self.targets.iter().map(|(label, _)| Entry::new(Mark::Cross, label)));
        entries
    }
}

/// Width of each of `count` maps beside a colour bar, a multiple of four so that halves fall on pixels.
fn map_width(width: f64, count: usize) -> f64 {
    let count = count as f64;
    let room = width - BAR_ROOM - 2.0 * RIM * count;
    (room / count / 4.0).floor().max(10.0) * 4.0
}

fn direction(p: &[f64; 3]) -> [f64; 3] {
    let length = p.iter().map(|c| c * c).sum::<f64>().sqrt();
    p.map(|c| c / length)
}

fn check_points(label: &str, points: &[[f64; 3]]) -> Result<(), PictureError> {
    let length = |p: &[f64; 3]| p.iter().map(|c| c * c).sum::<f64>().sqrt();
    match points.iter().position(|p| !(1e-100..1e100).contains(&length(p))) {
        None => Ok(()),
        Some(index) => Err(PictureError::Value {
            what: format!("{label} (length of a position)"),
            index,
            value: length(&points[index]),
            need: "finite and nonzero",
        }),
    }
}
