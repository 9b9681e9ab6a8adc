//! The table and the file.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::case::Result;

/// The figures of one case.
pub struct Row {
    pub case: String,
    pub unit: &'static str,
    pub ours: f64,
    /// Name and figure of every peer that was measured, in the case's order.
    pub peers: Vec<(&'static str, f64)>,
    pub limit: Option<f64>,
}

impl Row {
    fn best_peer(&self) -> Option<(&'static str, f64)> {
        self.peers
            .iter()
            .copied()
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// One line a contender, ours first, with how many times as fast ours is as each.
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![["case", "contender", "figure", "unit", "ours ÷ it"].map(String::from)];
    for row in rows {
        let line = |label: &str, figure, times| {
            [
                row.case.clone(),
                label.into(),
                digits(figure),
                row.unit.into(),
                times,
            ]
        };
        lines.push(line("ours", row.ours, String::new()));
        for (label, figure) in &row.peers {
            lines.push(line(label, *figure, format!("{:.2}×", row.ours / figure)));
        }
        if let Some(limit) = row.limit {
            lines.push(line(
                "the machine's limit",
                limit,
                format!("{:.2}×", row.ours / limit),
            ));
        }
    }
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for [case, contender, figure, unit, times] in &lines {
        let [a, b, c, d, e] = widths;
        let _ = writeln!(
            text,
            "{case:a$}  {contender:b$}  {figure:>c$}  {unit:d$}  {times:>e$}"
        );
    }
    text
}

/// A list with an object a case. Without a peer, `best_peer` and `ratio` are null.
pub fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let best = row.best_peer();
            let peers = row.peers.iter();
            let peers = peers.map(|(label, figure)| (label.to_string(), rounded(*figure)));
            json!({
                "case": row.case,
                "unit": row.unit,
                "ours": rounded(row.ours),
                "peers": peers.collect::<serde_json::Map<_, _>>(),
                "best_peer": best.map(|(label, _)| label),
                "ratio": best.map(|(_, figure)| rounded(row.ours / figure)),
                "limit": row.limit.map(rounded),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}

/// Four significant digits: more would be noise.
fn rounded(figure: f64) -> Value {
    let rounded = format!("{figure:.3e}").parse::<f64>();
    rounded.unwrap_or(figure).into()
}

fn digits(figure: f64) -> String {
    let decimals = (2.0 - figure.abs().log10().floor()).max(0.0) as usize;
    format!("{figure:.decimals$}")
}
