//! A small world of pictures with sentences, of which everything is known.
//!
//! A picture of 16 × 16 pixels shows one or two things on white; a sentence says what they are and where: *a small red
//! crab left of a blue square*. [`Scenes`] knows every sentence and every picture that a sentence allows, draws among
//! them, and reads pictures back without having learned it. So what a network makes of a sentence is judged exactly.

mod freedom;
mod judge;
mod language;
mod obeyed;
mod thing;
mod world;

pub use freedom::Freedom;
pub use obeyed::Obeyed;
pub use thing::{Colour, Shape, Size, Thing};
pub use world::Scenes;
