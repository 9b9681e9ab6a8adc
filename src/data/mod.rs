//! Data sets, drawn by this crate from stated distributions; scaling; numbers from files.
//!
//! The two-dimensional sets share one form. `name(n, rng)` draws `n` independent points, shape (n, 2), in
//! parallel and with the same bits at any thread count. Each distribution has mean 0 and variance 1 in both
//! coordinates, exactly and not only in the sample: it can be noised and learned as it is, and two sets of
//! points, drawn at different times, lie on the same scale. ([`ring`]'s variance is 1.005, for the sake of
//! round figures.)
//!
//! | set | what it is |
//! | --- | --- |
//! | [`bimodal`] | the chapter's 400 numbers in two heaps |
//! | [`moons`] | two half circles that hold each other |
//! | [`swiss_roll`] | one curve, rolled up |
//! | [`spiral`] | two curves, rolled up together |
//! | [`ring`] | 8 Gaussians on a circle, exactly known: [`ring_mixture`] |
//! | [`grid`] | 25 Gaussians in 5 rows, exactly known: [`grid_mixture`] |
//! | [`checkerboard`] | the black squares of a board of 4 × 4 |
//! | [`ferris`] | a crab |
//! | [`digits`] | 1,797 pictures of 8 × 8 pixels, handwritten, with labels |
//! | [`fashion`] | 6,000 pictures of 28 × 28 pixels, clothes, with labels, from a file |
//! | [`read_csv`] | your own numbers; [`Standardizer`] brings them to this scale and back, [`Split`] holds some out |

mod csv;
mod digits;
mod fashion;
mod ferris;
mod gaussians;
mod pictures;
mod plane;
mod split;
mod standardizer;

pub use csv::{
    ColumnSummary, Csv, Summary, csv_text, parse_csv, read_csv, read_csv_from, write_csv,
};
pub use digits::digits;
pub use fashion::fashion;
pub use ferris::ferris;
pub use gaussians::{
    bimodal, grid, grid_mixture, grid_mixture_with, ring, ring_mixture, ring_mixture_with,
};
pub(crate) use pictures::rows_of_class;
pub use pictures::{PictureSplit, Pictures};
pub use plane::{checkerboard, moons, spiral, swiss_roll};
pub use split::Split;
pub use standardizer::Standardizer;
