//! Meshes that are dear to make, kept on the disk.
//!
//! What is kept are the generators up to symmetry, some 2 bytes for each cell of the mesh; loading gives the same bits as
//! building. A file is an HDF5 file with the SHA-256 digest of all that precedes as its last 32 bytes, which HDF5 ignores.
//! The digest is compared before HDF5 sees the file: what it opens is what was written, to the byte.
//!
//! A file appears under its name whole or not at all, so that any number of processes may share a folder. Nothing that is
//! wrong with the cache is an error: the mesh is built, and the [trouble](CacheTrouble) is told.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5::File;
use ndarray::ArrayView2;
use sha2::{Digest, Sha256};
use sphereflow_mesh::{Generators, Mesh, MeshError, SphereMesh};

use crate::run::{Stored, number_attribute, reason, scalar, text, text_attribute};

const FORMAT: &str = "sphereflow-generators";
/// Version of the file's layout and of the generators: it grows when either changes.
const FORMAT_VERSION: u32 = 1;
const WEIGHTS: &str = "weights";
/// The digest at the end.
const DIGEST_BYTES: usize = 32;
/// What HDF5 may need beside the numbers.
const OVERHEAD_BYTES: usize = 1 << 16;

/// The least subdivision of a centroidal mesh that is kept. Below, finding the generators takes some hundredths of a second
/// and is not worth a file; of the other kinds, none is found later than it is read.
const LEAST_KEPT: usize = 64;

/// A folder in which meshes are kept, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshCache {
    folder: Option<PathBuf>,
}

/// A mesh, with where it comes from.
#[derive(Debug)]
pub struct KeptMesh {
    /// The mesh.
    pub mesh: Mesh,
    /// Whether it comes from the cache.
    pub from_cache: bool,
    /// What is wrong with the cache, if anything.
    pub trouble: Option<CacheTrouble>,
}

impl From<Mesh> for KeptMesh {
    fn from(mesh: Mesh) -> Self {
        Self { mesh, from_cache: false, trouble: None }
    }
}

/// What is wrong with a cache of meshes. The mesh was built all the same.
#[derive(Debug, thiserror::Error)]
pub enum CacheTrouble {
    /// A file that is damaged, or of something else.
    #[error("`{}` is not what was kept there ({what}); the mesh is built anew", path.display())]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file that the system does not let be read.
    #[error("`{}` cannot be read: {what}; the mesh is built anew", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The mesh cannot be kept.
    #[error("the mesh cannot be kept in `{}`: {what}", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        what: String,
    },
}

impl MeshCache {
    /// No cache: every mesh is built.
    pub fn off() -> Self {
        Self { folder: None }
    }

    /// The cache in a folder, which is made when there is something to keep.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// The cache of the user: the folder `$SPHEREFLOW_CACHE`, none if that is empty or `off`; else
    /// `$XDG_CACHE_HOME/sphereflow`; else `~/.cache/sphereflow`; else none.
    pub fn of_user() -> Self {
        Self::of_environment(|name| std::env::var_os(name))
    }

    /// [`Self::of_user`] with the variables of another environment.
    fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        if let Some(folder) = variable("SPHEREFLOW_CACHE") {
            return if folder.is_empty() || folder == "off" { Self::off() } else { Self::at(folder) };
        }
        // The specification has relative paths ignored.
        let absolute = |name| variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
        let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        Self { folder: caches.map(|caches| caches.join("sphereflow")) }
    }

    /// The folder, if there is a cache.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A mesh of the sphere, from the cache where it is kept there, else built, and then kept if it was dear.
    ///
    /// # Errors
    /// As [`Mesh::sphere_by`].
    pub fn sphere(&self, mesh: SphereMesh, subdivision: usize) -> Result<KeptMesh, MeshError> {
        let dear = mesh == SphereMesh::Centroidal && subdivision >= LEAST_KEPT;
        let Some(folder) = self.folder.as_deref().filter(|_| dear) else {
            return Ok(Mesh::sphere_by(mesh, subdivision)?.into());
        };
        let path = folder.join(format!("{}-{subdivision}-v{FORMAT_VERSION}.h5", mesh.name()));
        let damage = match load(&path, mesh, subdivision) {
            Ok(Some(mesh)) => return Ok(KeptMesh { mesh, from_cache: true, trouble: None }),
            Ok(None) => None,
            Err(Flaw::Unreadable(error)) => {
                Some(CacheTrouble::Unreadable { path: path.clone(), what: error.to_string() })
            }
            Err(Flaw::Foreign(what)) => Some(CacheTrouble::Untrusted { path: path.clone(), what }),
        };
        let generators = Generators::new(mesh, subdivision)?;
        let unwritable = |what| CacheTrouble::Unwritable { folder: folder.to_path_buf(), what };
        let trouble = damage.or(keep(folder, &path, &generators).err().map(unwritable));
        Ok(KeptMesh { mesh: Mesh::sphere_of(&generators)?, from_cache: false, trouble })
    }
}

/// Why a file of the cache is not used.
enum Flaw {
    /// The system does not let it be read.
    Unreadable(io::Error),
    /// It is damaged, or of something else.
    Foreign(String),
}

impl<T: Into<String>> From<T> for Flaw {
    fn from(what: T) -> Self {
        Self::Foreign(what.into())
    }
}

/// The mesh that a file keeps; none if there is no file, or no folder for it.
fn load(path: &Path, mesh: SphereMesh, subdivision: usize) -> Result<Option<Mesh>, Flaw> {
    let most = size_of::<[f64; 3]>() * Generators::orbits(subdivision) + OVERHEAD_BYTES;
    let bytes = match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Flaw::Unreadable(error)),
        // Not to wait for a pipe.
        Ok(data) if !data.is_file() => return Err("it is not a regular file".into()),
        Ok(data) if data.len() > most as u64 => return Err(format!("it has {} bytes", data.len()).into()),
        Ok(_) => fs::read(path).map_err(Flaw::Unreadable)?,
    };
    let (contents, digest) = bytes.split_last_chunk::<DIGEST_BYTES>().ok_or("it is too short")?;
    if Sha256::digest(contents)[..] != digest[..] {
        return Err("its digest is another one".into());
    }
    let weights = weights(path, mesh, subdivision, bytes.len() as u64)?;
    let generators = Generators::from_weights(mesh, subdivision, weights).map_err(|e| e.to_string())?;
    Ok(Mesh::sphere_of(&generators).map(Some).map_err(|e| e.to_string())?)
}

/// The weights in a file, if it is of this mesh.
fn weights(path: &Path, mesh: SphereMesh, subdivision: usize, bytes: u64) -> Result<Vec<[f64; 3]>, String> {
    let file = File::open(path).map_err(|e| format!("HDF5 cannot open it: {}", reason(&e)))?;
    let told = (text(&file, "format")?, scalar::<u32>(&file, "format_version")?);
    if told != (FORMAT.to_owned(), FORMAT_VERSION) {
        return Err(format!("it is of the format {} {}", told.0, told.1));
    }
    let told = (text(&file, "mesh")?, scalar::<u64>(&file, "subdivision")?);
    if told != (mesh.name().to_owned(), subdivision as u64) {
        return Err(format!("it is the {} mesh of subdivision {}", told.0, told.1));
    }
    let orbits = Generators::orbits(subdivision);
    let numbers = Stored::new(&file, bytes).read::<f64>(WEIGHTS, &[Some(orbits), Some(3)])?;
    Ok(numbers.as_chunks::<3>().0.to_vec())
}

/// Writes a file under a name of its own and gives it its name.
fn keep(folder: &Path, path: &Path, generators: &Generators) -> Result<(), String> {
    /// Tells apart the files of the threads of a process.
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    if folder.exists() && !folder.is_dir() {
        return Err("it is no folder".to_owned());
    }
    fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let unfinished = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let kept = write(&unfinished, generators).map_err(|e| reason(&e)).and_then(|()| {
        sign(&unfinished).and_then(|()| fs::rename(&unfinished, path)).map_err(|e| e.to_string())
    });
    if kept.is_err() {
        // The error that is reported is the first one.
        let _ = fs::remove_file(&unfinished);
    }
    kept
}

fn write(path: &Path, generators: &Generators) -> hdf5::Result<()> {
    let file = hdf5::FileBuilder::new().with_fapl(|access| access.libver_v110()).create(path)?;
    text_attribute(&file, "format", FORMAT)?;
    number_attribute(&file, "format_version", &FORMAT_VERSION)?;
    text_attribute(&file, "mesh", generators.mesh().name())?;
    number_attribute(&file, "subdivision", &(generators.subdivision() as u64))?;
    let data =
        file.new_dataset_builder().with_data(ArrayView2::from(generators.weights())).create(WEIGHTS)?;
    text_attribute(&data, "units", "1")?;
    text_attribute(
        &data,
        "description",
        "weights of the corners of a face, for each orbit of the generators",
    )?;
    file.flush()?;
    file.close()
}

/// Appends the digest of a file to it.
fn sign(path: &Path) -> io::Result<()> {
    let digest = Sha256::digest(fs::read(path)?);
    OpenOptions::new().append(true).open(path)?.write_all(&digest)
}

#[cfg(test)]
mod tests {
    use super::MeshCache;

    fn in_environment(variables: &[(&str, &str)]) -> MeshCache {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        MeshCache::of_environment(find)
    }

    #[test]
    fn the_folder_is_the_first_that_the_environment_names() {
        let home = ("HOME", "/home/a");
        assert_eq!(in_environment(&[home]), MeshCache::at("/home/a/.cache/sphereflow"));
        assert_eq!(in_environment(&[home, ("XDG_CACHE_HOME", "/c")]), MeshCache::at("/c/sphereflow"));
        assert_eq!(
            in_environment(&[home, ("XDG_CACHE_HOME", "c")]),
            MeshCache::at("/home/a/.cache/sphereflow")
        );
        assert_eq!(in_environment(&[home, ("SPHEREFLOW_CACHE", "here")]), MeshCache::at("here"));
        for off in ["", "off"] {
            assert_eq!(in_environment(&[home, ("SPHEREFLOW_CACHE", off)]), MeshCache::off());
        }
        assert_eq!(in_environment(&[]), MeshCache::off());
    }
}
