//! Random changes of pictures that leave them pictures.

use ndarray::Array2;
use rand::RngExt;

use crate::check::{parameter, same_shape};
use crate::error::Result;
use crate::rng::Rng;

/// Random changes of pictures, drawn anew for each row of each batch; the network then learns the law of the changed
/// pictures. A row is a picture of height × width pixels, row by row, with the channels of a pixel side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Augment {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Left and right are exchanged in half of the pictures. (Not for digits.)
    pub flip: bool,
    /// The picture moves by up to so many pixels along both axes, each as likely; what comes in repeats the edge.
    pub shift: usize,
}

impl Augment {
    /// Refuses rows of `columns` numbers that are no such pictures.
    pub(super) fn check(&self, columns: usize) -> Result<()> {
        let Self { height, width, .. } = *self;
        let least = height.min(width);
        parameter(
            "height and width of a picture",
            least,
            least > 0,
            "at least 1",
        )?;
        let pixels = height.saturating_mul(width);
        let whole = columns.next_multiple_of(pixels);
        same_shape("pictures of that height and width", &[whole], &[columns])?;
        let valid = "less than height and width";
        parameter("shift of a picture", self.shift, self.shift < least, valid)
    }

    /// Changes every row of `x0`.
    pub(super) fn apply(&self, x0: &mut Array2<f32>, rng: &mut Rng) {
        let Self { height, width, .. } = *self;
        let channels = x0.ncols() / (height * width);
        for mut row in x0.rows_mut() {
            let before = row.to_vec();
            let [down, right] = [(); 2].map(|()| rng.random_range(0..=2 * self.shift));
            let flipped = self.flip && rng.random();
            // The pixel that comes to (y, x): moved, kept within the picture.
            let from = |to: usize, by: usize, size: usize| {
                (to + self.shift).saturating_sub(by).min(size - 1)
            };
            for (pixel, to) in row.exact_chunks_mut(channels).into_iter().enumerate() {
                let (y, x) = (pixel / width, pixel % width);
                let x = if flipped { width - 1 - x } else { x };
                let start = (from(y, down, height) * width + from(x, right, width)) * channels;
                let pairs = to.into_iter().zip(&before[start..]);
                pairs.for_each(|(to, from)| *to = *from);
            }
        }
    }
}
