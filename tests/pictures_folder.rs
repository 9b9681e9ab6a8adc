//! The program `examples/pictures`: what it makes of a folder of PNG files.

#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/pictures/folder.rs"]
mod folder;

use std::fs;
use std::path::{Path, PathBuf};

use diffusion_intuition::Error;
use png::{BitDepth, ColorType};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pictures-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn png(&self, name: &str, size: [u32; 2], color: ColorType, bytes: &[u8]) {
        let file = fs::File::create(self.0.join(name)).unwrap();
        let mut encoder = png::Encoder::new(file, size[0], size[1]);
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn grey_files_are_cropped_and_averaged() {
    let scratch = Scratch::new("grey");
    // 6×4: the middle square starts at column 1. Columns 1 and 2 are black, 3 and 4 white, 0 and 5 never seen.
    let row = [77, 0, 0, 255, 255, 77];
    scratch.png("a.png", [6, 4], ColorType::Grayscale, &row.repeat(4));
    // An opacity of 0 is paper.
    let clear = [9, 0].repeat(16);
    scratch.png("b.PNG", [4, 4], ColorType::GrayscaleAlpha, &clear);
    fs::write(scratch.0.join("notes.txt"), "no picture").unwrap();
    let found = folder::read(&scratch.0, 2).unwrap();
    assert_eq!(found.channels, 1);
    let expected = ndarray::array![[-1.0, 1.0, -1.0, 1.0], [1.0, 1.0, 1.0, 1.0]];
    assert_eq!(found.rows, expected);
    // Three pixels of four: the middle one is shared.
    let found = folder::read(&scratch.0, 3).unwrap();
    assert_eq!(found.rows.row(0).to_vec()[..3], [-1.0, 0.0, 1.0]);
}

#[test]
fn one_coloured_file_makes_all_of_three_channels() {
    let scratch = Scratch::new("colour");
    scratch.png("a.png", [2, 2], ColorType::Grayscale, &[0, 255, 255, 0]);
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]].concat();
    scratch.png("b.png", [2, 2], ColorType::Rgb, &colours);
    let found = folder::read(&scratch.0, 2).unwrap();
    assert_eq!(found.channels, 3);
    let grey = [
        -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0,
    ];
    let coloured = [
        1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0,
    ];
    assert_eq!(found.rows.row(0).to_vec(), grey);
    assert_eq!(found.rows.row(1).to_vec(), coloured);
}

#[test]
fn what_is_no_picture_is_named() {
    let refused = |path: &Path, size, part: &str| {
        let error = folder::read(path, size).unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    };
    let scratch = Scratch::new("bad");
    refused(&scratch.0, 8, "expected files whose names end in .png");
    refused(&scratch.0.join("missing"), 8, "missing");
    scratch.png("small.png", [8, 4], ColorType::Grayscale, &[0; 32]);
    refused(&scratch.0, 8, "8×4, expected at least 8×8");
    fs::write(scratch.0.join("small.png"), "plain text").unwrap();
    refused(&scratch.0, 8, "no PNG");
    scratch.png("small.png", [64, 64], ColorType::Grayscale, &[7; 4096]);
    let whole = fs::read(scratch.0.join("small.png")).unwrap();
    fs::write(scratch.0.join("small.png"), &whole[..whole.len() - 30]).unwrap();
    refused(&scratch.0, 8, "small.png");
}
