//! Colours: ink, grid, the series palette and the sequential map of heat maps.

use plotters::style::RGBColor;

/// Text and axes. The site recolours it in dark mode through the attribute value.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Grid lines, recoloured like the ink.
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// The frame of every picture: seen on white and on a dark page, beside black and white.
pub(super) const FRAME: RGBColor = RGBColor(0x88, 0x88, 0x88);

/// Series colours: the chapter's blue and red, then teal, purple, grey and ochre. Each has a contrast of at
/// least 3 against white and against the near-black of a dark page. The first five stay apart under
/// protanopia and deuteranopia; ochre comes close to red, so it is last.
pub(super) const SERIES: [RGBColor; 6] = [
    RGBColor(0x34, 0x98, 0xdb),
    RGBColor(0xe7, 0x4c, 0x3c),
    RGBColor(0x0b, 0x7a, 0x75),
    RGBColor(0x9b, 0x59, 0xb6),
    RGBColor(0x7f, 0x8c, 0x8d),
    RGBColor(0xa8, 0x70, 0x0a),
];

/// What a mark shows. A role has one colour in all figures of the book, and in its instruments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What is known exactly: the colour of the text.
    Exact,
    /// What a network has learned: red.
    Learned,
    /// The data, clean or noised: grey.
    Data,
    /// What a sampler made: blue.
    Samples,
    /// What a GAN made: ochre.
    Gan,
    /// What a GAN with remedies against collapse made: purple.
    StableGan,
}

impl Role {
    /// An index into the series colours, or none for the ink.
    pub(super) fn series(self) -> Option<usize> {
        match self {
            Self::Exact => None,
            Self::Samples => Some(0),
            Self::Learned => Some(1),
            Self::StableGan => Some(3),
            Self::Data => Some(4),
            Self::Gan => Some(5),
        }
    }
}

/// Number of colours that a heat map is quantised to.
pub(super) const HEAT_LEVELS: usize = 20;

/// Evenly spaced anchors of a colour map, from the lowest value to the highest.
pub(super) type Map = &'static [(f64, f64, f64)];

/// A viridis-like map: even in lightness and safe for colour-blind readers.
pub(super) const HEAT: Map = &[
    (68.0, 1.0, 84.0),
    (71.0, 45.0, 123.0),
    (59.0, 82.0, 139.0),
    (44.0, 114.0, 142.0),
    (33.0, 145.0, 140.0),
    (40.0, 174.0, 128.0),
    (94.0, 201.0, 98.0),
    (173.0, 220.0, 48.0),
    (253.0, 231.0, 37.0),
];

/// For signed numbers: from blue over white to red, as light on both sides.
pub(super) const DIVERGING: Map = &[
    (33.0, 102.0, 172.0),
    (146.0, 197.0, 222.0),
    (247.0, 247.0, 247.0),
    (244.0, 165.0, 130.0),
    (178.0, 24.0, 43.0),
];

/// Colour of level `level` in `0..HEAT_LEVELS`.
pub(super) fn heat(map: Map, level: usize) -> RGBColor {
    between(map, share(level))
}

/// The share of the way along a map at which a level lies.
pub(super) fn share(level: usize) -> f64 {
    level as f64 / (HEAT_LEVELS - 1) as f64
}

/// The opacity of a level's own layer, which lies on those of the levels below: all together are as opaque as the
/// level's share of `whole`.
pub(super) fn layer(level: usize, whole: f64) -> f64 {
    let clear = |level| 1.0 - share(level) * whole;
    match level {
        0 => 0.0,
        _ => 1.0 - clear(level) / clear(level - 1).max(f64::MIN_POSITIVE),
    }
}

/// The colour at a share of the way along a map.
pub(super) fn between(map: Map, share: f64) -> RGBColor {
    let at = share * (map.len() - 1) as f64;
    let i = (at.floor() as usize).min(map.len() - 2);
    let f = at - i as f64;
    let mix = |a: f64, b: f64| (a + (b - a) * f).round() as u8;
    let (a, b) = (map[i], map[i + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}
