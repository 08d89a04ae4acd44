//! What can go wrong with a run file.

use std::io;
use std::path::PathBuf;

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
    /// The operating system refuses to create, rename or copy.
    #[error("`{}` cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// HDF5 fails to write, for example because the disk is full. The run file keeps what it held.
    #[error("`{}` cannot be written: {source}", path.display())]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// HDF5's reason.
        source: hdf5::Error,
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
