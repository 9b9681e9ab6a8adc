//! The library in a page: an instrument asks a question, and the library answers it with numbers.
//!
//! A question is a text, numbers, and bytes where a file is told. The first line of the text is its name, every other one a setting,
//! `key value`. An answer is arrays of numbers, each with a name; a question that cannot be answered is refused with
//! a sentence, the library's own where the library refuses. So a page needs seven functions, which the module `page`
//! exports, and everything else is plain calls of the library: one file for each instrument.

#![deny(unsafe_code)]

mod asked;
#[cfg(feature = "plane")]
mod backwards;
#[cfg(feature = "pictures")]
mod digits;
#[cfg(feature = "plane")]
mod drawing;
#[cfg(feature = "plane")]
mod game;
#[cfg(feature = "plane")]
mod hero;
#[cfg(feature = "plane")]
mod network;
mod page;
#[cfg(feature = "prompts")]
mod prompts;
#[cfg(feature = "plane")]
mod sampling;
#[cfg(feature = "plane")]
mod schedule;
#[cfg(feature = "plane")]
mod training;
#[cfg(feature = "words")]
mod words;

use std::error::Error;

pub use asked::{Answer, Asked};

/// An answer, or the sentence that refuses it.
pub type Reply<T> = Result<T, Box<dyn Error>>;

/// What stays between two questions.
#[derive(Default)]
pub struct Desk {
    #[cfg(feature = "plane")]
    lesson: Option<training::Lesson>,
    #[cfg(feature = "plane")]
    painter: Option<drawing::Painter>,
    #[cfg(feature = "plane")]
    crab: Option<hero::Crab>,
    #[cfg(feature = "plane")]
    pair: Option<game::Match>,
    #[cfg(feature = "pictures")]
    digits: Option<diffusion_intuition::network::UNet>,
    #[cfg(feature = "words")]
    writer: Option<words::Writer>,
    #[cfg(feature = "prompts")]
    studio: Option<prompts::Studio>,
}

impl Desk {
    /// Answers a question.
    ///
    /// # Errors
    /// A sentence for a name that is not known, a setting that is missing or cannot be read, and whatever the library
    /// refuses.
    pub fn answer(&mut self, asked: &Asked) -> Reply<Answer> {
        match asked.name() {
            #[cfg(feature = "pictures")]
            "load" => digits::load(asked, self),
            #[cfg(feature = "pictures")]
            "digits" => digits::digits(asked, self),
            #[cfg(feature = "pictures")]
            "finish" => digits::finish(asked, self),
            #[cfg(feature = "pictures")]
            "half" => digits::half(asked, self),
            #[cfg(feature = "words")]
            "language" => words::language(self),
            #[cfg(feature = "words")]
            "learned" => words::learned(asked, self),
            #[cfg(feature = "words")]
            "fill" => words::fill(asked, self),
            #[cfg(feature = "prompts")]
            "scene" => prompts::scene(asked, self),
            #[cfg(feature = "prompts")]
            "brushes" => prompts::brushes(asked, self),
            #[cfg(feature = "prompts")]
            "picture" => prompts::picture(asked, self),
            #[cfg(feature = "prompts")]
            "gaze" => prompts::gaze(asked, self),
            _ => self.of_the_plane(asked),
        }
    }

    #[cfg(feature = "plane")]
    fn of_the_plane(&mut self, asked: &Asked) -> Reply<Answer> {
        match asked.name() {
            "road" => schedule::road(asked),
            "moment" => schedule::moment(asked),
            "back" => backwards::back(asked),
            "ferris" => hero::ferris(asked, self),
            "blurred" => hero::blurred(asked, self),
            "touched" => hero::touched(asked, self),
            "pair" => game::pair(asked, self),
            "play" => game::play(asked, self),
            "learn" => game::learn(asked, self),
            "score" => game::score(asked, self),
            "walk" => sampling::walk(asked),
            "goal" => sampling::goal(asked),
            "terrain" => sampling::terrain(asked),
            "begin" => training::begin(asked, self),
            "train" => training::train(asked, self),
            "look" => training::look(asked, self),
            "excess" => training::excess(asked, self),
            "paper" => drawing::paper(asked),
            "draw" => drawing::draw(asked, self),
            "paint" => drawing::paint(asked, self),
            "show" => drawing::show(asked, self),
            _ => unknown(asked),
        }
    }

    #[cfg(not(feature = "plane"))]
    fn of_the_plane(&mut self, asked: &Asked) -> Reply<Answer> {
        unknown(asked)
    }
}

fn unknown(asked: &Asked) -> Reply<Answer> {
    Err(format!("no question has the name \"{}\"", asked.name()).into())
}
