//! Handwritten digits, 8×8: the smallest pictures on which everything about pictures can be shown.

use ndarray::Array2;

use super::pictures::{PictureSplit, Pictures};
use crate::error::{Error, Result};

/// `data/digits.txt`, as `data/digits.py` makes it.
const TEXT: &str = include_str!("../../data/digits.txt");

/// The deepest grey: pixels are from 0, paper, to 16, ink.
const INK: u32 = 16;

/// The 1,797 handwritten digits of UCI's optical recognition set, 8×8 pixels in 17 grey levels, scaled to x/8 − 1;
/// ten classes. 997 to train on, 300 held out (30 of each digit), 500 for a judge (50 of each).
///
/// By E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, under CC BY 4.0; origin, parts and their
/// sizes are explained in `data/README.md`. 13 people wrote them, in all parts alike.
///
/// ```
/// use diffusion_intuition::data;
///
/// let digits = data::digits();
/// assert_eq!(digits.train.rows.dim(), (997, 64));
/// assert_eq!(digits.held_out.of_class(7)?.nrows(), 30);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
pub fn digits() -> PictureSplit {
    parse(TEXT).expect("compiled in, and read by a test")
}

/// Lines `part digit pixels`.
fn parse(text: &str) -> Result<PictureSplit> {
    let mut parts: [(Vec<f32>, Vec<usize>); 3] = Default::default();
    for (i, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        let (part, digit, pixels) = fields(line).ok_or_else(|| Error::File {
            file: "digits.txt".into(),
            line: Some(i + 1),
            reason: "expected a part (t, h or j), a digit, and 64 pixels from 0 to g".into(),
        })?;
        parts[part].0.extend(pixels);
        parts[part].1.push(digit);
    }
    let [train, held_out, judge] = parts.map(|(pixels, labels)| {
        let rows = Array2::from_shape_vec((labels.len(), 64), pixels).expect("64 pixels a label");
        Pictures::new(rows, labels, [8, 8, 1], 10)
    });
    Ok(PictureSplit {
        train: train?,
        held_out: held_out?,
        judge: judge?,
    })
}

fn fields(line: &str) -> Option<(usize, usize, Vec<f32>)> {
    let mut fields = line.split(' ');
    let (part, digit, pixels) = (fields.next()?, fields.next()?, fields.next()?);
    let part = ["t", "h", "j"].iter().position(|name| *name == part)?;
    let grey = |c: char| c.to_digit(INK + 1).map(|grey| grey as f32 / 8.0 - 1.0);
    let pixels: Vec<f32> = pixels.chars().map(grey).collect::<Option<_>>()?;
    let digit = digit.parse().ok().filter(|digit| *digit < 10)?;
    (pixels.len() == 64 && fields.next().is_none()).then_some((part, digit, pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_line_is_named() {
        let picture = "0123456789abcdefg".repeat(4);
        let picture = &picture[..64];
        let good = format!("# head\nj 9 {picture}\n");
        assert_eq!(parse(&good).unwrap().judge.labels, [9]);
        for bad in [
            format!("x 9 {picture}"),
            format!("t 10 {picture}"),
            format!("t 9 {}", &picture[1..]),
            format!("t 9 {}h", &picture[1..]),
            format!("t 9 {picture} more"),
            String::new(),
        ] {
            let error = parse(&format!("{good}{bad}\n")).unwrap_err();
            assert!(
                matches!(error, Error::File { line: Some(3), .. }),
                "{bad}: {error}"
            );
        }
    }
}
