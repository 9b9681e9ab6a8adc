//! Squares of pixels as one pixel of more channels: a convolution then costs less, and sees further.

use ndarray::{Array2, ArrayRef2};

use crate::check;
use crate::error::Result;

#[cfg(doc)]
use crate::Error;

/// Where the numbers of a picture go: every square of `side` × `side` pixels becomes one pixel (space to depth; "pixel
/// unshuffle"), after the picture has got a border of −1, the background, that makes height and width multiples.
///
/// It loses nothing, and learns nothing: the plainest way to a picture with few pixels.
///
/// ```
/// use diffusion_intuition::network::Fold;
/// use ndarray::array;
///
/// let fold = Fold::new([2, 4, 1], 2, 2)?; // no border is needed
/// let rows = array![[1., 2., 3., 4., 5., 6., 7., 8.]];
/// assert_eq!(fold.size(), [1, 2, 4]);
/// assert_eq!(fold.fold(&rows)?, array![[1., 2., 5., 6., 3., 4., 7., 8.]]);
/// assert_eq!(fold.unfold(&fold.fold(&rows)?)?, rows);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// The number of a picture that stands at each place of a folded one; none on the border.
    places: Vec<Option<usize>>,
    /// Numbers of a picture.
    pixels: usize,
    size: [usize; 3],
}

/// The border.
const BACKGROUND: f32 = -1.0;

impl Fold {
    /// For pictures of height × width × channels numbers, given a border until height and width are multiples of
    /// `multiple`, half of it on each side (the odd pixel below and on the right).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless height, width, channels and `side` are at least 1 and `multiple` is a multiple of
    /// `side`; [`Error::Size`] for pictures that memory cannot hold.
    pub fn new(picture: [usize; 3], side: usize, multiple: usize) -> Result<Self> {
        let [height, width, channels] = picture;
        let least = height.min(width).min(channels).min(side);
        let what = "height, width, channels and side of a square";
        check::parameter(what, least, least > 0, "at least 1")?;
        let fine = multiple > 0 && multiple.is_multiple_of(side);
        let valid = "a multiple of the side of a square";
        check::parameter("what sides are multiples of", multiple, fine, valid)?;
        let pixels = check::elements::<f32>("a picture", &picture)?;
        let padded = [height, width].map(|s| s.div_ceil(multiple).saturating_mul(multiple));
        check::elements::<Option<usize>>("a picture", &[padded[0], padded[1], channels])?;
        let size = [padded[0] / side, padded[1] / side, side * side * channels];
        let border = [(padded[0] - height) / 2, (padded[1] - width) / 2];
        let place = |j: usize| {
            let (pixel, number) = (j / size[2], j % size[2]);
            let (within, channel) = (number / channels, number % channels);
            let y = (pixel / size[1] * side + within / side).checked_sub(border[0])?;
            let x = (pixel % size[1] * side + within % side).checked_sub(border[1])?;
            (y < height && x < width).then_some((y * width + x) * channels + channel)
        };
        let places = (0..padded[0] * padded[1] * channels).map(place).collect();
        Ok(Self {
            places,
            pixels,
            size,
        })
    }

    /// Height, width and channels of a folded picture.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Numbers of a folded picture.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Folds pictures, `rows` of shape (n, height · width · channels); shape (n, those of [`size`](Self::size)).
    ///
    /// # Errors
    /// [`Error::Shape`] for pictures of another size; [`Error::NotFinite`] for a NaN or infinite pixel;
    /// [`Error::Size`] for more than memory can hold.
    pub fn fold(&self, rows: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        check::same_shape("pictures", &[rows.nrows(), self.pixels], rows.shape())?;
        check::all_finite("pictures", rows)?;
        check::elements::<f32>("folded pictures", &[rows.nrows(), self.len()])?;
        let mut folded = Array2::zeros((rows.nrows(), self.len()));
        for (mut folded, row) in folded.rows_mut().into_iter().zip(rows.rows()) {
            for (to, place) in folded.iter_mut().zip(&self.places) {
                *to = place.map_or(BACKGROUND, |place| row[place]);
            }
        }
        Ok(folded)
    }

    /// The pictures of folded ones, the border cut off; the inverse of [`fold`](Self::fold).
    ///
    /// # Errors
    /// [`Error::Shape`] for rows of another size.
    pub fn unfold(&self, folded: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        let expected = [folded.nrows(), self.len()];
        check::same_shape("folded pictures", &expected, folded.shape())?;
        let mut rows = Array2::zeros((folded.nrows(), self.pixels));
        for (mut row, folded) in rows.rows_mut().into_iter().zip(folded.rows()) {
            for (from, place) in folded.iter().zip(&self.places) {
                if let Some(place) = place {
                    row[*place] = *from;
                }
            }
        }
        Ok(rows)
    }
}
