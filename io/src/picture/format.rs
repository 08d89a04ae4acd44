//! Picture formats, named by the extension of a file.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A picture format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels, at twice the size on paper.
    Png,
    /// Outlines; the fields of maps are embedded pixels.
    Svg,
}

/// A file name whose extension names no picture format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` does not end in `.png` or `.svg`", path.display())]
pub struct UnknownFormat {
    /// The file name.
    pub path: PathBuf,
}

impl Format {
    /// The extensions that [`Format::of`] knows.
    pub const EXTENSIONS: [&'static str; 2] = ["png", "svg"];

    /// The format that the extension of `path` names, in upper or lower case.
    ///
    /// # Errors
    /// [`UnknownFormat`] if there is no extension or another one.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, UnknownFormat> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => Err(UnknownFormat { path: path.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_extensions_name_formats_in_any_case() {
        assert_eq!(Format::of("a/b.png"), Ok(Format::Png));
        assert_eq!(Format::of("b.old.SVG"), Ok(Format::Svg));
    }

    #[test]
    fn ref_an_unknown_extension_is_an_error_that_names_the_valid_ones() {
        for name in ["run.h5", "png", "picture", "a.png/b", ".svg"] {
            let message = Format::of(name).unwrap_err().to_string();
            assert!(
                message.contains(name) && Format::EXTENSIONS.iter().all(|e| message.contains(e)),
                "{message}"
            );
        }
    }
}
