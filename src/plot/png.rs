//! Pictures as PNG (ISO/IEC 15948), uncompressed, in base64: with the crate `png`, every kernel would compile and link ten more.

/// A pixel whose samples all have this value is transparent.
pub(super) const CLEAR: u8 = 1;

/// A data URI of the picture whose `rows` hold `width` pixels of one sample (grey) or three (RGB).
pub(super) fn data_uri(rows: &[u8], width: usize, channels: usize) -> String {
    format!(
        "data:image/png;base64,{}",
        base64(&png(rows, width, channels))
    )
}

fn png(rows: &[u8], width: usize, channels: usize) -> Vec<u8> {
    let size = |n: usize| (n as u32).to_be_bytes();
    let rows = rows.chunks(width * channels);
    let (width, height) = (size(width), size(rows.len()));
    let color = if channels == 3 { 2 } else { 0 };
    // Eight bits a sample; compression, filters and order as always.
    let header = [&width[..], &height, &[8, color, 0, 0, 0]].concat();
    // Before each row the number of its filter: none.
    let rows: Vec<u8> = rows.flat_map(|row| [&[0], row].concat()).collect();
    let chunks = [
        (b"IHDR", header),
        (b"tRNS", [0, CLEAR].repeat(channels)),
        (b"IDAT", zlib(&rows)),
        (b"IEND", Vec::new()),
    ];
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        let named = [name, data.as_slice()].concat();
        out.extend([&size(data.len())[..], &named, &crc(&named).to_be_bytes()].concat());
    }
    out
}

/// The zlib format (RFC 1950) around stored blocks (RFC 1951).
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let (last, length) = (u8::from(blocks.peek().is_none()), block.len() as u16);
        out.push(last);
        out.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        out.extend(block);
    }
    out.extend(adler(data).to_be_bytes());
    out
}

fn adler(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc(data: &[u8]) -> u32 {
    let shift = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), shift);
    !data.iter().fold(!0, byte)
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = data.chunks(3).flat_map(|three| {
        let byte = |i: usize| u32::from(*three.get(i).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = move |i: usize| char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]);
        let used = three.len() + 1;
        (0..4).map(move |i| if i < used { digit(i) } else { '=' })
    });
    digits.collect()
}
