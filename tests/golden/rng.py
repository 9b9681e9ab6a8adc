"""Golden values for tests/proofs/rng.rs: the crate's generator and its normals, in plain Python.

    python3 tests/golden/rng.py

writes, beside itself:
  rng.csv      stream name, then its first eight 64-bit outputs
  normal.csv   index, value: what `Rng::new(3).fill_standard_normal` gives, at the start of two chunks
Written from Blackman & Vigna 2021 (xoshiro256++: rotations 23 and 45, shift 17; xoshiro128++: rotations 7
and 11, shift 9), Steele, Lea & Flood 2014 (SplitMix64, which the former recommends for seeding) and Box &
Muller 1958, whose formula is computed here in f64 with the standard library's logarithm, sine and cosine.
"""

import csv
import math
from pathlib import Path

HERE = Path(__file__).parent
MASK = 2**64 - 1
CHUNK, LANES = 4096, 16


def split_mix_64(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        word = seed
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
        word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
        yield word ^ word >> 31


def xoshiro_plus_plus(state, bits, first, shift, last):
    """xoshiro256++ and xoshiro128++: one algorithm at two word sizes."""
    mask = 2**bits - 1

    def rotate_left(word, by):
        return (word << by | word >> (bits - by)) & mask

    a, b, c, d = state
    while True:
        yield (rotate_left((a + d) & mask, first) + a) & mask
        shifted = b << shift & mask
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = rotate_left(d, last)


def xoshiro_256(state):
    return xoshiro_plus_plus(state, 64, 23, 17, 45)


def take(stream, n):
    return [next(stream) for _ in range(n)]


def new(seed):
    return xoshiro_256(take(split_mix_64(seed), 4))


def fork(parent):
    """A child is seeded by the parent's next 256 bits, little-endian: its next four words."""
    return xoshiro_256(take(parent, 4))


def box_muller(a, b):
    """A pair of normals from two 32-bit words: 40 bits for the radius, 23 for the angle, 1 for the sign."""
    u = ((a << 8 | b & 0xFF) + 0.5) / 2**40
    angle = math.pi * (((b >> 8 & 0x7FFFFF) + 0.5) / 2**23 - 0.5)
    radius = math.sqrt(-2 * math.log(u)) * (-1 if b >> 31 else 1)
    return radius * math.cos(angle), radius * math.sin(angle)


def normals(seeds, n):
    """Blocks of 32: the cosines of 16 lanes, then their sines; a lane is seeded by two 64-bit words."""
    lanes = []
    for _ in range(LANES):
        words = take(seeds, 2)
        halves = [half for word in words for half in (word & 2**32 - 1, word >> 32)]
        lanes.append(xoshiro_plus_plus(halves, 32, 7, 9, 11))
    values = []
    while len(values) < n:
        a, b = take_each(lanes), take_each(lanes)
        pairs = [box_muller(*words) for words in zip(a, b)]
        values += [cosine for cosine, _ in pairs] + [sine for _, sine in pairs]
    return values[:n]


def take_each(lanes):
    return [next(lane) for lane in lanes]


def write(name, rows):
    with open(HERE / name, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main():
    streams = {
        "state 1 2 3 4": xoshiro_256([1, 2, 3, 4]),
        "new(0)": new(0),
        "new(1)": new(1),
        "new(18446744073709551615)": new(MASK),
    }
    parent = new(7)
    streams["new(7) first fork"] = fork(parent)
    streams["new(7) second fork"] = fork(parent)
    streams["new(7) after two forks"] = parent
    write("rng.csv", [[name, *take(stream, 8)] for name, stream in streams.items()])

    parent = new(3)
    rows = []
    for chunk in range(2):
        values = normals(fork(parent), 96)
        rows += [[chunk * CHUNK + i, format(value, ".17g")] for i, value in enumerate(values)]
    write("normal.csv", rows)


if __name__ == "__main__":
    main()
