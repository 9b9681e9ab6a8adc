//! Numbers from files of separated values, and to them.

mod assembly;
mod fields;
mod header;
mod number;
mod read;
mod summary;
mod table;
mod text;
mod write;

pub use read::{parse_csv, read_csv, read_csv_from};
pub use summary::{ColumnSummary, Summary};
pub use table::Csv;
pub use write::{csv_text, write_csv};
