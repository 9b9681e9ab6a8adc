//! Reads pictures back: which things are in them, and how well each is painted.

use ndarray::Array2;

use super::thing::{Colour, GROUND, NUMBERS, SIDE, Shape, Size, Thing};
use super::world::Scenes;
use crate::check;
use crate::error::Result;
use crate::parallel::*;

/// Least mean of u over a thing's pixels (1 if they have its colour, −1 if they are ground): more than half of it is there.
const FAINT: f32 = 0.2;

/// Most things that are looked for in a picture; a sentence names at most two.
const MOST: usize = 4;

/// Pixels beyond its box that belong to a thing, and are ground if it is well painted.
const RIM: usize = 1;

/// The median of the χ² law with 3 degrees of freedom: of |P − ground|² for noise of unit variance.
const MEDIAN: f32 = 2.366;

/// Numbers beyond this are taken for it, so that no sum of squares overflows.
const BOUND: f32 = 1e3;

/// A shape and a size, as offsets of its pixels: row and column.
type Mask = (Shape, Size, Vec<(usize, usize)>);

/// A thing that may be there, with the error of the ground that it explains.
type Candidate = (f32, Thing);

impl Scenes {
    /// The things in each of n pictures, shape (n, 768), the surest first, at most four.
    ///
    /// No training: a thing of colour c explains Σ |P − ground|² − |P − c|² over its pixels P. All shapes, sizes, colours
    /// and places are tried; the one that explains most is taken, then the one that explains most beside its box, as
    /// long as that is more than half there. On pictures that are exactly of the language this finds their things.
    ///
    /// [`Thing::form`] is 1 − 2 R/(n |c − ground|²), R the squared error in the box and one pixel around it, without what
    /// noise adds (from the median of the ground's), n the pixels of the thing: each that is missing costs 2/n.
    /// [`Thing::hue`] is 1 − 2 |m − c|²/d², m the mean of its pixels, d the distance of c to the nearest other colour.
    /// [`obeys`](Self::obeys) takes no thing for right below 0.7.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless the rows have 768 numbers;
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite one.
    pub fn read(&self, pictures: &Array2<f32>) -> Result<Vec<Vec<Thing>>> {
        check::same_shape("pictures", &[pictures.nrows(), NUMBERS], pictures.shape())?;
        check::all_finite("pictures", pictures)?;
        let masks = masks();
        let pictures = pictures.as_standard_layout();
        let rows = pictures.as_slice().expect("standard layout");
        let mut things = vec![Vec::new(); pictures.nrows()];
        let each = things.par_iter_mut().zip(rows.par_chunks(NUMBERS));
        each.for_each(|(things, picture)| {
            let bounded = picture.iter().map(|p| p.clamp(-BOUND, BOUND));
            *things = read(&bounded.collect::<Vec<_>>(), &masks);
        });
        Ok(things)
    }
}

fn masks() -> Vec<Mask> {
    let all = Shape::ALL
        .into_iter()
        .flat_map(|shape| Size::ALL.map(|size| (shape, size)));
    let mask = |(shape, size)| {
        let thing = Thing::new(size, Colour::Red, shape, [0, 0]);
        (shape, size, thing.pixels().collect())
    };
    all.map(mask).collect()
}

fn read(picture: &[f32], masks: &[Mask]) -> Vec<Thing> {
    let mut candidates = candidates(picture, masks);
    let mut things: Vec<Thing> = Vec::new();
    while things.len() < MOST {
        let best = candidates.iter().max_by(|(a, _), (b, _)| a.total_cmp(b));
        let Some((_, best)) = best.copied() else {
            break;
        };
        candidates.retain(|(_, other)| !overlap(&best, other));
        things.push(best);
    }
    judge(picture, &mut things);
    things
}

/// Everything of which more than half is there.
fn candidates(picture: &[f32], masks: &[Mask]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for colour in Colour::ALL {
        let rgb = colour.rgb();
        let contrast = distance(&rgb, &[GROUND; 3]);
        let explained = |pixel: &[f32]| distance(pixel, &[GROUND; 3]) - distance(pixel, &rgb);
        let plane: Vec<f32> = picture.chunks_exact(3).map(explained).collect();
        for (shape, size, mask) in masks {
            let ways = SIDE - size.side() + 1;
            let least = FAINT * contrast * mask.len() as f32;
            let mut sums = [0.0_f32; SIDE];
            for y in 0..ways {
                let sums = &mut sums[..ways];
                sums.fill(0.0);
                for (row, column) in mask {
                    let first = SIDE * (y + row) + column;
                    let pixels = &plane[first..first + ways];
                    sums.iter_mut().zip(pixels).for_each(|(sum, p)| *sum += p);
                }
                let enough = sums.iter().enumerate().filter(|(_, sum)| **sum >= least);
                let things =
                    enough.map(|(x, sum)| (*sum, Thing::new(*size, colour, *shape, [x, y])));
                found.extend(things);
            }
        }
    }
    found
}

/// Writes how well each is painted.
fn judge(picture: &[f32], things: &mut [Thing]) {
    let pixel = |row: usize, column: usize| &picture[3 * (SIDE * row + column)..][..3];
    let inside = |thing: &Thing, i: usize, rim| covers(thing, i / SIDE, i % SIDE, rim);
    let all = 0..SIDE * SIDE;
    let far = all.filter(|i| !things.iter().any(|thing| inside(thing, *i, RIM)));
    let mut squares: Vec<f32> = far
        .map(|i| distance(pixel(i / SIDE, i % SIDE), &[GROUND; 3]))
        .collect();
    squares.sort_by(f32::total_cmp);
    let variance = squares.get(squares.len() / 2).copied().unwrap_or(0.0) / MEDIAN;

    for k in 0..things.len() {
        let thing = things[k];
        let (rgb, mask) = (thing.colour.rgb(), thing.pixels().collect::<Vec<_>>());
        let (mut error, mut pixels, mut mean) = (0.0, 0.0, [0.0_f32; 3]);
        for i in 0..SIDE * SIDE {
            let others = || {
                things
                    .iter()
                    .enumerate()
                    .any(|(j, of)| j != k && inside(of, i, 0))
            };
            if !inside(&thing, i, RIM) || others() {
                continue;
            }
            let at = (i / SIDE, i % SIDE);
            let (is_filled, pixel) = (mask.contains(&at), pixel(at.0, at.1));
            pixels += 1.0;
            error += distance(pixel, if is_filled { &rgb } else { &[GROUND; 3] });
            if is_filled {
                let n = mask.len() as f32;
                mean.iter_mut().zip(pixel).for_each(|(m, p)| *m += p / n);
            }
        }
        let n = mask.len() as f32;
        let others = Colour::ALL
            .into_iter()
            .filter(|other| *other != thing.colour);
        let apart = others.map(|other| distance(&other.rgb(), &rgb));
        let apart = apart.fold(distance(&rgb, &[GROUND; 3]), f32::min);
        // What noise adds has three numbers a pixel; in the mean, an n-th of that.
        let error = error - 3.0 * variance * pixels;
        let off = distance(&mean, &rgb) - 3.0 * variance / n;
        things[k].form = 1.0 - 2.0 * error / (n * distance(&rgb, &[GROUND; 3]));
        things[k].hue = 1.0 - 2.0 * off / apart;
    }
}

/// Whether the pixel lies in a thing's box, grown by a rim.
fn covers(thing: &Thing, row: usize, column: usize, rim: usize) -> bool {
    let on = |start: usize, at: usize| at + rim >= start && at < start + thing.size.side() + rim;
    on(thing.x, column) && on(thing.y, row)
}

/// Whether the boxes of two things have a pixel in common.
fn overlap(a: &Thing, b: &Thing) -> bool {
    let meet = |p: usize, q: usize| p < q + b.size.side() && q < p + a.size.side();
    meet(a.x, b.x) && meet(a.y, b.y)
}

/// |a − b|².
fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
