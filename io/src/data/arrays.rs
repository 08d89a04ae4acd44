//! Arrays in NPY and HDF5.

use ndarray::{Array2, ArrayView2, s};
use ndarray_npy::{ReadNpyExt, ViewElement, ViewNpyError, ViewNpyExt};
use std::path::Path;

use super::{DataError, DataSet};
use crate::run::{Stored, reason};

/// One array \[n, p + 1\], the outputs in the last column.
pub(super) fn read_npy(path: &Path, bytes: &[u8]) -> Result<DataSet, DataError> {
    let table = match npy::<f64>(bytes) {
        Err(ViewNpyError::WrongDescriptor(_)) => npy::<f32>(bytes).map(|table| table.mapv(f64::from)),
        table => table,
    };
    let table = table.map_err(|error| invalid(path, describe(&error)))?;
    let (rows, columns) = table.dim();
    if rows == 0 {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    if columns < 2 {
        return Err(DataError::NoInputs { path: path.to_path_buf() });
    }
    check_finite(path, "array", &table.view())?;
    let inputs = table.slice(s![.., ..columns - 1]).as_standard_layout().into_owned();
    Ok(DataSet { inputs, outputs: table.column(columns - 1).to_vec() })
}

/// Datasets `x` \[n, p\] and `y` \[n\] of a file of the given size.
pub(super) fn read_hdf5(path: &Path, bytes: u64) -> Result<DataSet, DataError> {
    let file =
        hdf5::File::open(path).map_err(|e| invalid(path, format!("HDF5 cannot open it ({})", reason(&e))))?;
    let stored = Stored::new(&file, bytes);
    for name in ["x", "y"] {
        if !stored.has(name) {
            return Err(invalid(path, format!("there is no dataset `/{name}`")));
        }
    }
    let (inputs, shape) = stored.numbers("x", &[None, None]).map_err(|what| invalid(path, what))?;
    if shape[0] == 0 {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    if shape[1] == 0 {
        return Err(DataError::NoInputs { path: path.to_path_buf() });
    }
    let (outputs, _) = stored.numbers("y", &[Some(shape[0])]).map_err(|what| invalid(path, what))?;
    let inputs =
        Array2::from_shape_vec((shape[0], shape[1]), inputs).map_err(|e| invalid(path, e.to_string()))?;
    check_finite(path, "x", &inputs.view())?;
    let column = ArrayView2::from_shape((shape[0], 1), &outputs).map_err(|e| invalid(path, e.to_string()))?;
    check_finite(path, "y", &column)?;
    Ok(DataSet { inputs, outputs })
}

/// The array, its length checked against the file's before memory is asked for.
fn npy<T>(bytes: &[u8]) -> Result<Array2<T>, ViewNpyError>
where
    T: ViewElement + ndarray_npy::ReadableElement + Clone,
{
    match ArrayView2::<T>::view_npy(bytes) {
        Ok(view) => Ok(view.to_owned()),
        // Headers of some writers end at odd places. The length has been checked by now.
        Err(ViewNpyError::MisalignedData) => {
            Array2::<T>::read_npy(bytes).map_err(|_| ViewNpyError::MisalignedData)
        }
        Err(error) => Err(error),
    }
}

fn describe(error: &ViewNpyError) -> String {
    match error {
        ViewNpyError::WrongDescriptor(_) => "the array must be of float64 or float32".to_owned(),
        ViewNpyError::NonNativeEndian => "the array must be in this machine's byte order".to_owned(),
        ViewNpyError::WrongNdim(_, found) => {
            format!("the array has {found} axes, expected 2: samples, columns")
        }
        other => other.to_string(),
    }
}

fn check_finite(path: &Path, array: &'static str, values: &ArrayView2<'_, f64>) -> Result<(), DataError> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), &found)) => {
            Err(DataError::ArrayNotFinite { path: path.to_path_buf(), array, row, column, found })
        }
        None => Ok(()),
    }
}

fn invalid(path: &Path, what: String) -> DataError {
    DataError::Array { path: path.to_path_buf(), what }
}
