//! Sizes of a U-Net, and of what reads its sentences.

use crate::check;
use crate::error::Result;

/// Sizes of a [`UNet`](super::UNet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UNetConfig {
    /// Height of a picture; 8 by default.
    pub height: usize,
    /// Width of a picture; 8 by default.
    pub width: usize,
    /// Channels of a picture: 1 for grey, the default, 3 for RGB.
    pub channels: usize,
    /// Channels of the network at each level; every level but the last halves height and width. 32 and 64 by default.
    pub levels: Vec<usize>,
    /// Numbers that a timestep and a label become; 64 by default.
    pub embedding: usize,
    /// Groups of channels of the norms; 8 by default.
    pub groups: usize,
    /// Heads of the attention; 4 by default.
    pub heads: usize,
    /// Classes that the network can be told; 0 by default: none, and no labels.
    pub classes: usize,
    /// For a network that is told sentences, in place of classes; none by default.
    pub text: Option<TextConfig>,
}

/// Sizes of what reads the sentences that a [`UNet`](super::UNet) is told: [`new`](Self::new) has those of the book's
/// network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextConfig {
    /// Words of the language, V.
    pub words: usize,
    /// The 0-based number of the padding word, which fills what a sentence leaves of its places.
    pub padding: usize,
    /// Places of a sentence, L.
    pub places: usize,
    /// Numbers that a word has; 32.
    pub width: usize,
    /// Number of Transformer blocks; 2.
    pub blocks: usize,
    /// Heads of their attention; 4.
    pub heads: usize,
    /// The MLP of a block has so many times `width` hidden numbers; 2.
    pub factor: usize,
    /// At how many levels pixels look at the words, counted from the last, the coarsest; 2.
    pub levels: usize,
}

impl TextConfig {
    /// The reference sizes for sentences of `places` out of so many `words`.
    pub fn new(words: usize, padding: usize, places: usize) -> Self {
        Self {
            words,
            padding,
            places,
            width: 32,
            blocks: 2,
            heads: 4,
            factor: 2,
            levels: 2,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        for (name, size) in [
            ("places of a sentence", self.places),
            ("width of a word", self.width),
            ("factor of an MLP", self.factor),
            ("levels that look at the words", self.levels),
        ] {
            check::parameter(name, size, size > 0, "at least 1")?;
        }
        check::words([&self.padding], self.words)?;
        let fine = self.heads > 0 && self.width.is_multiple_of(self.heads);
        let valid = "at least 1 and a divisor of the width";
        check::parameter("heads of a text encoder", self.heads, fine, valid)?;
        let shape = [self.blocks, 2, self.factor, self.width, self.width];
        check::elements::<f32>("weights of the blocks", &shape)?;
        Ok(())
    }
}

/// The sizes of the reference network for 8×8 grey pictures.
impl Default for UNetConfig {
    fn default() -> Self {
        Self {
            height: 8,
            width: 8,
            channels: 1,
            levels: vec![32, 64],
            embedding: 64,
            groups: 8,
            heads: 4,
            classes: 0,
            text: None,
        }
    }
}

impl UNetConfig {
    pub(super) fn check(&self) -> Result<()> {
        check::not_empty("levels of a U-Net", self.levels.len())?;
        let halvings = u32::try_from(self.levels.len() - 1).unwrap_or(u32::MAX);
        let step = 1_usize.checked_shl(halvings).unwrap_or(0);
        let valid = "at least 1 and a multiple of 2 to the number of levels but one";
        for (name, side) in [
            ("height of pictures", self.height),
            ("width of pictures", self.width),
        ] {
            check::parameter(name, side, side > 0 && side.is_multiple_of(step), valid)?;
        }
        let name = "channels of pictures";
        check::parameter(name, self.channels, self.channels > 0, "at least 1")?;
        check::elements::<f32>("a picture", &[self.height, self.width, self.channels])?;
        for channels in &self.levels {
            let fine = *channels > 0 && self.groups > 0 && channels.is_multiple_of(self.groups);
            let valid = "at least 1 and a multiple of the groups of a norm";
            check::parameter("channels of a level", *channels, fine, valid)?;
            check::elements::<f32>("weights of a block", &[27, *channels, *channels])?;
        }
        let mut looking = self.levels.iter().enumerate();
        let fine = self.heads > 0
            && looking.all(|(i, c)| !self.looks_around(i) || c.is_multiple_of(self.heads));
        let valid = "at least 1 and a divisor of the channels of every level with attention";
        check::parameter("heads of the attention", self.heads, fine, valid)?;
        let Some(text) = &self.text else {
            return Ok(());
        };
        let valid = "0 in a network that is told sentences";
        check::parameter("classes", self.classes, self.classes == 0, valid)?;
        text.check()
    }

    /// Whether there is attention at this level: among the pixels of the last, and of pixels to words.
    fn looks_around(&self, level: usize) -> bool {
        level + 1 == self.levels.len() || self.reads_at(level)
    }

    /// Whether pixels look at the words at this level.
    pub(super) fn reads_at(&self, level: usize) -> bool {
        let text = self.text.as_ref();
        text.is_some_and(|text| level.saturating_add(text.levels) >= self.levels.len())
    }

    /// Numbers of a picture.
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }
}
