//! Whether a table begins with names, and where they end.

use super::fields::{Field, Kind, fields, fields_outside_brackets, separator_of};

/// How a table begins.
pub(super) struct Start {
    /// Names of the columns, if the first row holds them.
    pub names: Option<Vec<String>>,
    /// What separates the values of the rows.
    pub separator: char,
    /// Whether the first row holds names beside numbers, so that it may have been meant as names.
    pub mixed: bool,
    /// Whether the names lack one for the first column, which then must number the rows.
    pub nameless: bool,
}

impl Start {
    /// What the first row is, by itself and by the next one. `separator` is that of the whole file, if it says so.
    pub fn new(first: &str, next: Option<&str>, separator: Option<char>) -> Result<Self, String> {
        let own = separator.unwrap_or_else(|| separator_of(first));
        let found = fields(first, own)?;
        let below = separator.or(next.map(separator_of)).unwrap_or(own);
        let values = next.map(|next| fields(next, below).unwrap_or_default());
        let values = values.as_deref().unwrap_or_default();
        let is = |kind| found.iter().any(|field| field.kind(None) == kind);
        let mixed = next.is_some() && is(Kind::Name) && is(Kind::Number);
        let Some(row) = header(first, (own, &found), (below, values)) else {
            return Ok(Self {
                names: None,
                separator: own,
                mixed,
                nameless: false,
            });
        };
        let mut names: Vec<String> = row.into_iter().map(Field::into_name).collect();
        // R's `write.table` names the columns but not the numbers of the rows, which it puts before them in quotes.
        let nameless =
            names.len() + 1 == values.len() && (values[0].quoted || matches!(below, ' ' | '\t'));
        if nameless {
            names.insert(0, String::new());
        }
        Ok(Self {
            names: Some(names),
            separator: below,
            mixed: false,
            nameless,
        })
    }
}

/// The names in the first row, if it holds names: cut so that there are as many as values in the next row, if it can
/// be. For either row, what separates its values, and these.
fn header(
    first: &str,
    (own, found): (char, &[Field]),
    (below, values): (char, &[Field]),
) -> Option<Vec<Field>> {
    // A name may hold what separates others, such as a comma in brackets.
    let cuts = [
        fields(first, below),
        fields(first, own),
        fields_outside_brackets(first, below),
        fields_outside_brackets(first, own),
    ];
    let cuts: Vec<Vec<Field>> = cuts.into_iter().flatten().collect();
    let fits = |cut: &&Vec<Field>| cut.len() == values.len() && are_names(cut, values);
    let index = || cuts.first().filter(|cut| is_index(cut, values));
    if let Some(cut) = cuts.iter().find(fits).or_else(index) {
        return Some(cut.clone());
    }
    if !are_names(found, &[]) {
        return None;
    }
    if values.len() == 1 && own == ' ' {
        // One column: the whole line is its name.
        let text = first.trim().to_owned();
        return Some(vec![Field {
            text,
            quoted: false,
        }]);
    }
    Some(found.to_vec())
}

/// Whether all can be names above `values`, and one is for sure.
fn are_names(row: &[Field], values: &[Field]) -> bool {
    let kinds = || {
        let row = row.iter().enumerate();
        row.map(|(j, field)| field.kind(values.get(j)))
    };
    kinds().all(|kind| kind != Kind::Number) && kinds().any(|kind| kind == Kind::Name)
}

/// Whether a row is one of column numbers above an index, as pandas writes it: nothing, 0, 1, 2, …
fn is_index(row: &[Field], values: &[Field]) -> bool {
    let whole = |field: &Field| field.text.parse::<i64>().is_ok();
    let [first, labels @ ..] = row else {
        return false;
    };
    let all = first.text.is_empty() && !labels.is_empty() && labels.iter().all(whole);
    all && row.len() == values.len() && whole(&values[0])
}
