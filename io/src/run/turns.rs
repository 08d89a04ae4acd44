//! Two files that take turns, so that the one under the run's name is always closed and consistent.
//!
//! HDF5 itself does not survive a kill: a process that ends inside a flush leaves a file that no longer opens.
//! So the file under the run's name, `RUN.h5`, is never open for writing. Its sibling `.RUN.h5.next` in the same
//! folder receives what is new, is closed, and then the two exchange their names:
//!
//! 1. `.RUN.h5.old` becomes a second (hard) link to `RUN.h5`;
//! 2. `.RUN.h5.next` is renamed to `RUN.h5`, which replaces it in one atomic step;
//! 3. `.RUN.h5.old` is renamed to `.RUN.h5.next`: the next turn brings it up to date.
//!
//! A kill between any two of these leaves a whole `RUN.h5`, and at worst siblings that the next run removes. A
//! file system without hard links skips 1 and 3, and the next turn begins with a copy.
//!
//! This is safe against the end of the process at any instant, SIGKILL included. It is not a promise against
//! loss of power: nothing is forced to the disk, so after an outage the name may point to data that never
//! arrived. Two runs that write to one path at the same time are not supported either.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::error::WriteError;
use crate::whole::followed;

/// The names of the run file and of its siblings.
#[derive(Debug)]
pub(super) struct Turns {
    run: PathBuf,
    next: PathBuf,
    old: PathBuf,
}

/// What became of the sibling in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchanged {
    /// It is the file that was published before: behind by what was just published.
    Behind,
    /// There is none.
    Absent,
}

impl Turns {
    /// The names that belong to the run file `path`. A symbolic link is followed: its target is replaced or made, not it.
    pub fn new(path: &Path) -> Result<Self, WriteError> {
        let run = followed(path).map_err(|e| unwritable(path, e))?;
        // HDF5's names are UTF-8; better refused here than after an hour of work.
        let name = run.file_name().ok_or_else(|| WriteError::NotAFile { path: path.to_path_buf() })?;
        if run.to_str().is_none() {
            return Err(unwritable(
                path,
                io::Error::new(ErrorKind::InvalidInput, "the path is not valid UTF-8"),
            ));
        }
        let sibling = |ending: &str| {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            hidden.push(ending);
            run.with_file_name(hidden)
        };
        Ok(Self { next: sibling(".next"), old: sibling(".old"), run })
    }

    /// The run file.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The sibling that receives what is new.
    pub fn next(&self) -> &Path {
        &self.next
    }

    /// Finds out, before any work, whether the run file can be created, and leaves an empty sibling.
    pub fn prepare(&self, overwrite: bool) -> Result<(), WriteError> {
        let path = || self.run.clone();
        match fs::metadata(&self.run) {
            Ok(data) if !data.is_file() => return Err(WriteError::NotAFile { path: path() }),
            Ok(_) if !overwrite => return Err(WriteError::Exists { path: path() }),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(self.no_folder()),
            Err(error) => return Err(unwritable(&self.run, error)),
        }
        if !self.folder().is_dir() {
            return Err(self.no_folder());
        }
        self.remove_siblings().map_err(|e| unwritable(&self.run, e))?;
        let created = OpenOptions::new().write(true).create_new(true).open(&self.next);
        created.map(drop).map_err(|e| unwritable(&self.run, e))
    }

    /// Makes the sibling a fresh copy of the run file.
    ///
    /// The old sibling is unlinked rather than overwritten: a reader may still hold it open, and keeps it.
    pub fn copy(&self) -> Result<(), WriteError> {
        self.remove_siblings()
            .and_then(|()| fs::copy(&self.run, &self.next))
            .map_err(|e| unwritable(&self.run, e))?;
        Ok(())
    }

    /// Gives the closed sibling the name of the run file for the first time.
    pub fn publish(&self, overwrite: bool) -> Result<Exchanged, WriteError> {
        if !overwrite {
            // Unlike a rename, a link never replaces a file that somebody made in the meantime.
            match fs::hard_link(&self.next, &self.run) {
                Ok(()) => {
                    fs::remove_file(&self.next).map_err(|e| unwritable(&self.run, e))?;
                    return Ok(Exchanged::Absent);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    return Err(WriteError::Exists { path: self.run.clone() });
                }
                Err(_) => {}
            }
        }
        fs::rename(&self.next, &self.run).map_err(|e| unwritable(&self.run, e))?;
        Ok(Exchanged::Absent)
    }

    /// Exchanges the names of the closed sibling and of the run file.
    pub fn exchange(&self) -> Result<Exchanged, WriteError> {
        let linked = remove(&self.old).and_then(|()| fs::hard_link(&self.run, &self.old)).is_ok();
        fs::rename(&self.next, &self.run).map_err(|e| unwritable(&self.run, e))?;
        // From here on the new state is published: losing the sibling costs a copy, not the run.
        let kept = linked && fs::rename(&self.old, &self.next).is_ok();
        Ok(if kept { Exchanged::Behind } else { Exchanged::Absent })
    }

    /// Removes whatever an earlier run may have left beside the run file.
    pub fn remove_siblings(&self) -> io::Result<()> {
        remove(&self.next)?;
        remove(&self.old)
    }

    fn folder(&self) -> &Path {
        match self.run.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn no_folder(&self) -> WriteError {
        WriteError::NoFolder { path: self.run.clone(), folder: self.folder().to_path_buf() }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path, source: io::Error) -> WriteError {
    WriteError::Unwritable { path: path.to_path_buf(), source }
}
