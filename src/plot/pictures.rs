//! Pictures in place of axes.

use super::labels::{Labels, cleaned};
use super::marks::Shape;
use super::numbers::{Matrix, checked, listed};
use super::panel::Panel;
use super::text::clean;
use super::tiles::Pictures;
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::check::{not_empty, parameter, same_shape};

/// More pixels than this are more than a figure has.
const MOST_SAMPLES: usize = 1_000_000;

/// Pictures in place of axes, as a figure, beside other panels, or as the frames of a film.
impl Panel {
    /// The pictures of a batch in rows and columns: row i is the i-th picture, `height` × `width` pixels row by row,
    /// a pixel one value (grey) or three (red, green, blue), from −1 (black) to 1 (white); what lies beyond is cut.
    ///
    /// They stand in up to ten [`columns`](Self::columns); on a phone a row goes on below where its pictures would
    /// be too small. [`title`](Self::title) and [`height`](Self::height), here the greatest, are as for axes; no mark
    /// can be added. In a film the pictures of all frames have one shape.
    ///
    /// ```
    /// use diffusion_intuition::plot::{Figure, Panel};
    /// use ndarray::Array2;
    ///
    /// let digits = Array2::from_shape_fn((6, 64), |(i, j)| if j % 8 == i { 1.0_f32 } else { -1.0 });
    /// let sheet = Panel::pictures(&digits, 8, 8)
    ///     .columns(3)
    ///     .row_labels(["data", "samples"])
    ///     .captions(["0: .98", "1: .99", "2: .97", "0: .52", "1: .99", "2: .98"])
    ///     .framed([3], 1); // the fourth, in red
    /// let figure: Figure = sheet.figure("Six bars; the judge doubts the fourth.")?;
    ///
    /// let loss = Panel::axes("step", "loss").line("training", 0..3, [1.0, 0.5, 0.4]);
    /// let both = Figure::panels("Training", 2, &[sheet.title("samples"), loss], "Bars, and a loss that falls.")?;
    ///
    /// let frame = |t: usize| {
    ///     let x_t = digits.mapv(|x| x / (1 + t) as f32);
    ///     (format!("t = {t}"), Panel::pictures(&x_t, 8, 8))
    /// };
    /// let film = Figure::frames("From grey to bars", &[2, 1, 0].map(frame), "Bars appear.")?;
    ///
    /// let response = digits.mapv(|x| 3.0 * x);
    /// let signed = Panel::pictures(&response, 8, 8).signed("response").figure("From −3 in blue to 3 in red.")?;
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the figure is built: [`Error::Shape`] for rows of another length and for labels or captions that are not
    /// as many as what they name, [`Error::NotFinite`], [`Error::Empty`], and [`Error::Parameter`] for more than
    /// 1000000 values, columns outside 1 to 100, and pictures or colours that do not exist.
    pub fn pictures(batch: impl Matrix, height: usize, width: usize) -> Self {
        let mut panel = Self::new();
        let pictures = pictures(batch, height, width);
        if let Some(pictures) = panel.keep(pictures) {
            panel = panel.add("", Ok(Shape::Pictures(pictures)));
        }
        panel
    }

    /// How many pictures stand side by side, 1 to 100.
    pub fn columns(self, columns: usize) -> Self {
        self.change_pictures(|pictures| pictures.columns = columns)
    }

    /// A text below each picture.
    pub fn captions(self, captions: impl IntoIterator<Item: AsRef<str>>) -> Self {
        self.change_pictures(|pictures| pictures.captions = cleaned(captions))
    }

    /// Shows grey pictures of any range as signed numbers: blue below 0, red above, white at 0, and the legend
    /// tells the ends under this name. Pictures of the same name share one scale, as heat maps do.
    pub fn signed(mut self, name: &str) -> Self {
        self.marks
            .iter_mut()
            .for_each(|mark| mark.name = clean(name));
        self.change_pictures(|pictures| pictures.signed = true)
    }

    fn change_pictures(mut self, change: impl FnOnce(&mut Pictures)) -> Self {
        match self.marks.last_mut().map(|mark| &mut mark.shape) {
            Some(Shape::Pictures(pictures)) => change(pictures),
            _ => {
                self.keep(not_empty("list of pictures", 0));
            }
        }
        self
    }
}

fn pictures(batch: impl Matrix, height: usize, width: usize) -> Result<Pictures> {
    let values = batch.to_f64();
    for (name, size) in [
        ("height of a picture", height),
        ("width of a picture", width),
    ] {
        let fine = (1..=MOST_SAMPLES).contains(&size);
        parameter(name, size, fine, "between 1 and 1000000 pixels")?;
    }
    let pixels = height.saturating_mul(width);
    let channels = if values.ncols() / 3 == pixels { 3 } else { 1 };
    let shape = [values.nrows(), channels * pixels];
    same_shape("batch of pictures", &shape, values.shape())?;
    checked("pictures", listed(&values))?;
    let fine = values.len() <= MOST_SAMPLES;
    parameter("values of pictures", values.len(), fine, "at most 1000000")?;
    Ok(Pictures {
        columns: values.nrows().min(10),
        shape: [height, width, channels],
        values,
        labels: Labels::default(),
        captions: Vec::new(),
        framed: Vec::new(),
        signed: false,
    })
}
