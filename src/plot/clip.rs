//! Clipping to the plot area, because plotters moves outside points to the border, which bends lines.

/// A point in the units of the axes.
pub(super) type Point = (f64, f64);

/// The plot area in the units of the axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Bounds {
    pub(super) fn contains(&self, p: Point) -> bool {
        self.x.0 <= p.0 && p.0 <= self.x.1 && self.y.0 <= p.1 && p.1 <= self.y.1
    }

    /// The nearest point inside.
    pub(super) fn clamp(&self, p: Point) -> Point {
        (p.0.clamp(self.x.0, self.x.1), p.1.clamp(self.y.0, self.y.1))
    }

    /// The part of the segment `a`–`b` inside (Liang and Barsky 1984).
    fn segment(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        let from_sides = [
            (-dx, a.0 - self.x.0),
            (dx, self.x.1 - a.0),
            (-dy, a.1 - self.y.0),
            (dy, self.y.1 - a.1),
        ];
        for (outwards, distance) in from_sides {
            match outwards {
                0.0 if distance < 0.0 => return None,
                0.0 => {}
                p if p < 0.0 => enter = enter.max(distance / p),
                p => leave = leave.min(distance / p),
            }
        }
        // An end that was inside is kept to the bit, so that pieces join.
        let at = |s: f64| match s {
            0.0 => a,
            1.0 => b,
            s => (a.0 + s * dx, a.1 + s * dy),
        };
        (enter <= leave).then(|| (at(enter), at(leave)))
    }

    /// Whether the segment `a`–`b` comes inside.
    pub(super) fn crosses(&self, a: Point, b: Point) -> bool {
        self.segment(a, b).is_some()
    }

    /// The pieces of a polyline that lie inside.
    pub(super) fn polyline(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let mut pieces: Vec<Vec<Point>> = Vec::new();
        for pair in points.windows(2) {
            let Some((a, b)) = self.segment(pair[0], pair[1]) else {
                continue;
            };
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&a) => piece.push(b),
                _ => pieces.push(vec![a, b]),
            }
        }
        pieces
    }

    /// The part of a polygon that lies inside (Sutherland and Hodgman 1974).
    pub(super) fn polygon(&self, points: &[Point]) -> Vec<Point> {
        let mut points = points.to_vec();
        for side in 0..4 {
            // Signed distance to the side, positive inside.
            let inside = |p: &Point| match side {
                0 => p.0 - self.x.0,
                1 => self.x.1 - p.0,
                2 => p.1 - self.y.0,
                _ => self.y.1 - p.1,
            };
            let mut kept = Vec::with_capacity(points.len() + 4);
            for (i, b) in points.iter().enumerate() {
                let a = &points[(i + points.len() - 1) % points.len()];
                let (da, db) = (inside(a), inside(b));
                if (da < 0.0) != (db < 0.0) {
                    let s = da / (da - db);
                    kept.push((a.0 + s * (b.0 - a.0), a.1 + s * (b.1 - a.1)));
                }
                if db >= 0.0 {
                    kept.push(*b);
                }
            }
            points = kept;
        }
        points
    }
}
