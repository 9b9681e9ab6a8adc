//! Heat maps as few rectangles.

use ndarray::Array2;

use super::color::HEAT_LEVELS;

/// A block of cells: columns `x.0..x.1`, rows `y.0..y.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub x: (usize, usize),
    pub y: (usize, usize),
}

/// Level of a value on the scale from `low` to `high`.
fn level(value: f64, (low, high): (f64, f64)) -> usize {
    let at = (value - low) / (high - low) * HEAT_LEVELS as f64;
    (at.max(0.0) as usize).min(HEAT_LEVELS - 1)
}

/// For each level the blocks that cover all cells of **at least** this level. Painted in order, each level
/// lies on the one below, so no background shows through the seams.
pub(super) fn blocks(values: &Array2<f64>, scale: (f64, f64)) -> Vec<Vec<Block>> {
    let levels = values.mapv(|v| level(v, scale));
    (0..HEAT_LEVELS).map(|at| cover(&levels, at)).collect()
}

/// Runs of cells in a row, joined with the run above that has the same ends.
fn cover(levels: &Array2<usize>, at: usize) -> Vec<Block> {
    let mut done: Vec<Block> = Vec::new();
    let mut growing: Vec<Block> = Vec::new();
    for (i, row) in levels.rows().into_iter().enumerate() {
        let mut next = Vec::new();
        let mut j = 0;
        while j < row.len() {
            let length = row.iter().skip(j).take_while(|level| **level >= at).count();
            if length > 0 {
                let x = (j, j + length);
                let start = growing
                    .iter()
                    .find(|block| block.x == x)
                    .map_or(i, |block| block.y.0);
                next.push(Block {
                    x,
                    y: (start, i + 1),
                });
            }
            j += length.max(1);
        }
        growing.retain(|block| !next.iter().any(|new| new.x == block.x));
        done.append(&mut growing);
        growing = next;
    }
    done.append(&mut growing);
    done
}
