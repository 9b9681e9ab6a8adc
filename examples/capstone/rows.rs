//! Figures of one row each, of which some may be out of reach.

use diffusion_intuition::prelude::*;

/// ln p of a row, or why there is none.
pub type Tried = Result<f64, String>;

/// Pieces in which rows are tried where not all go at once.
const MOST_PIECES: usize = 200;

/// `measure` of all rows; where that fails, of halves of them, down to the rows at which it does.
pub fn each(
    rows: &Array2<f32>,
    measure: &mut dyn FnMut(&Array2<f32>) -> Result<Array1<f64>>,
) -> Vec<Tried> {
    let mut tried = Vec::new();
    let (mut pieces, mut waiting) = (0, vec![(0, rows.nrows())]);
    while let Some((start, end)) = waiting.pop() {
        pieces += 1;
        let piece: Vec<usize> = (start..end).collect();
        let error = match measure(&rows.select(Axis(0), &piece)) {
            Ok(found) => {
                tried.extend(found.iter().map(|ln_p| match ln_p.is_finite() {
                    true => Ok(*ln_p),
                    false => Err(format!("ln p = {ln_p}")),
                }));
                continue;
            }
            Err(error) => error.to_string(),
        };
        if end - start < 2 || pieces > MOST_PIECES {
            tried.extend(piece.iter().map(|_| Err(error.clone())));
        } else {
            let middle = start.midpoint(end);
            waiting.extend([(middle, end), (start, middle)]);
        }
    }
    tried
}
