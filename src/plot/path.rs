//! Path data in whole numbers: simplified, relative, without needless separators.

use std::fmt::Write;

/// A point in drawing pixels.
pub(super) type Pixel = (i32, i32);

/// Largest distance, in drawing pixels, by which simplifying may move a line: an eighth of a pixel.
const TOLERANCE: f64 = 0.5;

/// Points that are simplified together.
const STRETCH: usize = 2048;

/// The `d` attribute of several lines or (`closed`) shapes.
pub(super) fn path(lines: &[&[Pixel]], closed: bool) -> String {
    let mut pen = Pen::default();
    for line in lines {
        let points = simplify(line);
        let Some((first, rest)) = points.split_first() else {
            continue;
        };
        pen.jump(*first);
        for point in rest {
            pen.draw(*point);
        }
        if closed {
            pen.close(*first);
        }
    }
    pen.data
}

/// The `d` attributes that draw dots as zero-length lines with round caps, dealt out to `groups` paths.
pub(super) fn dots(at: &[Pixel], groups: usize) -> Vec<String> {
    let groups = (0..groups.min(at.len())).map(|first| {
        let mut group: Vec<Pixel> = at.iter().skip(first).step_by(groups).copied().collect();
        // Neighbours in narrow vertical strips, up and down by turns: short distances, few digits.
        group.sort_by_key(|(x, y)| {
            let strip = x.div_euclid(64);
            (strip, if strip % 2 == 0 { *y } else { -*y })
        });
        group.dedup();
        let mut pen = Pen::default();
        for pixel in group {
            pen.jump(pixel);
            pen.data.push_str("h0");
            pen.command = 'h';
        }
        pen.data
    });
    groups.collect()
}

#[derive(Default)]
struct Pen {
    data: String,
    at: Pixel,
    command: char,
}

impl Pen {
    fn jump(&mut self, to: Pixel) {
        // At the start `m` is absolute, and so is this: the pen stands at the origin.
        self.command = ' ';
        self.emit('m', &[to.0 - self.at.0, to.1 - self.at.1]);
        self.at = to;
        // Pairs after a relative `m` are relative lines.
        self.command = 'l';
    }

    fn draw(&mut self, to: Pixel) {
        let (dx, dy) = (to.0 - self.at.0, to.1 - self.at.1);
        self.at = to;
        match (dx, dy) {
            (0, 0) => {}
            (dx, 0) => self.emit('h', &[dx]),
            (0, dy) => self.emit('v', &[dy]),
            _ => self.emit('l', &[dx, dy]),
        }
    }

    fn close(&mut self, start: Pixel) {
        self.data.push('z');
        (self.command, self.at) = ('z', start);
    }

    fn emit(&mut self, command: char, numbers: &[i32]) {
        if self.command != command {
            self.data.push(command);
            self.command = command;
        }
        for number in numbers {
            // A comma only where two digits would run together: a minus sign separates by itself.
            if *number >= 0 && self.data.ends_with(|c: char| c.is_ascii_digit()) {
                self.data.push(',');
            }
            let _ = write!(self.data, "{number}");
        }
    }
}

/// Drops the points that are not needed to keep the line within [`TOLERANCE`] (Douglas and Peucker 1973).
fn simplify(points: &[Pixel]) -> Vec<Pixel> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    // In stretches, because a zigzag that grows would take the square of its length.
    let mut open = Vec::new();
    for start in (0..points.len() - 1).step_by(STRETCH) {
        let end = (start + STRETCH).min(points.len() - 1);
        keep[end] = true;
        open.push((start, end));
    }
    while let Some((first, last)) = open.pop() {
        let distances =
            (first + 1..last).map(|i| (distance(points[i], points[first], points[last]), i));
        let farthest = distances.fold((TOLERANCE, 0), |best, next| match next.0 > best.0 {
            true => next,
            false => best,
        });
        if farthest.1 > 0 {
            keep[farthest.1] = true;
            open.push((first, farthest.1));
            open.push((farthest.1, last));
        }
    }
    let kept = points.iter().zip(keep).filter(|(_, keep)| *keep);
    kept.map(|(point, _)| *point).collect()
}

/// Distance from `p` to the segment `a`–`b`.
fn distance(p: Pixel, a: Pixel, b: Pixel) -> f64 {
    let d = |v: Pixel, w: Pixel| (f64::from(v.0 - w.0), f64::from(v.1 - w.1));
    let (line, to_p) = (d(b, a), d(p, a));
    let length2 = line.0 * line.0 + line.1 * line.1;
    let along = match length2 {
        0.0 => 0.0,
        _ => (to_p.0 * line.0 + to_p.1 * line.1) / length2,
    };
    let along = along.clamp(0.0, 1.0);
    (to_p.0 - along * line.0).hypot(to_p.1 - along * line.1)
}
