//! Files that appear whole or not at all, and what a path leads to.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The most symbolic links that are followed one after the other, as in Linux.
const MOST_LINKS: usize = 40;

/// Writes a file that appears whole or not at all, in the place of one that exists. A symbolic link is followed: its target is
/// replaced or made, not it. A device or a pipe is written to.
///
/// # Errors
/// As the system tells them; nothing is left over.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        return fs::write(path, bytes);
    }
    let path = followed(path)?;
    // A sibling first, renamed when it is complete.
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        // The first error is the one to report.
        let _ = fs::remove_file(&partial);
    })
}

/// The path at the end of a chain of symbolic links, whether anything is there or not.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            // A relative target counts from the folder of its link.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its symbolic links lead nowhere"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name);
        for text in ["first", "second"] {
            write_whole(&within("a"), text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(within("a")).unwrap(), text);
        }
        assert!(write_whole(&within("no").join("a"), b"lost").is_err());
        assert!(write_whole(folder.path(), b"lost").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn law_links_are_followed_and_devices_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name);
        for (link, target) in [("a", "b"), ("b", "c"), ("x", "y"), ("y", "x")] {
            std::os::unix::fs::symlink(target, within(link)).unwrap();
        }
        write_whole(&within("a"), b"text").unwrap();
        assert!(within("a").is_symlink() && within("b").is_symlink());
        assert_eq!(fs::read(within("c")).unwrap(), b"text");
        assert!(write_whole(&within("x"), b"text").is_err());
        write_whole(Path::new("/dev/null"), b"text").unwrap();
    }
}
