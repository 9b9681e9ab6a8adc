//! Pictures with labels, in parts that are fixed once and for all.

use ndarray::{Array2, Axis};

use crate::check;
use crate::error::Result;

#[cfg(doc)]
use crate::Error;

/// Pictures of one size, one row each, with the class that each shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// Pixels from −1 to 1, shape (n, height · width · channels): row-major, channels last.
    pub rows: Array2<f32>,
    /// The 0-based class of each; length n.
    pub labels: Vec<usize>,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Pixels from left to right.
    pub width: usize,
    /// Numbers a pixel: 1 for grey, 3 for red, green and blue.
    pub channels: usize,
    /// Number of classes.
    pub classes: usize,
}

/// A set of pictures in three parts, each with all classes.
///
/// What is measured on pictures that training saw says how well they were learned by heart: so some are held
/// out. And a judge that was trained on the same pictures as the network, or on those that its samples are
/// compared with, finds what it knows: so the judge has its own.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureSplit {
    /// To train on.
    pub train: Pictures,
    /// To compare with.
    pub held_out: Pictures,
    /// To train a judge on, and for nothing else.
    pub judge: Pictures,
}

impl Pictures {
    /// `rows` of height · width · channels pixels, `size`, with a label below `classes` for each.
    ///
    /// # Errors
    /// [`Error::Shape`] if the rows are not of this size or the labels not as many; [`Error::Empty`] without pixels
    /// or classes; [`Error::Label`] for a label that is no class; [`Error::NotFinite`] for a NaN or infinite pixel.
    pub fn new(
        rows: Array2<f32>,
        labels: Vec<usize>,
        size: [usize; 3],
        classes: usize,
    ) -> Result<Self> {
        let [height, width, channels] = size;
        let pictures = Self {
            rows,
            labels,
            height,
            width,
            channels,
            classes,
        };
        pictures.check()?;
        Ok(pictures)
    }

    /// What [`new`](Self::new) refuses.
    pub(crate) fn check(&self) -> Result<()> {
        let size = [self.height, self.width, self.channels];
        let pixels = check::elements::<f32>("a picture", &size)?;
        check::not_empty("a picture", pixels)?;
        check::not_empty("the set of classes", self.classes)?;
        check::same_shape("pictures", &[self.len(), pixels], self.rows.shape())?;
        check::labels(&self.labels, self.classes)?;
        check::all_finite("pictures", &self.rows)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The rows of one class, in order; shape (those, pixels).
    ///
    /// # Errors
    /// [`Error::Label`] for a label that is no class; as [`new`](Self::new) for what was changed since.
    pub fn of_class(&self, label: usize) -> Result<Array2<f32>> {
        self.check()?;
        check::labels([&label], self.classes)?;
        let rows = rows_of_class(&self.labels, label);
        Ok(self.rows.select(Axis(0), &rows))
    }
}

/// The 0-based numbers of the rows of a class, in order.
pub(crate) fn rows_of_class(labels: &[usize], class: usize) -> Vec<usize> {
    let rows = 0..labels.len();
    rows.filter(|i| labels[*i] == class).collect()
}
