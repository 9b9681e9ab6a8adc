"""What the scripts that write tables of golden numbers share."""

import numpy as np

lines = []


def put(case, what, values):
    """A row `case, what, numbers …`, with the 17 digits that give back the same f64."""
    numbers = np.atleast_1d(np.asarray(values, dtype=np.float64)).ravel()
    lines.append(",".join([case, what, *(format(v, ".17g") for v in numbers)]))


def f32(values):
    """As the library sees them."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def write(path):
    path.write_text("\n".join(lines) + "\n")
