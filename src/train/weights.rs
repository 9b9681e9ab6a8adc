//! Parameters in files.

use std::path::Path;

use super::header::Dtype;
use super::safetensors::{Tensor, TensorFile, bytes_of, check_values, failure};
use crate::autograd::Parameters;
use crate::error::Result;
use crate::file::write_atomically;

impl Parameters {
    /// Writes all parameters to a safetensors file, under their names; atomically.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the file cannot be written, or a parameter is NaN or infinite: it could
    /// not be [loaded](Self::load).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.write(path.as_ref(), Dtype::F32)
    }

    /// [`save`](Self::save) in half the size: each parameter becomes the nearest number of half precision (F16), which
    /// is off by at most 2⁻¹¹ = 0.0005 of it, or by 2⁻²⁵ = 3·10⁻⁸ if that is more.
    ///
    /// # Errors
    /// As [`save`](Self::save), and if a parameter is beyond ±65 504 and not rounded to it.
    pub fn save_f16(&self, path: impl AsRef<Path>) -> Result<()> {
        self.write(path.as_ref(), Dtype::F16)
    }

    fn write(&self, path: &Path, dtype: Dtype) -> Result<()> {
        let bytes = bytes_of(&[], &self.tensors("", self.values()), dtype);
        let bytes = bytes.map_err(|reason| failure(path, reason))?;
        write_atomically(path, &bytes).map_err(|error| failure(path, error))
    }

    /// Reads all parameters from a safetensors file of F32, F16 or BF16, which must have each of them in its shape;
    /// further tensors are ignored. On an error nothing is changed.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the file cannot be read or a parameter is missing, of another shape, NaN
    /// or infinite.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let read = self.read(&mut TensorFile::open(path)?, "")?;
        *self = read;
        Ok(())
    }

    /// [`load`](Self::load) from a file that was read already, under this name: where there are no files.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_bytes(&mut self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let read = self.read(&mut TensorFile::of_bytes(name, bytes)?, "")?;
        *self = read;
        Ok(())
    }

    /// A copy with the numbers that `file` has under `prefix`.
    pub(super) fn read(&self, file: &mut TensorFile, prefix: &str) -> Result<Self> {
        let mut read = self.clone();
        for id in self.ids() {
            let name = format!("{prefix}{}", self.name(id));
            let values = &mut read.values_mut()[self.range(id)];
            file.read_into(&name, &self.file_shape(id), values)?;
            check_values(&name, values, Dtype::F32).map_err(|reason| file.refuse(reason))?;
        }
        Ok(read)
    }

    /// Numbers in the layout of these parameters, to be written under `prefix`.
    pub(super) fn tensors<'a>(&self, prefix: &str, values: &'a [f32]) -> Vec<Tensor<'a>> {
        let one = |id| {
            let name = format!("{prefix}{}", self.name(id));
            (name, self.file_shape(id), &values[self.range(id)])
        };
        self.ids().map(one).collect()
    }
}
