"""Makes digits.txt from the digits in scikit-learn's wheel.

    pip download scikit-learn --no-deps -d wheel
    python3 data/digits.py wheel/scikit_learn-*.whl

Only Python's standard library is needed. The parts are drawn once, here, and stand in the file: 30 pictures of
each digit are held out, 50 of each are the judge's, all others are to train on. The order is the source's.
"""

import gzip
import random
import sys
import zipfile
from pathlib import Path

HELD_OUT, JUDGE = 30, 50  # of each digit
GREYS = "0123456789abcdefg"

HEAD = """\
# Optical recognition of handwritten digits, E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository,
# https://doi.org/10.24432/C50P49, CC BY 4.0; its 1,797 test pictures, in order. Made by data/digits.py; see README.md.
# Part (t: to train on, h: held out, j: the judge's), digit, 8 rows of 8 pixels from 0 (paper) to g (16, ink).
"""


def main():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        text = gzip.decompress(wheel.read("sklearn/datasets/data/digits.csv.gz")).decode()
    pictures = [[int(float(x)) for x in line.split(",")] for line in text.split()]
    assert len(pictures) == 1797 and all(len(p) == 65 for p in pictures)
    rng = random.Random(0)
    parts = {}
    for digit in range(10):
        rows = [i for i, p in enumerate(pictures) if p[64] == digit]
        rng.shuffle(rows)
        for k, i in enumerate(rows):
            parts[i] = "h" if k < HELD_OUT else "j" if k < HELD_OUT + JUDGE else "t"
    lines = (
        f"{parts[i]} {p[64]} {''.join(GREYS[x] for x in p[:64])}\n" for i, p in enumerate(pictures)
    )
    path = Path(__file__).parent / "digits.txt"
    path.write_text(HEAD + "".join(lines))


main()
