//! The mesh in a file: computed while it is written, in blocks, to the bits of the mesh itself.

use hdf5::File;
use sphereflow_io::MeshArrays;
use sphereflow_io::run::write_mesh;
use sphereflow_mesh::{Mesh, SphereMesh};
use tempfile::TempDir;

/// The numbers of a dataset and its shape.
fn numbers<T: hdf5::H5Type>(file: &File, name: &str) -> (Vec<T>, Vec<usize>) {
    let data = file.dataset(name).expect(name);
    (data.read_raw().expect(name), data.shape())
}

fn assert_written(mesh: &Mesh) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("mesh.h5");
    let arrays = MeshArrays::new(mesh);
    write_mesh(&path, &arrays.table(), "1.2.3", false).expect("a mesh file");
    let file = File::open(&path).expect("an HDF5 file");
    let (cells, faces) = (mesh.cells(), mesh.faces());
    let (centers, shape) = numbers::<f64>(&file, "mesh/center");
    assert!(centers.iter().eq(mesh.centers()) && shape == [cells, mesh.dim()]);
    assert_eq!(numbers(&file, "mesh/measure"), (mesh.measures().to_vec(), vec![cells]));
    assert_eq!(numbers(&file, "mesh/face_measure"), (mesh.face_measures(), vec![faces]));
    assert_eq!(numbers(&file, "mesh/face_distance"), (mesh.face_distances(), vec![faces]));
    let pairs = |of: &dyn Fn(usize) -> [usize; 2]| {
        let pairs: Vec<u32> = (0..faces).flat_map(|f| of(f).map(|x| x as u32)).collect();
        (pairs, vec![faces, 2])
    };
    assert_eq!(numbers(&file, "mesh/face_cells"), pairs(&|f| mesh.face_cells(f)));
    if mesh.dim() == 3 {
        let vertices = (0..mesh.vertices()).flat_map(|v| mesh.vertex(v)).collect();
        assert_eq!(numbers(&file, "mesh/vertex"), (vertices, vec![mesh.vertices(), 3]));
        assert_eq!(numbers(&file, "mesh/face_vertices"), pairs(&|f| mesh.face_vertices(f)));
    } else {
        assert!(!file.link_exists("mesh/vertex") && !file.link_exists("mesh/face_vertices"));
    }
}

#[test]
fn law_a_written_mesh_is_the_mesh() {
    for mesh in [Mesh::circle(3), Mesh::circle(1009), Mesh::sphere(1), Mesh::sphere(7)] {
        assert_written(&mesh.expect("a mesh"));
    }
    for kind in [SphereMesh::Recursive, SphereMesh::Centroidal] {
        assert_written(&Mesh::sphere_by(kind, 8).expect("a mesh"));
    }
}

/// Half a million numbers are a block.
#[test]
fn law_blocks_fit_together() {
    assert_written(&Mesh::sphere(135).expect("a mesh"));
    assert_written(&Mesh::circle(1 << 19).expect("a mesh"));
    assert_written(&Mesh::circle((1 << 19) + 1).expect("a mesh"));
}

#[test]
fn law_the_bytes_do_not_depend_on_the_number_of_threads() {
    let folder = TempDir::new().expect("a temporary folder");
    let mesh = Mesh::sphere(40).expect("a mesh");
    let written = |threads: usize| {
        let path = folder.path().join(format!("{threads}.h5"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        let arrays = MeshArrays::new(&mesh);
        pool.install(|| write_mesh(&path, &arrays.table(), "1.2.3", false)).expect("a mesh file");
        std::fs::read(path).expect("a file")
    };
    assert!(written(1) == written(3));
}
