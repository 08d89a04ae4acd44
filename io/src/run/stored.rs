//! Reading HDF5 without trust: every name, type, shape and size is checked before memory is asked for.

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, H5Type, Location, SliceOrIndex};
use ndarray::ArrayD;

use super::error::reason;

/// No compression in use here shrinks data further than deflate's 1032 to 1; a shape that asks for more than
/// that is a damaged shape, and must not become an allocation.
const MAX_RATIO: u64 = 1100;
/// Rows that were reserved but not written yet may exceed the ratio a little.
const SLACK_BYTES: u64 = 1 << 20;

/// An open file and its size. Errors are the reason in words, without the file's name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored<'a> {
    file: &'a File,
    bytes: u64,
}

impl<'a> Stored<'a> {
    /// Trusts `file` for no more than `bytes`, its size on the disk, allows.
    pub fn new(file: &'a File, bytes: u64) -> Self {
        Self { file, bytes }
    }

    /// Whether there is anything under this name.
    pub fn has(&self, name: &str) -> bool {
        self.file.link_exists(name)
    }

    /// A dataset whose axes have the given lengths (`None`: any), with its shape.
    pub fn dataset(&self, name: &str, axes: &[Option<usize>]) -> Result<(Dataset, Vec<usize>), String> {
        let data =
            self.file.dataset(name).map_err(|e| format!("`/{name}` cannot be opened ({})", reason(&e)))?;
        let shape = data.get_shape().map_err(|e| format!("`/{name}` has no shape ({})", reason(&e)))?;
        let fits = shape.len() == axes.len()
            && shape.iter().zip(axes).all(|(&length, axis)| axis.is_none_or(|axis| axis == length));
        if !fits {
            return Err(format!("`/{name}` has shape {shape:?}, expected {}", expected(axes)));
        }
        Ok((data, shape))
    }

    /// The same, with elements of exactly the type `T`.
    pub fn typed<T: H5Type>(
        &self,
        name: &str,
        axes: &[Option<usize>],
    ) -> Result<(Dataset, Vec<usize>), String> {
        let (data, shape) = self.dataset(name, axes)?;
        let is_typed = data.dtype().is_ok_and(|dtype| dtype.is::<T>());
        if !is_typed {
            return Err(format!("`/{name}` does not hold elements of type {}", T::type_descriptor()));
        }
        Ok((data, shape))
    }

    /// A whole dataset of exactly the type `T`, in C order.
    pub fn read<T: H5Type>(&self, name: &str, axes: &[Option<usize>]) -> Result<Vec<T>, String> {
        let (data, shape) = self.typed::<T>(name, axes)?;
        self.plausible(name, &shape, size_of::<T>())?;
        data.read_raw().map_err(|e| format!("`/{name}` cannot be read ({})", reason(&e)))
    }

    /// A whole dataset of numbers of any type, converted to f64, in C order, with its shape.
    pub fn numbers(&self, name: &str, axes: &[Option<usize>]) -> Result<(Vec<f64>, Vec<usize>), String> {
        let (data, shape) = self.dataset(name, axes)?;
        self.plausible(name, &shape, size_of::<f64>())?;
        let values =
            data.read_raw().map_err(|e| format!("`/{name}` cannot be read as numbers ({})", reason(&e)))?;
        Ok((values, shape))
    }

    /// Row `k` along the first axis, that axis dropped.
    pub fn row(&self, name: &str, axes: &[Option<usize>], k: usize) -> Result<ArrayD<f64>, String> {
        let (data, shape) = self.typed::<f64>(name, axes)?;
        if k >= shape[0] {
            return Err(format!("`/{name}` has {} rows, no row {k}", shape[0]));
        }
        self.plausible(name, &shape[1..], size_of::<f64>())?;
        let mut place = vec![SliceOrIndex::Index(k)];
        place.extend(shape[1..].iter().map(|&length| SliceOrIndex::from(0..length)));
        data.read_slice(hdf5::Hyperslab::from(place))
            .map_err(|e| format!("row {k} of `/{name}` cannot be read ({})", reason(&e)))
    }

    fn plausible(&self, name: &str, shape: &[usize], element: usize) -> Result<(), String> {
        let wanted = shape.iter().try_fold(element as u64, |bytes, &length| bytes.checked_mul(length as u64));
        let most = self.bytes.saturating_mul(MAX_RATIO).saturating_add(SLACK_BYTES);
        match wanted {
            Some(bytes) if bytes <= most => Ok(()),
            _ => Err(format!("`/{name}` claims shape {shape:?}, more than the file can hold")),
        }
    }
}

/// A text attribute, checked to be UTF-8.
pub(crate) fn text(place: &Location, name: &str) -> Result<String, String> {
    let value: VarLenUnicode = scalar(place, name)?;
    // The type itself does not check, and `as_str` would take anything for UTF-8.
    std::str::from_utf8(value.as_bytes())
        .map(str::to_owned)
        .map_err(|_| format!("attribute `{name}` is not UTF-8"))
}

/// A list of texts in an attribute.
pub(super) fn texts(place: &Location, name: &str) -> Result<Vec<String>, String> {
    let attribute =
        place.attr(name).map_err(|e| format!("attribute `{name}` is missing ({})", reason(&e)))?;
    let is_short = attribute.get_shape().is_ok_and(|shape| shape.len() == 1 && shape[0] <= 1 << 16);
    if !is_short {
        return Err(format!("attribute `{name}` is not a list of texts"));
    }
    let values: Vec<VarLenUnicode> =
        attribute.read_raw().map_err(|e| format!("attribute `{name}` cannot be read ({})", reason(&e)))?;
    let utf8 = |value: &VarLenUnicode| std::str::from_utf8(value.as_bytes()).map(str::to_owned);
    values.iter().map(utf8).collect::<Result<_, _>>().map_err(|_| format!("attribute `{name}` is not UTF-8"))
}

/// A scalar attribute of exactly the type `T`.
pub(crate) fn scalar<T: H5Type>(place: &Location, name: &str) -> Result<T, String> {
    let attribute =
        place.attr(name).map_err(|e| format!("attribute `{name}` is missing ({})", reason(&e)))?;
    if !attribute.dtype().is_ok_and(|dtype| dtype.is::<T>()) {
        return Err(format!("attribute `{name}` is not of type {}", T::type_descriptor()));
    }
    attribute.read_scalar().map_err(|e| format!("attribute `{name}` cannot be read ({})", reason(&e)))
}

fn expected(axes: &[Option<usize>]) -> String {
    let axes: Vec<_> =
        axes.iter().map(|axis| axis.map_or("any".to_owned(), |length| length.to_string())).collect();
    format!("[{}]", axes.join(", "))
}
