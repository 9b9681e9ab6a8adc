"""x_t = signal·x0 + noise·ε with fresh ε, as written for JAX; each call waits for its results."""

import jax
import jax.numpy as jnp
import numpy as np


def load(parameters):
    x0 = jnp.asarray(np.fromfile(parameters["x0"], dtype=np.float32))
    return x0, np.float32(parameters["signal"]), np.float32(parameters["noise"])


def keeping_key(q_sample, x0, key):
    def call():
        nonlocal key
        key, x_t, eps = jax.block_until_ready(q_sample(key, x0))
        return x_t, eps

    return call


def eager(parameters):
    x0, signal, noise = load(parameters)

    def q_sample(key, x0):
        key, fresh = jax.random.split(key)
        eps = jax.random.normal(fresh, x0.shape)
        return key, signal * x0 + noise * eps, eps

    return keeping_key(q_sample, x0, jax.random.key(0))


def jit(parameters, implementation=None):
    x0, signal, noise = load(parameters)

    @jax.jit
    def q_sample(key, x0):
        key, fresh = jax.random.split(key)
        eps = jax.random.normal(fresh, x0.shape)
        return key, signal * x0 + noise * eps, eps

    return keeping_key(q_sample, x0, jax.random.key(0, impl=implementation))


def jit_rbg(parameters):
    """With the generator that JAX offers where speed matters more than its strongest guarantees."""
    return jit(parameters, "unsafe_rbg")


FORMS = {"eager": eager, "jit": jit, "jit, rbg": jit_rbg}


def verify(run, parameters, folder):
    x_t, eps = run()
    np.asarray(x_t).tofile(f"{folder}/x_t.f32")
    np.asarray(eps).tofile(f"{folder}/eps.f32")
