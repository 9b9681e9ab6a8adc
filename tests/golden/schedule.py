"""Golden values for tests/proofs/schedule_golden.rs, computed with NumPy and nothing of this crate.

    python3 tests/golden/schedule.py        (any NumPy from 1.17 on; made with NumPy 2.4)

writes, beside itself, every number with the 17 digits that give back the same f64:
  schedules.csv   schedule, t, beta, alpha, alpha_bar, noise_level
  q_sample.csv    the chapter's forward process: i, x0, then eps and x_t for each t of its list
The formulas are written from the papers named at each function.
"""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def linear(T, start, end):
    """The chapter's class DDPM1D."""
    return np.linspace(start, end, T)


def linear_rescaled(T):
    """Ho et al. 2020's end points, which belong to 1000 steps, for T steps."""
    return np.linspace(0.1 / T, 20.0 / T, T)


def scaled_linear(T, start, end):
    """Rombach et al. 2022: the square roots are evenly spaced."""
    return np.linspace(start**0.5, end**0.5, T) ** 2


def from_signal(signal, T, largest=0.999):
    """Betas whose running product follows signal(u), u in [0, 1], each at most `largest`."""
    grid = np.array([signal(step / T) for step in range(T + 1)])
    return np.minimum(1 - grid[1:] / grid[:-1], largest)


def cosine(T, s=0.008):
    """Nichol & Dhariwal 2021, eq. 17; their f(0) cancels in every ratio."""
    return from_signal(lambda u: np.cos((u + s) / (1 + s) * np.pi / 2) ** 2, T)


def sigmoid(T, start=-3.0, end=3.0, tau=1.0, smallest=1e-9):
    """Chen 2023, algorithm 1 (gamma of the sigmoid schedule), as alpha_bar."""

    def logistic(z):
        return 1 / (1 + np.exp(-z))

    def gamma(u):
        here = logistic((u * (end - start) + start) / tau)
        lowest, highest = logistic(start / tau), logistic(end / tau)
        return np.clip((highest - here) / (highest - lowest), smallest, 1.0)

    return from_signal(gamma, T)


def sqrt(T, s=1e-4):
    """Li et al. 2022, appendix A: alpha_bar[t] = 1 - sqrt(t/T + s), t from 0; before it is clean data."""
    alpha_bars = np.concatenate([[1.0], 1 - np.sqrt(np.arange(T) / T + s)])
    return np.minimum(1 - alpha_bars[1:] / alpha_bars[:-1], 0.999)


def zero_terminal_snr(betas):
    """Lin et al. 2023, algorithm 1: shift sqrt(alpha_bar) so that the last is 0, scale the first back."""
    signal = np.sqrt(np.cumprod(1 - betas))
    shifted = signal - signal[-1]
    alpha_bars = (shifted * signal[0] / shifted[0]) ** 2
    alphas = np.concatenate([alpha_bars[:1], alpha_bars[1:] / alpha_bars[:-1]])
    return 1 - alphas


SCHEDULES = {
    "linear 200": linear(200, 1e-4, 0.02),
    "default": linear(100, 1e-4, 0.02),
    "linear 1000": linear(1000, 1e-4, 0.02),
    "scaled_linear 200": scaled_linear(200, 1e-4, 0.02),
    "linear_rescaled 200": linear_rescaled(200),
    "linear_rescaled 20": linear_rescaled(20),
    "cosine 200": cosine(200),
    "cosine_with 50 0.1": cosine(50, 0.1),
    "sigmoid 200": sigmoid(200),
    "sigmoid_with 50 0 3 0.7": sigmoid(50, 0.0, 3.0, 0.7),
    "sqrt 200": sqrt(200),
    "zero_terminal_snr of linear 200": zero_terminal_snr(linear(200, 1e-4, 0.02)),
    "zero_terminal_snr of scaled_linear 200": zero_terminal_snr(scaled_linear(200, 1e-4, 0.02)),
}


def digits(value):
    return format(float(value), ".17g")


def write(name, header, rows):
    with open(HERE / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def schedules():
    for name, betas in SCHEDULES.items():
        alphas = 1.0 - betas
        alpha_bars = np.cumprod(alphas)
        columns = betas, alphas, alpha_bars, np.sqrt(1 - alpha_bars)
        for t, row in enumerate(zip(*columns)):
            yield [name, t, *map(digits, row)]


def q_sample():
    """The chapter's data, noise and noised samples: the same generator calls in the same order."""
    rng = np.random.default_rng(0)
    alpha_bars = np.cumprod(1.0 - SCHEDULES["linear 200"])
    x0 = np.concatenate([rng.normal(-2, 0.3, 200), rng.normal(2, 0.3, 200)])
    columns, header = [x0], ["x0"]
    for t in [0, 20, 50, 100, 150, 199]:
        eps = rng.standard_normal(x0.shape)
        x_t = np.sqrt(alpha_bars[t]) * x0 + np.sqrt(1 - alpha_bars[t]) * eps
        columns += [eps, x_t]
        header += [f"eps {t}", f"x_t {t}"]
    return ["i", *header], [[i, *map(digits, row)] for i, row in enumerate(zip(*columns))]


write("schedules.csv", ["schedule", "t", "beta", "alpha", "alpha_bar", "noise_level"], schedules())
write("q_sample.csv", *q_sample())
