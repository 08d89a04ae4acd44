//! What can go wrong with a run file.

use std::io;
use std::path::{Path, PathBuf};

/// Why a run file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is no such file.
    #[error("`{}` does not exist", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refuses to read it.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is of another kind.
    #[error("`{}` is not an HDF5 file", path.display())]
    NotHdf5 {
        /// The file.
        path: PathBuf,
    },
    /// An HDF5 file that another program made.
    #[error("`{}` is an HDF5 file but not a run of sphereflow", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
    },
    /// A run of a version that this one does not know.
    #[error("`{}` has format version {found}; this program reads version {known}", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// Truncated, corrupt, or not laid out as a run file.
    #[error("`{}` is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// The run is sound but does not hold what was asked for.
    #[error("`{}` holds no {what}", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        what: String,
    },
}

/// Why a run file cannot be created or continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file exists, and overwriting was not asked for.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The folder that should hold the file does not exist.
    #[error("`{}` cannot be created: there is no folder `{}`", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The missing folder.
        folder: PathBuf,
    },
    /// The path names a folder, a device or nothing that a file could replace.
    #[error("`{}` is not a regular file and cannot be replaced by one", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refuses to create, rename, copy or write, for example because the disk is full. The run file
    /// keeps what it held.
    #[error("`{}` cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// HDF5 fails to write for a reason that is not the system's. The run file keeps what it held.
    #[error("`{}` cannot be written: {what}", path.display())]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// HDF5's reason.
        what: String,
    },
    /// It was to be written after a failure that was told before.
    #[error("`{}` is no longer written after an earlier failure", path.display())]
    Ended {
        /// The file.
        path: PathBuf,
    },
    /// The run to be continued cannot be read.
    #[error(transparent)]
    Read(#[from] RunError),
}

impl WriteError {
    /// A failure of HDF5: the system's reason where there is one, else HDF5's own.
    pub(super) fn of_hdf5(path: &Path, error: &hdf5::Error) -> Self {
        let path = path.to_path_buf();
        match system_error(&error.to_string()) {
            Some(source) => Self::Unwritable { path, source },
            None => Self::Hdf5 { path, what: reason(error) },
        }
    }
}

/// What HDF5 says in words: its messages go on with the time, descriptors and addresses, and begin with a function.
pub(crate) fn reason(error: &hdf5::Error) -> String {
    let text = error.to_string();
    if let Some(error) = system_error(&text) {
        return error.to_string();
    }
    let words = text.split_once("(): ").map_or(&text[..], |(_, words)| words);
    let end = words.find(": time = ").unwrap_or(words.len());
    words[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The system's error that a message of HDF5 quotes as `errno = 28`.
fn system_error(text: &str) -> Option<io::Error> {
    let (_, rest) = text.split_once("errno = ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|&code| code != 0).map(io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hdf5_says_is_told_in_words() {
        let full = "H5Dflush(): unable to flush dataset: file write failed: time = Tue Nov 24 18:27:20 2026\n, filename = \
                    'small/.run.h5.next', file descriptor = 3, errno = 28, error message = 'No space left on device', \
                    buf = 0x5574e8a4855c, total write size = 189003";
        let error = WriteError::of_hdf5(Path::new("run.h5"), &full.into());
        assert_eq!(error.to_string(), "`run.h5` cannot be written: No space left on device (os error 28)");
        let other = "H5Fopen(): unable to open file: file read failed: time = Tue Nov 24 18:27:20 2026\n, filename = 'x', errno = 0";
        assert_eq!(reason(&other.into()), "unable to open file: file read failed");
        assert_eq!(reason(&"rows do not fit".into()), "rows do not fit");
    }
}
