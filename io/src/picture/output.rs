//! A finished picture and its ways out: SVG, PNG, pixels, a file.

use std::io;
use std::path::{Path, PathBuf};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Tree, WriteOptions};
use thiserror::Error;

use super::format::{Format, UnknownFormat};
use super::text;
use crate::whole::write_whole;

/// Pixels of a PNG per user unit, each way.
const PNG_SCALE: f64 = 2.0;

/// Why a picture could not be drawn or written.
#[derive(Debug, Error)]
pub enum PictureError {
    /// A value that cannot be drawn.
    #[error("{what}: value {index} is {value}, not {need}")]
    Value {
        /// The series, field or set of particles that holds it.
        what: String,
        /// Its index, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// What it should have been.
        need: &'static str,
    },
    /// The file name does not tell the format.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// A picture with this many pixels each way cannot be held in memory.
    #[error("a picture of {width} by {height} pixels is too large")]
    TooLarge {
        /// Pixels across.
        width: f64,
        /// Pixels down.
        height: f64,
    },
    /// The drawing library refused the drawing.
    #[error("the picture cannot be drawn: {0}")]
    Drawing(String),
    /// The file could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// A picture as rows of pixels, from the upper left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue, opacity (always 255) of each pixel: `4 * width * height` bytes.
    pub rgba: Vec<u8>,
}

/// A finished picture.
#[derive(Clone, Debug)]
pub struct Picture {
    tree: Tree,
}

impl Picture {
    pub(super) fn parse(document: &str) -> Result<Self, PictureError> {
        let tree = Tree::from_str(document, &text::options())
            .map_err(|error| PictureError::Drawing(error.to_string()))?;
        Ok(Self { tree })
    }

    /// Size on paper (width, height), in CSS pixels of 1/96 inch.
    pub fn size(&self) -> (f64, f64) {
        (f64::from(self.tree.size().width()), f64::from(self.tree.size().height()))
    }

    /// The picture as an SVG document, its texts as outlines.
    pub fn to_svg(&self) -> String {
        self.tree.to_string(&WriteOptions {
            preserve_text: false,
            coordinates_precision: 3,
            transforms_precision: 6,
            indent: usvg::Indent::None,
            attributes_indent: usvg::Indent::None,
            ..WriteOptions::default()
        })
    }

    /// The picture as a PNG, two pixels for each of [`Picture::size`] each way.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`], [`PictureError::Drawing`].
    pub fn to_png(&self) -> Result<Vec<u8>, PictureError> {
        self.rasterise(PNG_SCALE)?.encode_png().map_err(|error| PictureError::Drawing(error.to_string()))
    }

    /// The picture as pixels, `scale` for each of [`Picture::size`] each way: the frames of a film.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`], also if `scale` leaves no pixel.
    pub fn to_pixels(&self, scale: f64) -> Result<Pixels, PictureError> {
        let pixmap = self.rasterise(scale)?;
        // The page is opaque, so that premultiplied and plain colours are the same.
        Ok(Pixels { width: pixmap.width(), height: pixmap.height(), rgba: pixmap.take() })
    }

    /// Writes the picture to `path` in the format of its extension, by [`write_whole`].
    ///
    /// # Errors
    /// [`PictureError::Format`], [`PictureError::Write`], and those of [`Picture::to_png`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), PictureError> {
        let path = path.as_ref();
        let bytes = match Format::of(path)? {
            Format::Png => self.to_png()?,
            Format::Svg => self.to_svg().into_bytes(),
        };
        write_whole(path, &bytes).map_err(|source| PictureError::Write { path: path.to_owned(), source })
    }

    fn rasterise(&self, scale: f64) -> Result<Pixmap, PictureError> {
        let (width, height) = self.size();
        let (width, height) = ((width * scale).round(), (height * scale).round());
        let mut pixmap =
            Pixmap::new(width as u32, height as u32).ok_or(PictureError::TooLarge { width, height })?;
        let zoom = Transform::from_scale(scale as f32, scale as f32);
        resvg::render(&self.tree, zoom, &mut pixmap.as_mut());
        Ok(pixmap)
    }
}
