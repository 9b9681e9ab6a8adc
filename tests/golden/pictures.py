"""Golden values for tests/proofs/metrics_pictures.rs, from SciPy.

    python3 tests/golden/pictures.py        (made with NumPy 2.4, SciPy 1.17)

writes pictures.csv beside itself: rows `case, what, numbers …`, with the 17 digits that give back the same f64.
`a` and `b` are samples, row by row; `frechet` is |mean_a - mean_b|^2 + tr(A + B - 2 sqrtm(A B)) with covariances
divided by n - 1. `digits` is the same between the training and the held-out digits, and `variances` the eigenvalues
of the training digits' covariance, the largest first.
"""

from pathlib import Path

import numpy as np
from numbers_of import f32, put, write
from scipy import linalg

HERE = Path(__file__).parent
rng = np.random.default_rng(0)


def frechet(a, b):
    cov_a, cov_b = (np.cov(x, rowvar=False) for x in (a, b))
    root = linalg.sqrtm(cov_a @ cov_b).real
    apart = a.mean(axis=0) - b.mean(axis=0)
    return apart @ apart + np.trace(cov_a + cov_b - 2 * root)


a = f32(rng.normal(size=(30, 4)) @ rng.normal(size=(4, 4)))
b = f32(rng.normal(size=(20, 4)) @ rng.normal(size=(4, 4)) + 0.5)
put("random", "a", a)
put("random", "b", b)
put("random", "frechet", frechet(a, b))

parts = {"t": [], "h": [], "j": []}
for line in (HERE.parents[1] / "data" / "digits.txt").read_text().splitlines():
    if not line.startswith("#"):
        part, _, pixels = line.split()
        parts[part].append([int(x, 17) / 8 - 1 for x in pixels])
train, held_out = (np.array(parts[part]) for part in "th")
# Pixels that are always paper make the product of the covariances singular, which sqrtm takes badly: the same
# distance by the singular values of the product of the centred rows.
rows = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (train, held_out)]
common = linalg.svdvals(rows[0] @ rows[1].T).sum()
apart = train.mean(axis=0) - held_out.mean(axis=0)
put("digits", "frechet", apart @ apart + sum((x**2).sum() for x in rows) - 2 * common)
put("digits", "variances", linalg.eigvalsh(np.cov(train, rowvar=False))[::-1])

write(HERE / "pictures.csv")
