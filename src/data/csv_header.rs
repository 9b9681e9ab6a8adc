//! Whether a table begins with names, and where they end.

use super::csv_fields::{Field, Kind, fields, fields_outside_brackets, separator_of};

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
        let Some(next) = next else {
            let names = is_header(&found, &[]).then(|| into_names(found));
            return Ok(Self::plain(names, own));
        };
        let below = separator.unwrap_or_else(|| separator_of(next));
        let values = fields(next, below).unwrap_or_default();
        if let Some(names) = names(first, own, &values, below) {
            let start = Self::plain(Some(names), below);
            return Ok(start.with_index(&values));
        }
        let is = |kind| found.iter().any(|field| field.kind(None) == kind);
        Ok(Self {
            mixed: is(Kind::Name) && is(Kind::Number),
            ..Self::plain(None, own)
        })
    }

    fn plain(names: Option<Vec<String>>, separator: char) -> Self {
        Self {
            names,
            separator,
            mixed: false,
            nameless: false,
        }
    }

    /// R's `write.table` names the columns but not the numbers of the rows, which it puts before them in quotes.
    fn with_index(mut self, values: &[Field]) -> Self {
        let quoted = values.first().is_some_and(|value| value.quoted);
        if let Some(names) = &mut self.names
            && names.len() + 1 == values.len()
            && (quoted || matches!(self.separator, ' ' | '\t'))
        {
            names.insert(0, String::new());
            self.nameless = true;
        }
        self
    }
}

/// Whether all can be names above `values`, and one is for sure.
fn is_header(row: &[Field], values: &[Field]) -> bool {
    let kinds = || {
        let row = row.iter().enumerate();
        row.map(|(j, field)| field.kind(values.get(j)))
    };
    kinds().all(|kind| kind != Kind::Number) && kinds().any(|kind| kind == Kind::Name)
}

/// The names in `first`, if it holds names: cut so that there are as many as `values`, if it can be.
fn names(first: &str, own: char, values: &[Field], below: char) -> Option<Vec<String>> {
    // A name may hold what separates others, such as a comma in brackets.
    let cuts = [
        fields(first, below),
        fields(first, own),
        fields_outside_brackets(first, below),
        fields_outside_brackets(first, own),
    ];
    let cuts: Vec<Vec<Field>> = cuts.into_iter().flatten().collect();
    let fits = |cut: &&Vec<Field>| cut.len() == values.len() && is_header(cut, values);
    if let Some(cut) = cuts.iter().find(fits) {
        return Some(into_names(cut.clone()));
    }
    if let [index, labels @ ..] = cuts.first()?.as_slice()
        && is_index(index, labels, values)
    {
        return Some(into_names(cuts[0].clone()));
    }
    let cut = fields(first, own).ok().filter(|cut| is_header(cut, &[]))?;
    if values.len() == 1 && own == ' ' {
        // One column: the whole line is its name.
        let text = first.trim().to_owned();
        let quoted = false;
        return Some(into_names(vec![Field { text, quoted }]));
    }
    Some(into_names(cut))
}

/// Whether a row is one of column numbers above an index, as pandas writes it: nothing, 0, 1, 2, …
fn is_index(first: &Field, labels: &[Field], values: &[Field]) -> bool {
    let whole = |field: &Field| field.text.parse::<i64>().is_ok();
    first.text.is_empty()
        && !labels.is_empty()
        && labels.iter().all(whole)
        && labels.len() + 1 == values.len()
        && values.first().is_some_and(whole)
}

fn into_names(fields: Vec<Field>) -> Vec<String> {
    fields.into_iter().map(Field::into_name).collect()
}
