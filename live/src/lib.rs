//! The library in a page: an instrument asks a question, and the library answers it with numbers.
//!
//! A question is a text, numbers, and bytes where a file is told. The first line of the text is its name, every other one a setting,
//! `key value`. An answer is arrays of numbers, each with a name; a question that cannot be answered is refused with
//! a sentence, the library's own where the library refuses. So a page needs seven functions, which the module `page`
//! exports, and everything else is plain calls of the library: one file for each instrument.

#![deny(unsafe_code)]

mod asked;
mod backwards;
#[cfg(feature = "pictures")]
mod digits;
mod drawing;
mod game;
mod hero;
mod network;
mod page;
mod sampling;
mod schedule;
mod training;

use std::error::Error;

pub use asked::{Answer, Asked};

/// An answer, or the sentence that refuses it.
pub type Reply<T> = Result<T, Box<dyn Error>>;

/// What stays between two questions.
#[derive(Default)]
pub struct Desk {
    lesson: Option<training::Lesson>,
    painter: Option<drawing::Painter>,
    crab: Option<hero::Crab>,
    pair: Option<game::Match>,
    #[cfg(feature = "pictures")]
    digits: Option<diffusion_intuition::network::UNet>,
}

impl Desk {
    /// Answers a question.
    ///
    /// # Errors
    /// A sentence for a name that is not known, a setting that is missing or cannot be read, and whatever the library
    /// refuses.
    pub fn answer(&mut self, asked: &Asked) -> Reply<Answer> {
        match asked.name() {
            "road" => schedule::road(asked),
            "moment" => schedule::moment(asked),
            "back" => backwards::back(asked),
            #[cfg(feature = "pictures")]
            "load" => digits::load(asked, self),
            #[cfg(feature = "pictures")]
            "digits" => digits::digits(asked, self),
            #[cfg(feature = "pictures")]
            "finish" => digits::finish(asked, self),
            "ferris" => hero::ferris(asked, self),
            "blurred" => hero::blurred(asked, self),
            "touched" => hero::touched(asked, self),
            "pair" => game::pair(asked, self),
            "play" => game::play(asked, self),
            "learn" => game::learn(asked, self),
            "score" => game::score(asked, self),
            "walk" => sampling::walk(asked),
            "goal" => sampling::goal(asked),
            "begin" => training::begin(asked, self),
            "train" => training::train(asked, self),
            "look" => training::look(asked, self),
            "excess" => training::excess(asked, self),
            "paper" => drawing::paper(asked),
            "draw" => drawing::draw(asked, self),
            "paint" => drawing::paint(asked, self),
            "show" => drawing::show(asked, self),
            other => Err(format!("no question has the name \"{other}\"").into()),
        }
    }
}
