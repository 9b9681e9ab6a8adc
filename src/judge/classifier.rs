//! The judge: a small convolutional classifier, trained on pictures that are its own.

use ndarray::{Array2, ArrayRef2, Axis};
use rand::RngExt;

use crate::autograd::{Conv2d, Gradients, Linear, Parameters, Resize, Tape, Var, Workspace};
use crate::check;
use crate::data::Pictures;
use crate::error::Result;
use crate::rng::Rng;
use crate::train::{Adam, LearningRate, Optimizer};

#[cfg(doc)]
use crate::{Error, data::PictureSplit};

/// Channels of both convolutions, and the width of the last hidden layer: the number of features.
const CHANNELS: usize = 32;
const FEATURES: usize = 64;

/// The largest height or width at which both convolutions are affordable at full size; the first halves larger pictures.
const SMALL: usize = 16;

/// Steps of training, and pictures in each.
const STEPS: u64 = 1500;
const BATCH: usize = 64;

/// Every picture is trained on moved by up to so many pixels each way, and with noise of this standard deviation:
/// without, 500 pictures make a judge that is right for 97 % of the others, with both, for 99 %.
const SHIFT: f32 = 0.3;
const NOISE: f32 = 0.5;

/// Rows that are looked at together.
const PIECE: usize = 256;

/// A classifier: 3×3 convolution, SiLU, another that halves, SiLU, linear to 64 features, SiLU, linear to the classes.
///
/// It is to know nothing but [`PictureSplit::judge`]: a judge that has seen the training pictures recognises copies
/// of them, one that has seen those held out makes the real ones look better.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    parameters: Parameters,
    convolutions: [Conv2d; 2],
    hidden: Linear,
    output: Linear,
    size: [usize; 3],
    classes: usize,
}

impl Judge {
    /// Trains one on `pictures`: 1,500 steps of AdamW on the cross-entropy, each with 64 of them, moved a little and
    /// noised. The same `rng` gives the same judge at any number of threads.
    ///
    /// # Errors
    /// [`Error::Empty`] without pictures; as [`Pictures::new`], if fields were changed; [`Error::Diverged`] if a loss
    /// is not finite.
    pub fn train(pictures: &Pictures, rng: &mut Rng) -> Result<Self> {
        pictures.check()?;
        check::not_empty("the judge's pictures", pictures.len())?;
        let mut judge = Self::new(pictures, rng)?;
        let adam = Adam {
            weight_decay: 0.1,
            ..Adam::default()
        };
        let mut optimizer = Optimizer::new(&judge.parameters, adam, None)?;
        let rate = LearningRate::cosine(2e-3, STEPS);
        let mut gradients = Gradients::new(&judge.parameters);
        let mut work = Workspace::new();
        for step in 0..STEPS {
            let chosen: [usize; BATCH] =
                std::array::from_fn(|_| rng.random_range(0..pictures.len()));
            let rows = varied(pictures, &chosen, rng);
            let labels = chosen.map(|i| pictures.labels[i]);
            let mut tape = Tape::with_workspace(&judge.parameters, work);
            let logits = judge.answer(&mut tape, &rows)?[1];
            let loss = tape.cross_entropy(logits, &labels)?;
            tape.backward(loss, &mut gradients)?;
            work = tape.into_workspace();
            optimizer.step(&mut judge.parameters, &gradients, rate.at(step))?;
        }
        Ok(judge)
    }

    fn new(pictures: &Pictures, rng: &mut Rng) -> Result<Self> {
        let size @ [height, width, channels] = [pictures.height, pictures.width, pictures.channels];
        let mut parameters = Parameters::new();
        let mut first = parameters.conv2d("convolutions.0", channels, CHANNELS, rng)?;
        if height.max(width) > SMALL {
            first = first.resizing(Resize::Halve);
        }
        let second = parameters.conv2d("convolutions.1", CHANNELS, CHANNELS, rng)?;
        let second = second.resizing(Resize::Halve);
        let [h, w] = second.size(first.size([height, width]));
        Ok(Self {
            convolutions: [first, second],
            hidden: parameters.linear("hidden", h * w * CHANNELS, FEATURES, rng)?,
            output: parameters.linear("output", FEATURES, pictures.classes, rng)?,
            parameters,
            size,
            classes: pictures.classes,
        })
    }

    /// Features and logits on a tape.
    fn answer(&self, tape: &mut Tape, rows: &ArrayRef2<f32>) -> Result<[Var; 2]> {
        let (n, [height, width, channels]) = (rows.nrows(), self.size);
        let x = tape.input(rows);
        let mut x = tape.reshape(x, n * height * width, channels)?;
        let mut size = [height, width];
        for convolution in self.convolutions {
            x = tape.conv2d(x, convolution, size)?;
            x = tape.silu(x)?;
            size = convolution.size(size);
        }
        let inputs = tape.dim(x)?.0 / n * CHANNELS;
        let x = tape.reshape(x, n, inputs)?;
        let hidden = tape.linear(x, self.hidden)?;
        let features = tape.silu(hidden)?;
        Ok([features, tape.linear(features, self.output)?])
    }

    fn answers(&self, rows: &Array2<f32>, which: usize, columns: usize) -> Result<Array2<f32>> {
        let pixels = self.size.iter().product();
        check::same_shape("pictures", &[rows.nrows(), pixels], rows.shape())?;
        check::all_finite("pictures", rows)?;
        let mut answers = Vec::with_capacity(rows.nrows() * columns);
        let mut work = Workspace::new();
        for rows in rows.axis_chunks_iter(Axis(0), PIECE) {
            let mut tape = Tape::with_workspace(&self.parameters, work).forward_only();
            let var = self.answer(&mut tape, &rows)?[which];
            answers.extend_from_slice(tape.slice(var));
            work = tape.into_workspace();
        }
        Ok(Array2::from_shape_vec((rows.nrows(), columns), answers).expect("columns a row"))
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// What the last hidden layer makes of pictures, shape (n, height · width · channels); shape (n, 64).
    ///
    /// # Errors
    /// [`Error::Shape`] for pictures of another size; [`Error::NotFinite`] for a NaN or infinite pixel.
    pub fn features(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        self.answers(rows, 0, FEATURES)
    }

    /// The class of each picture, as the judge sees it, 0-based; length n.
    ///
    /// # Errors
    /// As [`features`](Self::features).
    pub fn labels(&self, rows: &Array2<f32>) -> Result<Vec<usize>> {
        let logits = self.answers(rows, 1, self.classes)?;
        let most = |row: ndarray::ArrayView1<f32>| {
            let classes = 0..row.len();
            classes
                .max_by(|a, b| row[*a].total_cmp(&row[*b]))
                .unwrap_or(0)
        };
        Ok(logits.rows().into_iter().map(most).collect())
    }

    /// The share of pictures that the judge takes for what their labels say.
    ///
    /// # Errors
    /// [`Error::Empty`] without pictures; [`Error::Shape`] unless there is a label for each;
    /// [`Error::Label`] for one that is no class; as [`features`](Self::features).
    pub fn accuracy(&self, rows: &Array2<f32>, labels: &[usize]) -> Result<f64> {
        check::not_empty("pictures", rows.nrows())?;
        check::same_shape("labels", &[rows.nrows()], &[labels.len()])?;
        check::labels(labels, self.classes)?;
        let found = self.labels(rows)?;
        let right = found.iter().zip(labels).filter(|(a, b)| a == b).count();
        Ok(right as f64 / rows.nrows() as f64)
    }
}

/// Some of the pictures, moved by a part of a pixel and noised.
fn varied(pictures: &Pictures, chosen: &[usize], rng: &mut Rng) -> Array2<f32> {
    let mut rows = Array2::zeros((chosen.len(), pictures.rows.ncols()));
    rng.fill_serial(rows.as_slice_mut().expect("freshly made"));
    let c = pictures.channels;
    let strides = [pictures.width * c, c];
    for (i, mut row) in chosen.iter().zip(rows.rows_mut()) {
        // From −1, paper, which is also what comes in from outside.
        let mut picture = pictures.rows.row(*i).mapv(|x| x + 1.0);
        for (axis, stride) in strides.into_iter().enumerate() {
            let by = SHIFT * (2.0 * rng.random::<f32>() - 1.0);
            let side = [pictures.height, pictures.width][axis];
            let before = picture.clone();
            for (j, x) in picture.iter_mut().enumerate() {
                let at = j / stride % side;
                let from = match by > 0.0 {
                    true => (at > 0).then(|| j - stride),
                    false => (at + 1 < side).then(|| j + stride),
                };
                *x += by.abs() * (from.map_or(0.0, |from| before[from]) - *x);
            }
        }
        row.zip_mut_with(&picture, |noise, x| *noise = NOISE * *noise + x - 1.0);
    }
    rows
}
