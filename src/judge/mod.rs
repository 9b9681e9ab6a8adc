//! How good generated pictures are: what a judge and four distances say of them, each beside what real pictures get.
//!
//! No figure is enough alone. A Gaussian fitted to each class is recognised as well as real pictures are; copies of
//! the training pictures have no distance at all; one good picture, over and over, is recognised and no copy.
//!
//! ```no_run
//! use diffusion_intuition::judge::Exam;
//! use diffusion_intuition::prelude::*;
//!
//! let digits = data::digits();
//! let exam = Exam::new(&digits, &mut Rng::new(0))?; // trains the judge, which takes seconds
//! let real = exam.floor(0..10, 30)?; // 30 real pictures of each digit, by seed
//! let zeros = Mixture::fit(&digits.train.of_class(0)?, 1, 0.01, &mut Rng::new(1))?;
//! let score = exam.score(&zeros.sample(300, &mut Rng::new(2))?, &[0; 300])?;
//! println!("{} {}", score.frechet, real.frechet);
//! # Ok::<(), Error>(())
//! ```

mod classifier;
mod exam;

pub use classifier::Judge;
pub use exam::{Exam, Score};
