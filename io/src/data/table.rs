//! CSV with a header.

use csv::{ByteRecord, ReaderBuilder, Trim};
use ndarray::Array2;
use std::path::Path;

use super::{DataError, DataSet};

pub(super) fn read(path: &Path, text: &[u8]) -> Result<DataSet, DataError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // Ragged lines are let through, so that the complaint about them is ours and names the line.
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(text);
    let mut record = ByteRecord::new();
    if !next(path, &mut reader, &mut record)? {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    let columns = check_header(path, &record)?;
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    while next(path, &mut reader, &mut record)? {
        let line = line(text, &record);
        if record.len() != columns {
            return Err(DataError::Ragged {
                path: path.to_path_buf(),
                line,
                found: record.len(),
                expected: columns,
            });
        }
        for (k, field) in record.iter().enumerate() {
            let value = number(path, line, k + 1, field)?;
            if k + 1 < columns { inputs.push(value) } else { outputs.push(value) }
        }
    }
    if outputs.is_empty() {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    let inputs = Array2::from_shape_vec((outputs.len(), columns - 1), inputs)
        .map_err(|e| DataError::Array { path: path.to_path_buf(), what: e.to_string() })?;
    Ok(DataSet { inputs, outputs })
}

fn next(path: &Path, reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, DataError> {
    let source = |e: csv::Error| DataError::Unreadable { path: path.to_path_buf(), source: e.into() };
    reader.read_byte_record(record).map_err(source)
}

/// The number of columns of a header `x1`, ..., `xp`, `y`.
fn check_header(path: &Path, header: &ByteRecord) -> Result<usize, DataError> {
    let columns = header.len();
    for (k, field) in header.iter().enumerate() {
        let found = std::str::from_utf8(field)
            .map_err(|_| DataError::NotText { path: path.to_path_buf(), line: 1 })?;
        let expected = if k + 1 == columns { "y".to_owned() } else { format!("x{}", k + 1) };
        if found.contains([';', '\t', ' ']) {
            return Err(DataError::Separator { path: path.to_path_buf() });
        }
        if found != expected {
            return Err(DataError::Header {
                path: path.to_path_buf(),
                column: k + 1,
                found: found.to_owned(),
                expected,
            });
        }
    }
    if columns < 2 { Err(DataError::NoInputs { path: path.to_path_buf() }) } else { Ok(columns) }
}

fn number(path: &Path, line: u64, column: usize, field: &[u8]) -> Result<f64, DataError> {
    let path = || path.to_path_buf();
    let found = std::str::from_utf8(field).map_err(|_| DataError::NotText { path: path(), line })?;
    match found.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(DataError::NotFinite { path: path(), line, column, found: found.to_owned() }),
        Err(_) => Err(DataError::NotANumber { path: path(), line, column, found: found.to_owned() }),
    }
}

/// The line of a record. The reader's own position lies before the empty lines that it skipped.
fn line(text: &[u8], record: &ByteRecord) -> u64 {
    let Some(position) = record.position() else { return 1 };
    let rest = text.get(position.byte() as usize..).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|&&byte| byte == b'\n');
    position.line() + skipped.count() as u64
}
