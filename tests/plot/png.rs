//! PNG files in figures, read back by the words of their standard.

use crate::reader::{attribute, tags};

/// A PNG read back: width, samples a pixel, and its rows. Transparent pixels are those of ones.
pub struct Image {
    pub width: usize,
    pub channels: usize,
    pub rows: Vec<Vec<u8>>,
}

/// Reads the PNG in a data URI by the words of its standard, and checks every sum in it.
fn image(uri: &str) -> Image {
    let text = uri.strip_prefix("data:image/png;base64,").expect("a PNG");
    let bytes = base64(text);
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("a PNG");
    let whole = |b: &[u8]| u32::from_be_bytes(b.try_into().expect("four bytes"));
    let (mut image, mut data, mut order) = (None, Vec::new(), Vec::new());
    while !rest.is_empty() {
        let length = whole(&rest[..4]) as usize;
        let (chunk, after) = rest[4..].split_at(4 + length);
        assert_eq!(whole(&after[..4]), remainder(chunk), "CRC");
        rest = &after[4..];
        let (name, content) = chunk.split_at(4);
        order.push(String::from_utf8_lossy(name).into_owned());
        match name {
            b"IHDR" => {
                let channels = match content[8..] {
                    [8, 0, 0, 0, 0] => 1,
                    [8, 2, 0, 0, 0] => 3,
                    _ => panic!("{content:?}"),
                };
                image = Some((whole(&content[..4]), whole(&content[4..8]), channels));
            }
            b"tRNS" => assert_eq!(content, [0, 1].repeat(image.expect("a header").2)),
            b"IDAT" => data.extend(content),
            _ => assert!(content.is_empty()),
        }
    }
    assert_eq!(order, ["IHDR", "tRNS", "IDAT", "IEND"]);
    let (width, height, channels) = image.expect("a header");
    let width = width as usize;
    let raw = inflate(&data);
    let rows = raw.chunks(1 + width * channels);
    assert_eq!(rows.len(), height as usize);
    let rows = rows.map(|row| {
        assert_eq!(row[0], 0, "no filter");
        row[1..].to_vec()
    });
    let rows = rows.collect();
    Image {
        width,
        channels,
        rows,
    }
}

/// The remainder that PNG's generator polynomial leaves, by long division of the bits.
fn remainder(data: &[u8]) -> u32 {
    let mut rest = u64::MAX;
    for bit in data.iter().flat_map(|b| (0..8).map(move |i| b >> i & 1)) {
        let top = rest >> 31 & 1;
        rest = (rest << 1) & 0xffff_ffff;
        if top ^ u64::from(bit) == 1 {
            rest ^= 0x04c1_1db7;
        }
    }
    !(rest as u32).reverse_bits()
}

fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} in base64"),
    };
    assert_eq!(text.len() % 4, 0);
    let digits = text.trim_end_matches('=').bytes().map(value);
    let bits: Vec<u8> = digits
        .flat_map(|digit| (0..6).rev().map(move |i| digit >> i & 1))
        .collect();
    let bytes = bits.chunks_exact(8);
    bytes
        .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect()
}

/// The content of stored blocks.
fn inflate(zlib: &[u8]) -> Vec<u8> {
    assert_eq!(u16::from_be_bytes([zlib[0], zlib[1]]) % 31, 0, "header");
    let (mut rest, mut out, mut last) = (&zlib[2..], Vec::new(), false);
    while !last {
        last = rest[0] == 1;
        let length = u16::from_le_bytes([rest[1], rest[2]]);
        assert_eq!(u16::from_le_bytes([rest[3], rest[4]]), !length);
        out.extend(&rest[5..5 + usize::from(length)]);
        rest = &rest[5 + usize::from(length)..];
    }
    let sums = out.iter().scan(1, |a, b| {
        *a += u64::from(*b);
        Some(*a)
    });
    let (a, b) = sums.fold((1, 0), |(_, b), a| (a, b + a));
    let sum = ((b % 65_521) << 16) | (a % 65_521);
    assert_eq!(rest, &sum.to_be_bytes()[4..]);
    out
}

pub fn images(svg: &str) -> Vec<(String, Image)> {
    let tags = tags(svg)
        .into_iter()
        .filter(|tag| tag.starts_with("image "));
    tags.map(|tag| {
        assert_eq!(attribute(&tag, "image-rendering"), Some("pixelated"));
        let image = image(attribute(&tag, "href").expect("a picture"));
        (tag, image)
    })
    .collect()
}
