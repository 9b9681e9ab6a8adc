//! Sentences: words as numbers, and as points that noise can move; and languages of which everything is known.

mod automaton;
mod built_in;
mod classifier;
mod compile;
mod corpus;
mod corpus_report;
mod description;
mod exact;
mod floor;
mod grammar;
mod listing;
mod passes;
mod reading;
mod tokens;
mod vectors;
mod vocabulary;

pub use classifier::{ClassifierGuidance, ExactClassifier};
pub use corpus::{Corpus, CorpusConfig};
pub use corpus_report::CorpusReport;
pub use exact::ExactText;
pub use floor::WordFloor;
pub use grammar::Grammar;
pub use reading::Reading;
pub use vectors::WordVectors;
pub use vocabulary::Vocabulary;
