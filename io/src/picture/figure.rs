//! A page of panels.

use super::canvas::{Anchor, Area, Canvas, Type};
use super::circle::CirclePanel;
use super::colour::INK;
use super::output::{Picture, PictureError};
use super::series::SeriesPanel;
use super::sphere::SpherePanel;
use super::text;

/// Width of every figure, in CSS pixels.
const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 28.0;
const GAP: f64 = 26.0;

/// One drawing of a figure.
#[derive(Debug)]
pub enum Panel<'a> {
    /// Densities and particles on the circle.
    Circle(CirclePanel<'a>),
    /// A field and particles on the sphere.
    Sphere(SpherePanel<'a>),
    /// Lines against a common axis.
    Series(SeriesPanel<'a>),
}

impl Panel<'_> {
    fn height(&self, width: f64) -> f64 {
        match self {
            Self::Circle(panel) => panel.height(width),
            Self::Sphere(panel) => panel.height(width),
            Self::Series(panel) => panel.height(width),
        }
    }

    fn check(&self) -> Result<(), PictureError> {
        match self {
            Self::Circle(panel) => panel.check(),
            Self::Sphere(panel) => panel.check(),
            Self::Series(panel) => panel.check(),
        }
    }

    /// Draws a panel whose values have been checked.
    fn draw(&self, canvas: &mut Canvas, area: Area) -> Result<(), PictureError> {
        match self {
            Self::Circle(panel) => {
                panel.draw(canvas, area);
                Ok(())
            }
            Self::Sphere(panel) => panel.draw(canvas, area),
            Self::Series(panel) => {
                panel.draw(canvas, area);
                Ok(())
            }
        }
    }
}

impl<'a> From<CirclePanel<'a>> for Panel<'a> {
    fn from(panel: CirclePanel<'a>) -> Self {
        Self::Circle(panel)
    }
}

impl<'a> From<SpherePanel<'a>> for Panel<'a> {
    fn from(panel: SpherePanel<'a>) -> Self {
        Self::Sphere(panel)
    }
}

impl<'a> From<SeriesPanel<'a>> for Panel<'a> {
    fn from(panel: SeriesPanel<'a>) -> Self {
        Self::Series(panel)
    }
}

/// A page of panels under a title, 1200 CSS pixels wide and as high as its panels need.
#[derive(Debug)]
pub struct Figure<'a> {
    title: String,
    columns: usize,
    panels: Vec<Panel<'a>>,
}

impl<'a> Figure<'a> {
    /// A figure without panels, in one column; an empty title takes no room.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), columns: 1, panels: Vec::new() }
    }

    /// Sets the number of panels side by side: 1, 2 or 3.
    ///
    /// # Panics
    /// If `columns` is another number: panels would become too small to read.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        assert!((1..=3).contains(&columns), "a figure has 1, 2 or 3 columns, not {columns}");
        self.columns = columns;
        self
    }

    /// Adds a panel: to the right of the last one, or below where the row is full.
    #[must_use]
    pub fn panel(mut self, panel: impl Into<Panel<'a>>) -> Self {
        self.panels.push(panel.into());
        self
    }

    /// Draws the figure.
    ///
    /// # Errors
    /// [`PictureError::Value`] for a value that cannot be drawn: one that is not finite, a negative mass, a point
    /// that is no direction; [`PictureError::Drawing`] if the drawing library refuses.
    pub fn render(&self) -> Result<Picture, PictureError> {
        self.panels.iter().try_for_each(Panel::check)?;
        let mut canvas = Canvas::default();
        let mut y = MARGIN;
        if !self.title.is_empty() {
            let fit = (WIDTH - 2.0 * MARGIN) / text::width(&self.title, 1.0);
            let size = fit.clamp(9.0, 24.0);
            canvas.text((0.5 * WIDTH, y + 20.0), Type::new(size, INK, Anchor::Middle), &self.title);
            y += 44.0;
        }
        let columns = self.columns as f64;
        let width = (WIDTH - 2.0 * MARGIN - (columns - 1.0) * GAP) / columns;
        for row in self.panels.chunks(self.columns) {
            let height = row.iter().map(|panel| panel.height(width)).fold(0.0, f64::max);
            for (k, panel) in row.iter().enumerate() {
                // Whole units: pixels of embedded images then fall on pixels of the page.
                let x = (MARGIN + k as f64 * (width + GAP)).round();
                panel.draw(&mut canvas, Area { x, y, width, height })?;
            }
            y = (y + height + GAP).round();
        }
        let height = if self.panels.is_empty() { y + MARGIN } else { y - GAP + MARGIN };
        Picture::parse(&canvas.finish(WIDTH, height.round()))
    }
}
