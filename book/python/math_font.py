"""Makes `book/site/_static/math.woff2`, the font of the formulas, out of STIX Two Math.

Usage: python book/python/math_font.py STIXTwoMath-Regular.ttf   (needs fonttools and brotli; the font lies, for example,
in the Python package ziamath)

The font keeps the characters that formulas of such a book use. What it lacks is drawn in a font of the reader's system.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "site/_static/math.woff2"
PLAIN = "".join(map(chr, range(0x20, 0x7F)))
SIGNS = (
    "¬±·×÷ ıȷ–—‘’“”†‡…′″‴‖ℂℕℙℚℝℤℓℏℑℜℵ←↑→↓↔↦⇐⇒⇔∀∂∃∅∇∈∉∋∏∐∑−∓∘∙√∝∞∠∥∧∨∩∪∫∬∮∴∼≃≅≈≔≠≡≤≥≪≫≺≻⊂⊃⊆⊇⊕⊖⊗⊙⊤⊥⋅⋆⋮⋯⋱∗∣∤⌈⌉⌊⌋⟨⟩⏞⏟⏠⏡"
    "⁡⁢⁣⩽⩾◦□ ̸"
)
ACCENTS = "`´¨^˜¯˘˙ˇˆ~" + "".join(map(chr, (*range(0x300, 0x304), 0x305, 0x306, 0x307, 0x308, 0x30C, 0x20D7)))
GREEK = "".join(map(chr, (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3D6, 0x3F1, 0x3F5)))
# Italic and bold letters, italic Greek, script and double-struck capitals; some of them have older places.
LETTERS = (
    [*range(0x1D400, 0x1D468), 0x210E, *range(0x1D49C, 0x1D4B6), *range(0x1D538, 0x1D552), 0x1D7D9, *range(0x1D6E2, 0x1D71C)]
    + [ord(letter) for letter in "ℬℰℱℋℐℒℳℛ"]
)


def even_radicals(font):
    """Gives all radicals the narrowest one's width: a browser leaves room for the widest one at every root."""
    constructions = font["MATH"].table.MathVariants
    radical = font.getBestCmap()[0x221A]
    found = constructions.VertGlyphConstruction[constructions.VertGlyphCoverage.glyphs.index(radical)]
    names = {record.VariantGlyph for record in found.MathGlyphVariantRecord}
    names |= {part.glyph for part in found.GlyphAssembly.PartRecords}
    width = font["hmtx"][radical][0]
    for name in names - {radical}:
        advance, bearing = font["hmtx"][name]
        glyph = font["glyf"][name]
        glyph.coordinates.scale((width / advance, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, round(bearing * width / advance))


def near_subscripts(font):
    """Keeps subscripts of letters with a tail, as β, where those of other letters are, as TeX does."""
    constants = font["MATH"].table.MathConstants
    tail = -font["glyf"][font.getBestCmap()[0x1D6FD]].yMin
    constants.SubscriptBaselineDropMin.Value = constants.SubscriptShiftDown.Value - tail


def main(source):
    """Writes the font."""
    font = TTFont(source)
    even_radicals(font)
    near_subscripts(font)
    options = Options(layout_features=["ssty", "dtls"], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 5, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(text=PLAIN + SIGNS + ACCENTS + GREEK, unicodes=LETTERS)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
