//! Things: their shapes as bitmaps, their colours, and how they are painted.

use std::fmt;

/// Pixels from edge to edge of a picture.
pub(super) const SIDE: usize = 16;

/// Numbers of a picture: red, green and blue of each pixel.
pub(super) const NUMBERS: usize = SIDE * SIDE * 3;

/// The ground: white.
pub(super) const GROUND: f32 = 1.0;

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// The line, not the disc: so it differs from a square in more than its corners.
    Circle,
    /// Filled.
    Square,
    /// Filled, its right angle at the lower left.
    Triangle,
    /// With its claws up; a large one looks at you.
    Crab,
}

/// A colour that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// #E63946
    Red,
    /// #2A9D4E
    Green,
    /// #1E88E5
    Blue,
    /// #FFC400
    Yellow,
    /// #9B3FC0
    Purple,
}

/// How large a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// 5 × 5 pixels.
    Small,
    /// 7 × 7 pixels.
    Large,
}

/// A thing in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thing {
    /// What it is.
    pub shape: Shape,
    /// Its colour.
    pub colour: Colour,
    /// Its size.
    pub size: Size,
    /// Column of its left edge, counted from 0 at the picture's left.
    pub x: usize,
    /// Row of its upper edge, counted from 0 at the picture's top.
    pub y: usize,
    /// How well its pixels fit its shape and colour: 1 if as painted; see [`Scenes::read`](super::Scenes::read).
    pub form: f32,
    /// How well the mean of its pixels fits its colour: 1 if as painted, ½ midway to the nearest other one.
    pub hue: f32,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Circle, Self::Square, Self::Triangle, Self::Crab];

    /// The word for it.
    pub fn name(self) -> &'static str {
        ["circle", "square", "triangle", "crab"][self as usize]
    }

    /// Its rows at a size, `#` where it has pixels.
    pub(super) fn bitmap(self, size: Size) -> &'static [&'static str] {
        let [small, large] = BITMAPS[self as usize];
        match size {
            Size::Small => small,
            Size::Large => large,
        }
    }
}

impl Colour {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Red,
        Self::Green,
        Self::Blue,
        Self::Yellow,
        Self::Purple,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        ["red", "green", "blue", "yellow", "purple"][self as usize]
    }

    /// Red, green and blue, from −1 to 1.
    pub fn rgb(self) -> [f32; 3] {
        PALETTE[self as usize].map(|byte| f32::from(byte) / 127.5 - 1.0)
    }
}

impl Size {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// The word for it.
    pub fn name(self) -> &'static str {
        ["small", "large"][self as usize]
    }

    /// Pixels from edge to edge.
    pub fn side(self) -> usize {
        [5, 7][self as usize]
    }
}

impl Thing {
    /// A thing as painted, the left upper corner of its box at column x and row y.
    pub fn new(size: Size, colour: Colour, shape: Shape, [x, y]: [usize; 2]) -> Self {
        let (form, hue) = (1.0, 1.0);
        Self {
            shape,
            colour,
            size,
            x,
            y,
            form,
            hue,
        }
    }

    /// Its pixels: row and column in the picture.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.shape.bitmap(self.size).iter().enumerate();
        let (x, y) = (self.x, self.y);
        rows.flat_map(move |(i, row)| {
            let filled = row.bytes().enumerate().filter(|(_, byte)| *byte == b'#');
            filled.map(move |(j, _)| (y + i, x + j))
        })
    }

    /// Whether all of it lies in the picture.
    pub(super) fn is_inside(&self) -> bool {
        let most = SIDE - self.size.side();
        self.x <= most && self.y <= most
    }

    /// Paints it over what is there.
    pub(super) fn paint(&self, picture: &mut [f32]) {
        for (row, column) in self.pixels() {
            let first = 3 * (SIDE * row + column);
            picture[first..first + 3].copy_from_slice(&self.colour.rgb());
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { x, y, .. } = self;
        let (size, colour, shape) = (self.size.name(), self.colour.name(), self.shape.name());
        write!(f, "{size} {colour} {shape} at ({x}, {y})")
    }
}

const PALETTE: [[u8; 3]; 5] = [
    [0xe6, 0x39, 0x46],
    [0x2a, 0x9d, 0x4e],
    [0x1e, 0x88, 0xe5],
    [0xff, 0xc4, 0x00],
    [0x9b, 0x3f, 0xc0],
];

/// Of each shape the small one and the large one.
#[rustfmt::skip]
const BITMAPS: [[&[&str]; 2]; 4] = [
    [
        &[
            ".###.",
            "#...#",
            "#...#",
            "#...#",
            ".###.",
        ],
        &[
            "..###..",
            ".#...#.",
            "#.....#",
            "#.....#",
            "#.....#",
            ".#...#.",
            "..###..",
        ],
    ],
    [
        &[
            "#####",
            "#####",
            "#####",
            "#####",
            "#####",
        ],
        &[
            "#######",
            "#######",
            "#######",
            "#######",
            "#######",
            "#######",
            "#######",
        ],
    ],
    [
        &[
            "#....",
            "##...",
            "###..",
            "####.",
            "#####",
        ],
        &[
            "#......",
            "##.....",
            "###....",
            "####...",
            "#####..",
            "######.",
            "#######",
        ],
    ],
    [
        &[
            "##.##",
            "#...#",
            "#####",
            ".###.",
            "#.#.#",
        ],
        &[
            "##...##",
            "#.....#",
            "#######",
            "##.#.##",
            "#######",
            ".#####.",
            "#.#.#.#",
        ],
    ],
];
