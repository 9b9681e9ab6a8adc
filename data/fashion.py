"""Makes fashion.bin from the four files of Fashion-MNIST, which Debian's package dataset-fashion-mnist holds.

    apt-get download dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb fashion
    python3 data/fashion.py fashion/usr/share/datasets/fashion-mnist

Only Python's standard library is needed. The file holds, class after class, the first 500 pictures of each of the 10
classes of the training set, then the first 100 of each of the test set, 28x28 pixels each, row by row: a stream of
half bytes, the upper half first, packed with zlib. 1 to 15 is a grey level, x/17 rounded; 0 and then n are n + 1
pixels of 0. Runs do not cross from one picture to the next. Prints how many bytes the stream has and their FNV-1a
hash, which src/data/fashion.rs knows.
"""

import gzip
import sys
import zlib
from pathlib import Path

FIRST = {"train": 500, "t10k": 100}  # of each class
PIXELS = 28 * 28


def read(name):
    return gzip.decompress((Path(sys.argv[1]) / name).read_bytes())


def halves(picture):
    greys = [(x + 8) // 17 for x in picture]
    i = 0
    while i < PIXELS:
        if greys[i]:
            yield greys[i]
            i += 1
        else:
            run = 1
            while run < 16 and i + run < PIXELS and not greys[i + run]:
                run += 1
            yield from (0, run - 1)
            i += run


def main():
    stream = []
    for part, first in FIRST.items():
        images = read(f"{part}-images-idx3-ubyte.gz")[16:]
        labels = read(f"{part}-labels-idx1-ubyte.gz")[8:]
        for label in range(10):
            chosen = [i for i, x in enumerate(labels) if x == label][:first]
            for i in chosen:
                stream += halves(images[i * PIXELS : (i + 1) * PIXELS])
    stream += [0] * (len(stream) % 2)
    data = bytes(16 * a + b for a, b in zip(stream[::2], stream[1::2]))
    (Path(__file__).parent / "fashion.bin").write_bytes(zlib.compress(data, 9))
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    print(f"{len(data)} bytes, FNV-1a {value:#018x}")


main()
