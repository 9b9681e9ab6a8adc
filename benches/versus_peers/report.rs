//! The table and the file.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::case::{Contender, Result};

/// The figures of one case.
pub struct Row {
    pub case: String,
    pub unit: &'static str,
    pub ours: f64,
    /// Every peer that was measured and its figure, in the case's order.
    pub peers: Vec<(&'static Contender, f64)>,
    pub limit: Option<f64>,
}

impl Row {
    /// Label and figure of the best peer of those that are hoisted, or of the others.
    fn best_peer(&self, hoisted: bool) -> Option<(&'static str, f64)> {
        let peers = self.peers.iter().filter(|(c, _)| c.hoisted == hoisted);
        let peers = peers.map(|(contender, figure)| (contender.label, *figure));
        peers.max_by(|a, b| a.1.total_cmp(&b.1))
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
        for (contender, figure) in &row.peers {
            let times = format!("{:.2}×", row.ours / figure);
            lines.push(line(contender.label, *figure, times));
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

/// A list with an object a case. Without a peer, `best_peer` and `ratio` are null; a case with hoisted peers
/// has `best_hoisted_peer` and `hoisted_ratio` too.
pub fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let best = row.best_peer(false);
            let peers = row.peers.iter();
            let peers = peers.map(|(peer, figure)| (peer.label.to_string(), rounded(*figure)));
            let mut object = json!({
                "case": row.case,
                "unit": row.unit,
                "ours": rounded(row.ours),
                "peers": peers.collect::<serde_json::Map<_, _>>(),
                "best_peer": best.map(|(label, _)| label),
                "ratio": best.map(|(_, figure)| rounded(row.ours / figure)),
                "limit": row.limit.map(rounded),
            });
            if let Some((label, figure)) = row.best_peer(true) {
                object["best_hoisted_peer"] = label.into();
                object["hoisted_ratio"] = rounded(row.ours / figure);
            }
            object
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
