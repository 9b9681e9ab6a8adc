//! Clothes, 28×28: pictures that are too many to compile in.

use std::path::Path;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use ndarray::{Array2, s};

use super::pictures::{PictureSplit, Pictures};
use crate::error::{Error, Result};
use crate::hash::fnv1a;

/// Of the half bytes in `data/fashion.bin`, as `data/fashion.py` makes them: how many bytes they are, and their hash.
/// (Two versions of zlib may pack the same ones differently.)
const BYTES: usize = 1_372_479;
const HASH: u64 = 0xda15_f4ca_8244_bd25;

/// Classes, pixels of a picture, and pictures of each class to train on, for the judge, and held out.
const CLASSES: usize = 10;
const PIXELS: usize = 28 * 28;
const PARTS: [usize; 3] = [400, 100, 100];

/// The deepest grey: pixels are from 0, background, to 15.
const WHITE: f32 = 15.0;

/// 6,000 pictures of clothes from Fashion-MNIST, 28×28 pixels in 16 grey levels, scaled to x/7.5 − 1, from the file
/// `data/fashion.bin` at `path`. Ten classes: T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag,
/// boot.
///
/// Of each class the first 400 of the training set to train on and the next 100 for a judge; the first 100 of the test
/// set are held out. By H. Xiao, K. Rasul and R. Vollgraf (2017), Zalando, MIT licence: see `data/README.md`.
///
/// # Errors
/// [`Error::File`] if the file cannot be read, or does not hold byte for byte what was made.
pub fn fashion(path: impl AsRef<Path>) -> Result<PictureSplit> {
    let path = path.as_ref();
    let refused = |reason: String| Error::File {
        file: path.display().to_string(),
        line: None,
        reason,
    };
    let packed = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let other = |why: String| refused(format!("it is damaged or another file: {why}"));
    let bytes = decompress_to_vec_zlib_with_limit(&packed, BYTES)
        .map_err(|error| other(format!("zlib cannot unpack it ({error})")))?;
    let hash = fnv1a(bytes.iter().copied());
    if hash != HASH {
        let why = format!("the hash of what it holds is {hash:016x}, not {HASH:016x}");
        return Err(other(why));
    }
    let n = CLASSES * PARTS.iter().sum::<usize>();
    let rows = Array2::from_shape_vec((n, PIXELS), greys(&bytes, n * PIXELS));
    let rows = rows.map_err(|_| refused("it has too few pixels".into()))?;
    // Class after class to train on and for the judge, then class after class held out.
    let seen = PARTS[0] + PARTS[1];
    let part = |first: usize, step: usize, take: usize| {
        let of_class = |c: usize| rows.slice(s![first + c * step..first + c * step + take, ..]);
        let views: Vec<_> = (0..CLASSES).map(of_class).collect();
        let rows = ndarray::concatenate(ndarray::Axis(0), &views).expect("of equal width");
        let labels = (0..CLASSES).flat_map(|c| vec![c; take]).collect();
        Pictures::new(rows, labels, [28, 28, 1], CLASSES)
    };
    Ok(PictureSplit {
        train: part(0, seen, PARTS[0])?,
        judge: part(PARTS[0], seen, PARTS[1])?,
        held_out: part(CLASSES * seen, PARTS[2], PARTS[2])?,
    })
}

/// Half bytes: 1 to 15 is a grey level, 0 and then n are n + 1 pixels of background. At most `pixels` of them.
fn greys(bytes: &[u8], pixels: usize) -> Vec<f32> {
    let mut halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut greys = Vec::with_capacity(pixels);
    while let Some(half) = halves.next().filter(|_| greys.len() < pixels) {
        match half {
            0 => {
                let run = usize::from(halves.next().unwrap_or(0)) + 1;
                greys.resize((greys.len() + run).min(pixels), -1.0);
            }
            grey => greys.push(f32::from(grey) / (0.5 * WHITE) - 1.0),
        }
    }
    greys
}
