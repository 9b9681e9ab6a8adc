//! PNG files of any size as pictures of one size.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use diffusion_intuition::prelude::*;

use crate::common::files::failure;

/// Pictures of one size, one a row, from −1 (black) to 1 (white), channels last.
#[derive(Debug)]
pub struct Folder {
    /// Shape (n, size · size · channels).
    pub rows: Array2<f32>,
    /// 1 if all files are grey, else 3.
    pub channels: usize,
}

/// One file: `pixels` is row by row, red, green and blue from 0 to 1; equal in grey ones.
struct Picture {
    width: usize,
    height: usize,
    is_grey: bool,
    pixels: Vec<[f32; 3]>,
}

/// All files of `folder` whose names end in .png, in the order of their names, as pictures of `size` × `size` pixels.
///
/// # Errors
/// [`Error::File`] with the name of a folder that cannot be read or has no such files, or of a file that is no PNG,
/// is damaged, or is smaller than `size`.
pub fn read(folder: &Path, size: usize) -> Result<Folder> {
    let of_folder = |reason: String| failure(folder, reason);
    let entries = folder
        .read_dir()
        .map_err(|error| of_folder(error.to_string()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| of_folder(error.to_string()))?.path();
        let end = path.extension().map(|end| end.to_ascii_lowercase());
        if end.is_some_and(|end| end == "png") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(of_folder("expected files whose names end in .png".into()));
    }
    let pictures: Vec<Picture> = files
        .iter()
        .map(|file| decode(file, size))
        .collect::<Result<_>>()?;
    let is_grey = pictures.iter().all(|picture| picture.is_grey);
    let channels = if is_grey { 1 } else { 3 };
    let mut values = Vec::with_capacity(files.len() * size * size * channels);
    for picture in &pictures {
        for pixel in picture.shrunk(size) {
            values.extend(pixel[..channels].iter().map(|x| 2.0 * x - 1.0));
        }
    }
    let shape = (files.len(), size * size * channels);
    let rows = Array2::from_shape_vec(shape, values).expect("as many as the shape says");
    Ok(Folder { rows, channels })
}

fn decode(path: &Path, size: usize) -> Result<Picture> {
    let failed = |reason: String| failure(path, reason);
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder
        .read_info()
        .map_err(|error| failed(format!("is no PNG that can be read: {error}")))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.min(height) < size {
        let reason = format!("is {width}×{height}, expected at least {size}×{size} pixels");
        return Err(failed(reason));
    }
    let len = reader.output_buffer_size();
    let len = len.ok_or_else(|| failed("is larger than memory".into()))?;
    let mut bytes = vec![0; len];
    let frame = reader
        .next_frame(&mut bytes)
        .map_err(|error| failed(format!("is damaged: {error}")))?;
    // Grey or three colours, and an opacity after them or none.
    let samples = frame.color_type.samples();
    let (is_grey, is_opaque) = (samples < 3, samples % 2 == 1);
    let pixel = |bytes: &[u8]| {
        // What shines through is white, as on paper.
        let opacity = match is_opaque {
            true => 1.0,
            false => f32::from(bytes[samples - 1]) / 255.0,
        };
        let color = |i: usize| opacity * f32::from(bytes[i]) / 255.0 + 1.0 - opacity;
        if is_grey {
            [color(0); 3]
        } else {
            [color(0), color(1), color(2)]
        }
    };
    let pixels = bytes[..frame.buffer_size()].chunks_exact(samples);
    Ok(Picture {
        width,
        height,
        is_grey,
        pixels: pixels.map(pixel).collect(),
    })
}

impl Picture {
    /// The largest square in the middle, every pixel an average over the part of it that falls there.
    fn shrunk(&self, size: usize) -> Vec<[f32; 3]> {
        let side = self.width.min(self.height);
        let (left, top) = ((self.width - side) / 2, (self.height - side) / 2);
        // From where to where, in pixels of the file.
        let range = |i: usize| i * side / size..((i + 1) * side).div_ceil(size);
        let mut shrunk = Vec::with_capacity(size * size);
        for (i, j) in (0..size * size).map(|p| (p / size, p % size)) {
            let mut sum = [0.0; 3];
            for y in range(i) {
                for x in range(j) {
                    let pixel = self.pixels[(top + y) * self.width + left + x];
                    sum.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
                }
            }
            let count = (range(i).len() * range(j).len()) as f32;
            shrunk.push(sum.map(|sum| sum / count));
        }
        shrunk
    }
}
