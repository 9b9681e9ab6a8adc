"""Golden values for tests/proofs/metrics_distances.rs, from SciPy and from sums written out.

    python3 tests/golden/metrics.py        (made with NumPy 2.4, SciPy 1.17)

writes metrics.csv beside itself: rows `case, what, numbers …`, with the 17 digits that give back the same
f64. `a` and `b` are samples, row by row; the rest is what is expected of them:
  wasserstein     scipy.stats.wasserstein_distance, one dimension
  energy          the square of scipy.stats.energy_distance in one dimension; in two, all pairs of rows
  sliced          the mean of wasserstein_distance over 8192 evenly spaced directions of the half circle
  exact           ∫ |F_n − F| dx against the mixture ½ N(−2, 0.3²) + ½ N(2, 0.3²), by adaptive quadrature
"""

from pathlib import Path

import numpy as np
import scipy
from numbers_of import f32, put, write
from scipy import integrate, stats

HERE = Path(__file__).parent
rng = np.random.default_rng(0)


def mixture_cdf(x):
    return 0.5 * stats.norm.cdf(x, -2, 0.3) + 0.5 * stats.norm.cdf(x, 2, 0.3)


def exact(sample):
    """Piece by piece between the values, split where F crosses the level as well."""
    values = np.sort(sample)
    edges = np.concatenate([[min(-12.0, values[0])], values, [max(12.0, values[-1])]])
    total = 0.0
    for i in range(len(edges) - 1):
        level, low, high = i / len(values), edges[i], edges[i + 1]
        cuts = [low, high]
        # A plain scan for the crossing, refined by bisection.
        if mixture_cdf(low) < level < mixture_cdf(high):
            a, b = low, high
            for _ in range(100):
                middle = (a + b) / 2
                a, b = (middle, b) if mixture_cdf(middle) < level else (a, middle)
            cuts = [low, a, high]
        for start, end in zip(cuts, cuts[1:]):
            # Pieces short enough that quadrature cannot overlook a mode.
            grid = np.linspace(start, end, int((end - start) / 0.5) + 2)
            for x, y in zip(grid, grid[1:]):
                total += abs(integrate.quad(lambda t: mixture_cdf(t) - level, x, y, epsabs=1e-14)[0])
    return total


def line(case, a, b):
    a, b = f32(a), f32(b)
    put(case, "a", a)
    put(case, "b", b)
    put(case, "wasserstein", stats.wasserstein_distance(a, b))
    put(case, "energy", stats.energy_distance(a, b) ** 2)
    put(case, "exact", exact(a))


def plane(case, a, b):
    a, b = f32(a), f32(b)
    put(case, "a", a)
    put(case, "b", b)

    def mean_distance(x, y):
        return np.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(-1)).mean()

    put(case, "energy", 2 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b))
    angles = (np.arange(8192) + 0.5) * np.pi / 8192
    slices = []
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        slices.append(stats.wasserstein_distance(a @ direction, b @ direction))
    put(case, "sliced", np.mean(slices))


heaps = np.concatenate([rng.normal(-2, 0.3, 20), rng.normal(2, 0.3, 20)])
line("equal sizes", heaps, rng.normal(0, 1, 40))
line("17 and 40", rng.normal(0.5, 2, 17), heaps)
line("ties", rng.integers(-3, 4, 30), rng.integers(-2, 5, 45))
line("one value", [1.25], rng.normal(0, 1, 9))
line("far apart", [100.0, 101.5], [-3.0, -2.0, 7.0])
ring = rng.integers(0, 8, 60) * np.pi / 4
ring = np.stack([np.cos(ring), np.sin(ring)], 1) + rng.normal(0, 0.05, (60, 2))
plane("plane, equal sizes", ring, rng.normal(0, 0.7, (60, 2)))
plane("plane, 60 and 35", ring, rng.normal([0.5, 0], [1, 0.2], (35, 2)))

write(HERE / "metrics.csv")
print(f"NumPy {np.__version__}, SciPy {scipy.__version__}")
