//! Painted pictures on a sheet.

use std::path::Path;

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;

use crate::args::Paint;
use crate::common::files::failure;
use crate::recipe;

/// Pictures side by side, and pixels of a sheet for one of a picture.
const COLUMNS: usize = 8;
const ZOOM: usize = 8;

pub fn paint(args: &Paint) -> Result<()> {
    let scenes = Scenes::new()?;
    let mut network = recipe::network(&scenes)?;
    network.parameters_mut().load(&args.weights)?;
    let mut prompts = scenes.parse(&args.sentence)?;
    if let Some(other) = &args.instead_of {
        prompts.extend(scenes.parse(other)?);
    }
    let shape = (prompts.len() / scenes.places(), scenes.places());
    let prompts = Array2::from_shape_vec(shape, prompts).expect("whole sentences");
    network.set_prompts(&prompts)?;
    let wanted = network.given(Some(0));
    let other = network.given(args.instead_of.as_ref().map(|_| 1));
    let guidance = Guidance::new(&wanted, &other, args.scale)?;
    let painted = recipe::sample(&guidance, args.n, &mut Rng::new(args.seed))?;
    let sentence = prompts.row(0).to_vec();
    let read = scenes.read(&painted)?;
    let obeys = |things: &Vec<_>| scenes.obeys(&sentence, things).map(|of| of.all);
    let obeyed = read.iter().map(obeys).collect::<Result<Vec<_>>>()?;
    let right = obeyed.iter().filter(|all| **all).count();
    write(&painted, &args.sentence, &args.out)?;
    println!("{}: {right} of {} as said", args.out.display(), args.n);
    Ok(())
}

/// Writes a sheet, as a PNG or SVG.
fn write(painted: &Array2<f32>, sentence: &str, path: &Path) -> Result<()> {
    let [height, width, channels] = Scenes::SIZE;
    if path.extension().is_none_or(|end| end != "png") {
        let sheet = Panel::pictures(painted, height, width).columns(COLUMNS);
        return sheet
            .figure(&format!("Pictures of {sentence}."))?
            .save(path);
    }
    let columns = COLUMNS.min(painted.nrows());
    let [down, across] = [
        painted.nrows().div_ceil(columns) * (height + 1),
        columns * (width + 1),
    ];
    let mut bytes = Vec::with_capacity(down * across * channels * ZOOM * ZOOM);
    for y in 0..down * ZOOM {
        for x in 0..across * ZOOM {
            let (y, x) = (y / ZOOM, x / ZOOM);
            let picture = y / (height + 1) * columns + x / (width + 1);
            let pixel = (y % (height + 1)) * width + x % (width + 1);
            let inside = y % (height + 1) < height && x % (width + 1) < width;
            let at = |c| {
                painted
                    .get((picture, pixel * channels + c))
                    .filter(|_| inside)
            };
            let bytes_of = |c| at(c).map_or(128, |value| ((value + 1.0) * 127.5).round() as u8);
            bytes.extend((0..channels).map(bytes_of));
        }
    }
    let file = std::fs::File::create(path).map_err(|error| failure(path, error))?;
    let size = [across, down].map(|side| (side * ZOOM) as u32);
    let mut encoder = png::Encoder::new(file, size[0], size[1]);
    encoder.set_color(png::ColorType::Rgb);
    let written = encoder.write_header();
    let written = written.and_then(|mut writer| writer.write_image_data(&bytes));
    written.map_err(|error| failure(path, error))
}
