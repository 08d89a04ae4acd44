//! The cache of meshes: the same bits from it as without it, and no trust in what is not what was kept.

use std::fs;
use std::path::PathBuf;

use sphereflow_io::{CacheTrouble, KeptMesh, MeshCache};
use sphereflow_mesh::{Mesh, SphereMesh};
use tempfile::TempDir;

/// The least subdivision that is kept.
const KEPT: usize = 64;

struct Place {
    folder: TempDir,
    cache: MeshCache,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let cache = MeshCache::at(folder.path().join("deep").join("cache"));
        Self { folder, cache }
    }

    fn centroidal(&self, subdivision: usize) -> KeptMesh {
        self.cache.sphere(SphereMesh::Centroidal, subdivision).expect("a mesh")
    }

    fn file(&self, subdivision: usize) -> PathBuf {
        self.cache.folder().expect("a folder").join(format!("centroidal-{subdivision}-v1.h5"))
    }

    fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.cache.folder().expect("a folder")) else { return Vec::new() };
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The file is noticed not to be what was kept, and replaced by what should be there.
    fn assert_noticed(&self, mesh: &Mesh, bytes: &[u8], reason: &str) {
        fs::write(self.file(KEPT), bytes).expect("a writable file");
        let kept = self.centroidal(KEPT);
        let Some(CacheTrouble::Untrusted { path, what }) = &kept.trouble else {
            panic!("{reason} is not noticed: {:?}", kept.trouble)
        };
        assert!(*path == self.file(KEPT) && what.contains(reason), "{what} instead of {reason}");
        assert!(kept.mesh == *mesh && !kept.from_cache);
        let again = self.centroidal(KEPT);
        assert!(again.mesh == *mesh && again.from_cache && again.trouble.is_none());
    }
}

fn built(subdivision: usize) -> Mesh {
    Mesh::sphere_by(SphereMesh::Centroidal, subdivision).expect("a mesh")
}

#[test]
fn law_a_mesh_from_the_cache_has_the_bits_of_a_built_one() {
    let place = Place::new();
    for n in [KEPT, 97] {
        let mesh = built(n);
        for from_cache in [false, true, true] {
            let kept = place.centroidal(n);
            assert!(kept.mesh == mesh && kept.from_cache == from_cache && kept.trouble.is_none(), "n = {n}");
        }
    }
    assert_eq!(place.names(), ["centroidal-64-v1.h5", "centroidal-97-v1.h5"]);
}

#[test]
fn law_a_flipped_bit_is_noticed_wherever_it_is() {
    let place = Place::new();
    let mesh = place.centroidal(KEPT).mesh;
    let bytes = fs::read(place.file(KEPT)).expect("a file");
    assert!(bytes.len() < 24 * 374 + 8192, "{} bytes", bytes.len());
    let last = bytes.len() - 1;
    for (k, at) in (0..bytes.len()).step_by(331).chain([last]).enumerate() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (k % 8);
        place.assert_noticed(&mesh, &flipped, "digest");
    }
}

#[test]
fn law_a_truncated_or_longer_file_is_noticed() {
    let place = Place::new();
    let mesh = place.centroidal(KEPT).mesh;
    let bytes = fs::read(place.file(KEPT)).expect("a file");
    place.assert_noticed(&mesh, &[], "short");
    place.assert_noticed(&mesh, &bytes[..31], "short");
    for length in [32, 1000, bytes.len() - 32, bytes.len() - 1] {
        place.assert_noticed(&mesh, &bytes[..length], "digest");
    }
    place.assert_noticed(&mesh, &[&bytes[..], b"x"].concat(), "digest");
    place.assert_noticed(&mesh, &vec![0; 1 << 20], "1048576 bytes");
}

#[test]
fn law_a_sound_file_of_something_else_is_noticed() {
    use sha2::Digest;
    let place = Place::new();
    let mesh = place.centroidal(KEPT).mesh;
    place.centroidal(65);
    let other = fs::read(place.file(65)).expect("a file");
    place.assert_noticed(&mesh, &other, "subdivision 65");
    let signed = |contents: &[u8]| [contents, &sha2::Sha256::digest(contents)[..]].concat();
    place.assert_noticed(&mesh, &signed(b"no HDF5 at all"), "HDF5");

    let path = place.folder.path().join("changed.h5");
    let bytes = fs::read(place.file(KEPT)).expect("a file");
    let changed = |change: &dyn Fn(&hdf5::File)| {
        fs::write(&path, &bytes[..bytes.len() - 32]).expect("a writable file");
        let file = hdf5::File::open_rw(&path).expect("an HDF5 file");
        change(&file);
        file.close().expect("closed");
        signed(&fs::read(&path).expect("a file"))
    };
    let version = changed(&|file| file.attr("format_version").unwrap().write_scalar(&2_u32).unwrap());
    place.assert_noticed(&mesh, &version, "format");
    let disorder = changed(&|file| {
        let weights = file.dataset("weights").unwrap();
        let mut numbers = weights.read_2d::<f64>().unwrap();
        numbers[[3, 2]] = 2.0;
        weights.write(&numbers).unwrap();
    });
    place.assert_noticed(&mesh, &disorder, "weights");
    let unordered = changed(&|file| {
        let weights = file.dataset("weights").unwrap();
        let mut numbers = weights.read_2d::<f64>().unwrap();
        let row = numbers.row(20).to_owned();
        numbers.row_mut(10).assign(&row);
        weights.write(&numbers).unwrap();
    });
    place.assert_noticed(&mesh, &unordered, "neighbours");
}

#[test]
fn law_a_folder_that_cannot_be_used_is_no_error_and_is_not_called_damaged() {
    let place = Place::new();
    let within = |name: &str| place.folder.path().join(name);
    fs::write(within("a file"), "in the place of the folder").expect("a file");
    // A name too long for any file system stands for a folder that may not be looked into.
    let long = within(&"x".repeat(300));
    for (folder, expected) in [
        (within("a file"), "the mesh cannot be kept in `FOLDER`: it is no folder"),
        (within("a file").join("deep"), "the mesh cannot be kept in `FOLDER`: Not a directory (os error 20)"),
        (long.clone(), "`FOLDER/centroidal-64-v1.h5` cannot be read: File name too long (os error 36); "),
    ] {
        for _ in 0..2 {
            let kept = MeshCache::at(&folder).sphere(SphereMesh::Centroidal, KEPT).expect("a mesh");
            assert!(kept.mesh == built(KEPT) && !kept.from_cache);
            let told = kept.trouble.expect("trouble").to_string();
            let told = told.replace(&folder.display().to_string(), "FOLDER");
            if cfg!(target_os = "linux") {
                assert!(told.starts_with(expected), "{told}");
            }
        }
    }
}

#[test]
fn law_only_what_is_dear_is_kept() {
    let place = Place::new();
    for (kind, n) in
        [(SphereMesh::Centroidal, KEPT - 1), (SphereMesh::Flat, KEPT), (SphereMesh::Recursive, KEPT)]
    {
        let kept = place.cache.sphere(kind, n).expect("a mesh");
        assert!(!kept.from_cache && kept.mesh == Mesh::sphere_by(kind, n).expect("a mesh"));
    }
    assert!(place.names().is_empty());
    let kept = MeshCache::off().sphere(SphereMesh::Centroidal, KEPT).expect("a mesh");
    assert!(!kept.from_cache && kept.trouble.is_none() && kept.mesh == built(KEPT));
}

#[test]
fn law_many_at_once_get_the_same_and_leave_one_file() {
    let place = Place::new();
    let mesh = built(KEPT);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let kept = place.centroidal(KEPT);
                assert!(kept.mesh == mesh && kept.trouble.is_none(), "{:?}", kept.trouble);
            });
        }
    });
    assert_eq!(place.names(), ["centroidal-64-v1.h5"]);
    assert!(place.centroidal(KEPT).from_cache);
}
