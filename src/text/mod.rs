//! Sentences: words as numbers, and as points that noise can move; and languages of which everything is known.

mod automaton;
mod built_in;
mod compile;
mod description;
mod grammar;
mod reading;
mod vectors;
mod vocabulary;

pub use grammar::Grammar;
pub use reading::Reading;
pub use vectors::WordVectors;
pub use vocabulary::Vocabulary;
