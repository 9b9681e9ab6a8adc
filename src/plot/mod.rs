//! Figures and tables that show themselves in a notebook and stand alone as SVG and HTML.
//!
//! A [`Panel`] is one pair of axes with marks on it, or a sheet of pictures or words. A [`Figure`] is one panel, a grid of panels, or
//! frames over time, as one small SVG with a sentence of alternative text. A [`Table`] is a few numbers.
//! Builder methods never fail: the first thing wrong with the data is kept and returned as a typed
//! error when the figure is built.
//!
//! ```
//! use diffusion_intuition::plot::{Figure, Panel};
//!
//! let x: Vec<f64> = (0..=100).map(|i| -4.0 + 0.08 * i as f64).collect();
//! let density: Vec<f64> = x.iter().map(|x| (-0.5 * x * x).exp() / 2.5066).collect();
//! let figure: Figure = Panel::new()
//!     .title("Where every chain ends")
//!     .x_label("x")
//!     .y_label("density")
//!     .line("N(0, 1)", &x, &density)
//!     .figure("The bell curve of N(0, 1): highest at x = 0 with density 0.399.")?;
//! assert!(figure.svg().starts_with("<svg"));
//! # Ok::<(), diffusion_intuition::Error>(())
//! ```
//!
//! In a notebook, leave the figure as the last expression of the cell. Figures borrow their panels: evcxr
//! shows a last expression that moves a variable as text.

mod animation;
mod axis;
mod board;
mod canvas;
mod clip;
mod color;
mod content;
mod document;
mod draw;
mod figure;
mod film;
mod form;
mod format;
mod grid;
mod heat;
mod histogram;
mod labels;
mod layout;
mod legend;
mod looks;
mod marks;
mod names;
mod numbers;
mod page;
mod panel;
mod path;
mod pictures;
mod place;
mod png;
mod report;
mod rule;
mod sheet;
mod svg;
mod table;
mod text;
mod tiles;
mod words;

pub use color::Role;
pub use figure::Figure;
pub use format::significant;
pub use histogram::Histogram;
pub use panel::Panel;
pub use report::Report;
pub use table::{Cell, Table, num};
pub use text::verbatim;
