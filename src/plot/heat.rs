//! Heat maps as few rectangles.

use ndarray::Array2;

use super::clip::Point;
use super::color::HEAT_LEVELS;

/// A block of cells: columns `x.0..x.1`, rows `y.0..y.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub x: (usize, usize),
    pub y: (usize, usize),
}

/// Level of a value on the scale from `low` to `high`.
pub(super) fn level(value: f64, (low, high): (f64, f64)) -> usize {
    // Halved, because the difference of two finite numbers need not be finite.
    let at = (0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low) * HEAT_LEVELS as f64;
    (at.max(0.0) as usize).min(HEAT_LEVELS - 1)
}

/// Two corners of a block in data units, on a map with so many rows and columns over `x` and `y`.
pub(super) fn corners(
    block: Block,
    (rows, columns): (usize, usize),
    x: Point,
    y: Point,
) -> [Point; 2] {
    let edge = |(low, high): Point, i: usize, n: usize| {
        let share = i as f64 / n as f64;
        low * (1.0 - share) + high * share
    };
    let corner = |j, i| (edge(x, j, columns), edge(y, i, rows));
    [corner(block.x.0, block.y.0), corner(block.x.1, block.y.1)]
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
        let mut above = growing.into_iter().peekable();
        let row = row.to_vec();
        let mut j = 0;
        while j < row.len() {
            let length = row[j..].iter().take_while(|level| **level >= at).count();
            if length > 0 {
                let x = (j, j + length);
                // Both rows run from left to right, so what lies left of this run ends here.
                while above.peek().is_some_and(|block| block.x.0 < j) {
                    done.extend(above.next());
                }
                let grown = above.next_if(|block| block.x == x);
                let start = grown.map_or(i, |block| block.y.0);
                let y = (start, i + 1);
                next.push(Block { x, y });
            }
            j += length.max(1);
        }
        done.extend(above);
        growing = next;
    }
    done.append(&mut growing);
    done
}
