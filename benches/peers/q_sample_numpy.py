"""x_t = signal·x0 + noise·ε with fresh ε, as written for NumPy: float32 throughout, no float64 in between."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

THREADS = 2


def load(parameters):
    x0 = np.fromfile(parameters["x0"], dtype=np.float32)
    return x0, np.float32(parameters["signal"]), np.float32(parameters["noise"])


def fresh(parameters):
    x0, signal, noise = load(parameters)
    rng = np.random.default_rng(0)

    def q_sample():
        eps = rng.standard_normal(x0.shape, dtype=np.float32)
        x_t = signal * x0
        x_t += noise * eps
        return x_t, eps

    return q_sample


def out(parameters):
    x0, signal, noise = load(parameters)
    rng = np.random.default_rng(0)
    x_t, eps, scaled = np.empty_like(x0), np.empty_like(x0), np.empty_like(x0)

    def q_sample():
        rng.standard_normal(dtype=np.float32, out=eps)
        np.multiply(x0, signal, out=x_t)
        np.multiply(eps, noise, out=scaled)
        np.add(x_t, scaled, out=x_t)
        return x_t, eps

    return q_sample


def threads(parameters):
    """NumPy's own recipe "Multithreaded generation": a generator and a slice for each thread."""
    x0, signal, noise = load(parameters)
    seeds = np.random.SeedSequence(0).spawn(THREADS)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    pool = ThreadPoolExecutor(THREADS)
    step = -(-len(x0) // THREADS)
    slices = [slice(i * step, (i + 1) * step) for i in range(THREADS)]

    def q_sample():
        x_t, eps = np.empty_like(x0), np.empty_like(x0)

        def work(rng, part):
            rng.standard_normal(dtype=np.float32, out=eps[part])
            np.multiply(x0[part], signal, out=x_t[part])
            x_t[part] += noise * eps[part]

        list(pool.map(work, rngs, slices))
        return x_t, eps

    return q_sample


FORMS = {"fresh": fresh, "out=": out, "threads": threads}


def verify(run, parameters, folder):
    x_t, eps = run()
    x_t.tofile(f"{folder}/x_t.f32")
    eps.tofile(f"{folder}/eps.f32")
