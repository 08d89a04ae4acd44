//! Data sets from files, and every way in which they can be wrong.

use ndarray::{Array1, Array2, array};
use ndarray_npy::write_npy;
use sphereflow_io::data::{DataError, DataSet, read_data};
use std::fs;
use std::path::PathBuf;

fn folder_and_path(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

fn csv(text: impl AsRef<[u8]>) -> Result<DataSet, DataError> {
    let (_folder, path) = folder_and_path("data.csv");
    fs::write(&path, text).unwrap();
    read_data(&path)
}

fn expected() -> DataSet {
    DataSet { inputs: array![[1.0, -2.5], [0.0, 1e-3], [0.1, 4.0]], outputs: vec![1.0, -1.0, 0.5] }
}

#[test]
fn a_csv_file_is_read() {
    assert_eq!(csv("x1,x2,y\n1,-2.5,1\n0,1e-3,-1\n0.1,4,0.5\n").unwrap(), expected());
    assert_eq!(csv("\u{feff}x1, x2, y\r\n1, -2.5, 1\r\n\r\n0,1e-3,\"-1\"\r\n0.1,4,0.5").unwrap(), expected());
    let narrow = csv("x1,y\n3,4\n").unwrap();
    assert_eq!((narrow.inputs, narrow.outputs), (array![[3.0]], vec![4.0]));
}

#[test]
fn mistakes_in_a_csv_file_are_named_with_line_and_column() {
    let complaints = [
        ("", "holds no samples"),
        ("x1,x2,y\n", "holds no samples"),
        ("y\n1\n", "has no input columns: before `y` there must be `x1`, `x2`, ..."),
        ("1,2,3\n4,5,6\n", "line 1, column 1: found `1`, expected `x1`"),
        ("x1,x3,y\n1,2,3\n", "line 1, column 2: found `x3`, expected `x2`"),
        ("x1,x2\n1,2\n", "line 1, column 2: found `x2`, expected `y`"),
        ("x1,y,y\n1,2,3\n", "line 1, column 2: found `y`, expected `x2`"),
        ("x1,y\n1,2\n3\n", "line 3: found 1 columns, expected 2"),
        ("x1,y\n1,2,\n", "line 2: found 3 columns, expected 2"),
        ("x1,y\n1,2\n3,four\n", "line 3, column 2: `four` is not a number"),
        ("x1,y\n1,2\n,4\n", "line 3, column 1: `` is not a number"),
        ("x1,y\n1,2\n\n\n3,NaN\n", "line 5, column 2: `NaN` is not finite"),
        ("\u{feff}x1,y\r\n\r\n1,2\r\n\r\n3,NaN\r\n", "line 5, column 2: `NaN` is not finite"),
        ("x1,y\n-inf,2\n", "line 2, column 1: `-inf` is not finite"),
        ("x1,y\r\n1,2\r\n1e999,2\r\n", "line 3, column 1: `1e999` is not finite"),
    ];
    for (text, complaint) in complaints {
        let error = csv(text).unwrap_err().to_string();
        assert!(error.ends_with(complaint) && error.contains("data.csv"), "{text:?}: {error}");
    }
    let error = csv(b"x1,y\n1,2\n1,\xff\n").unwrap_err().to_string();
    assert!(error.ends_with("line 3: not UTF-8 text"), "{error}");
}

#[test]
fn npy_files_of_both_precisions_and_orders_are_read() {
    let (_folder, path) = folder_and_path("data.npy");
    let table: Array2<f64> = array![[1.0, -2.5, 1.0], [0.0, 1e-3, -1.0], [0.1, 4.0, 0.5]];
    write_npy(&path, &table).unwrap();
    assert_eq!(read_data(&path).unwrap(), expected());
    let columns = table.t().as_standard_layout().into_owned();
    write_npy(&path, &columns.t()).unwrap();
    assert_eq!(read_data(&path).unwrap(), expected());
    write_npy(&path, &table.mapv(|value| value as f32)).unwrap();
    let single = read_data(&path).unwrap();
    assert_eq!(single.inputs[[2, 0]], f64::from(0.1_f32));
    assert_eq!(single.outputs, expected().outputs);
}

#[test]
fn mistakes_in_a_npy_file_are_named() {
    let (_folder, path) = folder_and_path("data.npy");
    let complain = |complaint: &str| {
        let error = read_data(&path).unwrap_err().to_string();
        assert!(error.contains(complaint) && error.contains("data.npy"), "{error}");
    };
    write_npy(&path, &Array1::<f64>::zeros(3)).unwrap();
    complain("the array has 1 axes, expected 2");
    write_npy(&path, &Array2::<i32>::zeros((3, 2))).unwrap();
    complain("float64 or float32");
    write_npy(&path, &Array2::<f64>::zeros((0, 2))).unwrap();
    complain("holds no samples");
    write_npy(&path, &Array2::<f64>::zeros((2, 1))).unwrap();
    complain("no input columns");
    write_npy(&path, &array![[1.0, 2.0], [3.0, f64::NAN]]).unwrap();
    complain("row 1, column 1: NaN is not finite");
    fs::write(&path, "not an array").unwrap();
    complain("data.npy");
    // A header that claims far more than the file holds.
    let dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606, 1000), }";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(118_u16.to_le_bytes());
    bytes.extend(format!("{dictionary:<117}\n").bytes());
    fs::write(&path, &bytes).unwrap();
    complain("data.npy");
}

fn write_hdf5(path: &PathBuf, inputs: &Array2<f64>, outputs: &[f64]) {
    let file = hdf5::File::create(path).unwrap();
    file.new_dataset_builder().with_data(inputs).create("x").unwrap();
    file.new_dataset_builder().with_data(outputs).create("y").unwrap();
}

#[test]
fn hdf5_files_are_read_and_their_mistakes_are_named() {
    let (folder, path) = folder_and_path("data.HDF5");
    let complain = |complaint: &str| {
        let error = read_data(&path).unwrap_err().to_string();
        assert!(error.contains(complaint) && error.contains("data.HDF5"), "{error}");
    };
    write_hdf5(&path, &expected().inputs, &expected().outputs);
    assert_eq!(read_data(&path).unwrap(), expected());
    write_hdf5(&path, &expected().inputs, &[1.0, 2.0]);
    complain("`/y` has shape [2], expected [3]");
    write_hdf5(&path, &expected().inputs, &[1.0, 2.0, f64::INFINITY]);
    complain("`y`, row 2, column 0: inf is not finite");
    write_hdf5(&path, &Array2::zeros((0, 2)), &[]);
    complain("holds no samples");
    let file = hdf5::File::create(&path).unwrap();
    file.new_dataset_builder().with_data(&[1_i32, 2]).create("y").unwrap();
    drop(file);
    complain("there is no dataset `/x`");
    let file = hdf5::File::open_rw(&path).unwrap();
    file.new_dataset_builder().with_data(&array![[1_i32], [2]]).create("x").unwrap();
    drop(file);
    assert_eq!(read_data(&path).unwrap().inputs, array![[1.0], [2.0]]);
    fs::write(&path, "neither").unwrap();
    complain("HDF5 cannot open it");
    drop(folder);
    assert!(matches!(read_data(&path), Err(DataError::Unreadable { .. })));
    assert!(matches!(read_data("data.xlsx"), Err(DataError::UnknownFormat { .. })));
    assert!(matches!(read_data("data"), Err(DataError::UnknownFormat { .. })));
}
