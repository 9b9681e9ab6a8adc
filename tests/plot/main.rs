//! Figures and tables: right numbers at the right place, small and sound SVG, errors that name the value.

mod colours;
mod document;
mod errors;
mod geometry;
mod labels;
mod matrix;
mod names;
mod narrow;
mod page;
mod pictures;
mod png;
mod reader;
mod report;
mod sheets;
mod table;
mod words;
