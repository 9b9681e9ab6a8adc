//! Draws pictures: images, their frames, and what is written beside them.

use plotters::element::PathElement;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::canvas::{canvas, px, write};
use super::clip::Point;
use super::color::{FRAME, SERIES};
use super::place::Place;
use super::svg::{Finish, Piece};
use super::text::LINE;
use super::tiles::{Pictures, Tiles};
use crate::Result;

/// Around every picture a thin frame, so that its edge is seen on any ground; the labels of rows and columns.
pub(super) fn ground(place: &Place, tiles: &Tiles) -> Result<Vec<Piece>> {
    let frames = (0..tiles.edges.len()).map(|i| (i, FRAME));
    let labels = tiles.labels.iter().cloned();
    Ok(vec![
        outlines(place, tiles, frames, 1.5)?,
        texts(place, labels)?,
    ])
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
    let captions = texts(place, captions)?;
    Ok(outlines(place, tiles, framed, 3.0)?.and(captions))
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

/// Texts at points of the plot area.
fn texts(place: &Place, texts: impl Iterator<Item = (String, Point, HPos)>) -> Result<Piece> {
    let texts = texts.map(|(text, (x, y), h)| (text, (place.x + x, place.y + y), h));
    write(place.page, place.form.tick, false, texts)
}
