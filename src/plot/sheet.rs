//! Draws pictures and words: frames, shades, and what is written in cells and beside them.

use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::board::{HIGH, MORE, PAD, SECOND, Words};
use super::canvas::{canvas, px, write};
use super::clip::Point;
use super::color::{FRAME, INK, SERIES, share};
use super::heat::level;
use super::looks::Look;
use super::place::Place;
use super::svg::{Finish, Piece};
use super::text::{LINE, elide, width};
use super::tiles::{Pictures, Tiles};
use crate::Result;

/// Around every picture a thin frame, so that its edge is seen on any ground; the labels of rows and columns.
pub(super) fn ground(place: &Place, tiles: &Tiles) -> Result<Vec<Piece>> {
    // Only pictures have lines that start with one.
    let pictures = !tiles.starts.is_empty();
    let frames = (0..tiles.edges.len()).map(|i| (i, FRAME));
    let frames = outlines(place, tiles, frames.filter(|_| pictures), 1.5)?;
    let labels = texts(place, tiles.labels.iter().cloned(), place.form.tick)?;
    Ok(vec![frames, labels])
}

/// What a frame of a film may have of its own beside the images: captions and coloured frames.
pub(super) fn marks(place: &Place, tiles: &Tiles, pictures: &Pictures) -> Result<Piece> {
    let framed = pictures.framed.iter();
    let framed = framed.map(|(i, color)| (*i, SERIES[*color]));
    let half = 0.5 * LINE * place.form.tick;
    let captions = pictures.captions.iter().enumerate().map(|(i, caption)| {
        let [left, _, right, bottom] = tiles.edges[i];
        let at = (0.5 * (left + right), bottom + half);
        (tiles.fitting(caption, place.form), at, HPos::Center)
    });
    let captions = texts(place, captions, place.form.tick)?;
    Ok(outlines(place, tiles, framed, 3.0)?.and(captions))
}

/// Words in their cells, with shades up to the colour of this look and opacity.
pub(super) fn words(
    place: &Place,
    tiles: &Tiles,
    words: &Words,
    (look, opacity): (Look, f64),
) -> Result<Piece> {
    let size = place.form.tick;
    let shown = |i: usize| tiles.edges[i][2] > tiles.edges[i][0];
    let shades = canvas(place.page, Finish::default(), |root| {
        let cells = words.shades.iter().zip(&tiles.edges).enumerate();
        for (_, (value, [left, top, right, bottom])) in cells.filter(|(i, _)| shown(*i)) {
            let share = opacity * share(level(*value, look.scale));
            let corner = |x, y| (px(place.x + x), px(place.y + y));
            let corners = [corner(*left, *top), corner(*right, *bottom)];
            root.draw(&Rectangle::new(corners, look.color.mix(share).filled()))?;
        }
        Ok(())
    })?;
    let framed = words.framed.iter().filter(|(i, _)| shown(*i));
    let framed = framed.map(|(i, color)| (*i, SERIES[*color]));
    let framed = outlines(place, tiles, framed, 2.0)?;
    // The middle of the words, or of the second ones, from the upper edge.
    let middle = 0.5 * HIGH * size;
    let written = |all: &[String], size: f64, down: f64| {
        let cells = all.iter().zip(&tiles.edges).enumerate();
        let cells = cells.filter(|(i, _)| shown(*i));
        let cells = cells.map(|(i, (word, [left, top, right, _]))| {
            let word = elide(word, |text| width(text, size), right - left);
            // What stands in no box begins below each other.
            match words.shades.is_empty() && !words.framed.iter().any(|framed| framed.0 == i) {
                true => (word, (left + PAD, top + down), HPos::Left),
                false => (word, (0.5 * (left + right), top + down), HPos::Center),
            }
        });
        texts(place, cells, size)
    };
    let first = written(&words.words, size, middle)?;
    let down = middle + 0.5 * (1.2 + MORE) * size;
    let second = written(&words.seconds, SECOND * size, down)?;
    let struck = canvas(place.page, Finish::default(), |root| {
        for i in words.struck.iter().filter(|i| shown(**i)) {
            let [left, top, right, _] = tiles.edges[*i];
            let y = px(place.y + top + middle);
            let ends = vec![(px(place.x + left), y), (px(place.x + right), y)];
            root.draw(&PathElement::new(ends, INK.stroke_width(px(1.5) as u32)))?;
        }
        Ok(())
    })?;
    Ok(shades.and(framed).and(struck).and(first).and(second))
}

fn outlines(
    place: &Place,
    tiles: &Tiles,
    framed: impl Iterator<Item = (usize, RGBColor)>,
    width: f64,
) -> Result<Piece> {
    canvas(place.page, Finish::default(), |root| {
        for (i, color) in framed {
            let [left, top, right, bottom] = tiles.edges[i];
            let corner = |x, y| (px(place.x + x), px(place.y + y));
            let (first, third) = (corner(left, top), corner(right, bottom));
            let (second, fourth) = (corner(right, top), corner(left, bottom));
            let around = vec![first, second, third, fourth, first];
            let stroke = color.stroke_width(px(width) as u32);
            root.draw(&PathElement::new(around, stroke))?;
        }
        Ok(())
    })
}

/// Texts of a size at points of the plot area.
fn texts(
    place: &Place,
    texts: impl Iterator<Item = (String, Point, HPos)>,
    size: f64,
) -> Result<Piece> {
    let texts = texts.map(|(text, (x, y), h)| (text, (place.x + x, place.y + y), h));
    write(place.page, size, false, texts)
}
