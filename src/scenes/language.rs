//! The language: what a sentence says of its things, and what it leaves open.

use super::thing::{Colour, SIDE, Shape, Size, Thing};

/// Words of the longest sentence.
pub(super) const PLACES: usize = 10;

pub(super) const GRAMMAR: &str = "
    things = one | two

    a
    - | small | large
    red | green | blue | yellow | purple
    circle | square | triangle | crab

    - [one] | on the left [one] | on the right [one] | at the top [one] | at the bottom [one] | in the middle [one]
    | left of [two] | right of [two] | above [two] | below [two]

    - [one] | a [two]
    - | small [two] | large [two]
    - [one] | red [two] | green [two] | blue [two] | yellow [two] | purple [two]
    - [one] | circle [two] | square [two] | triangle [two] | crab [two]
";

/// What is never trained on: a tenth of the pairs of a colour and a shape.
pub(super) const UNSEEN: [(Colour, Shape); 2] = [
    (Colour::Green, Shape::Crab),
    (Colour::Purple, Shape::Triangle),
];

/// What a sentence says.
pub(super) struct Sentence {
    /// One thing, or two, in the order in which they are named.
    pub things: Vec<Named>,
    /// What is said of their columns, and of their rows.
    pub rules: [Rule; 2],
}

/// What a sentence says of a thing.
pub(super) struct Named {
    pub size: Option<Size>,
    pub colour: Colour,
    pub shape: Shape,
}

/// What is said along one axis, of the first pixel and the side of one thing, or of two.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rule {
    Any,
    /// All of it lies in the first half.
    First,
    /// All of it lies in the second half.
    Last,
    /// Its centre is at most two pixels from the picture's.
    Middle,
    /// The first ends before the second, with a pixel between them at least.
    Before,
    /// The second ends before the first, with a pixel between them at least.
    After,
}

/// Where the things of a sentence may stand, their sizes chosen: any of these columns with any of these rows.
pub(super) struct Layout {
    pub sizes: Vec<Size>,
    /// Columns and rows of the left upper corners, of one thing or of two.
    pub axes: [Vec<Vec<usize>>; 2],
}

const PLACE: [(&str, [Rule; 2]); 10] = [
    ("", [Rule::Any, Rule::Any]),
    ("on the left", [Rule::First, Rule::Any]),
    ("on the right", [Rule::Last, Rule::Any]),
    ("at the top", [Rule::Any, Rule::First]),
    ("at the bottom", [Rule::Any, Rule::Last]),
    ("in the middle", [Rule::Middle, Rule::Middle]),
    ("left of", [Rule::Before, Rule::Any]),
    ("right of", [Rule::After, Rule::Any]),
    ("above", [Rule::Any, Rule::Before]),
    ("below", [Rule::Any, Rule::After]),
];

impl Sentence {
    /// What the words of a sentence of the language, without padding, say.
    pub fn of(words: &str) -> Self {
        let (mut size, mut colour, mut things, mut place) = (None, None, Vec::new(), Vec::new());
        for word in words.split_whitespace() {
            if let Some(found) = Size::ALL.into_iter().find(|of| of.name() == word) {
                size = Some(found);
            } else if let Some(found) = Colour::ALL.into_iter().find(|of| of.name() == word) {
                colour = Some(found);
            } else if let Some(shape) = Shape::ALL.into_iter().find(|of| of.name() == word) {
                let (size, colour) = (size.take(), colour.take().expect("a colour before a shape"));
                things.push(Named {
                    size,
                    colour,
                    shape,
                });
            } else if word != "a" {
                place.push(word);
            }
        }
        let place = place.join(" ");
        let found = PLACE.iter().find(|(name, _)| *name == place);
        let (_, rules) = *found.expect("a place of the language");
        Self { things, rules }
    }

    /// All that it leaves open, by the sizes of its things.
    pub fn layouts(&self) -> Vec<Layout> {
        let mut all = vec![Vec::new()];
        for thing in &self.things {
            let sizes = Size::ALL.into_iter();
            let sizes = sizes.filter(|size| thing.size.is_none_or(|said| said == *size));
            let sizes: Vec<Size> = sizes.collect();
            let longer = |begun: Vec<Size>| {
                sizes
                    .clone()
                    .into_iter()
                    .map(move |size| [&begun[..], &[size]].concat())
            };
            all = all.into_iter().flat_map(longer).collect();
        }
        let layout = |sizes: Vec<Size>| {
            let axes = self.rules.map(|rule| rule.starts(&sizes));
            Layout { sizes, axes }
        };
        all.into_iter().map(layout).collect()
    }

    /// Scene number `i` of a layout, counted from 0: row after row of the table of columns and rows.
    pub fn scene(&self, layout: &Layout, i: usize) -> Vec<Thing> {
        let [xs, ys] = &layout.axes;
        let (xs, ys) = (&xs[i / ys.len()], &ys[i % ys.len()]);
        let things = self.things.iter().zip(&layout.sizes).zip(xs.iter().zip(ys));
        let things =
            things.map(|((of, size), (x, y))| Thing::new(*size, of.colour, of.shape, [*x, *y]));
        things.collect()
    }
}

impl Layout {
    /// How many scenes there are.
    pub fn count(&self) -> usize {
        self.axes.iter().map(Vec::len).product()
    }
}

impl Rule {
    /// Whether things with these first pixels and sides are as it says.
    pub fn allows(self, starts: &[usize], sizes: &[Size]) -> bool {
        let ends = |i: usize| starts[i].saturating_add(sizes[i].side());
        match self {
            Self::Any => true,
            Self::First => ends(0) <= SIDE / 2,
            Self::Last => starts[0] >= SIDE / 2,
            Self::Middle => starts[0].saturating_add(ends(0)).abs_diff(SIDE) <= 4,
            Self::Before => ends(0) < starts[1],
            Self::After => ends(1) < starts[0],
        }
    }

    /// All that it allows, in rising order.
    fn starts(self, sizes: &[Size]) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new()];
        for size in sizes {
            let longer = |begun: Vec<usize>| {
                (0..=SIDE - size.side()).map(move |start| [&begun[..], &[start]].concat())
            };
            all = all.into_iter().flat_map(longer).collect();
        }
        all.retain(|starts: &Vec<usize>| self.allows(starts, sizes));
        all
    }
}
