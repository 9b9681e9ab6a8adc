"""The reference network in JAX: our parameters, with the embeddings of all T timesteps at hand."""

import jax
import jax.numpy as jnp
import numpy as np


def array(path, *shape):
    return jnp.asarray(np.fromfile(path, dtype=np.float32).reshape(*shape))


def load(given):
    """Parameters by name; weights are (outputs, inputs), as ours."""
    flat = np.fromfile(given["parameters"], dtype=np.float32)
    parameters, start = {}, 0
    for name, shape in given["shapes"]:
        size = int(np.prod(shape))
        parameters[name] = jnp.asarray(flat[start : start + size].reshape(shape))
        start += size
    return parameters


def flatten(given, parameters):
    return np.concatenate([np.asarray(parameters[name]).ravel() for name, _ in given["shapes"]])


def linear(parameters, name, x):
    return x @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]


def film_mlp(parameters, x_t, time, blocks=3):
    """`time(project)` is the matrix of scales and shifts, one row a sample or one for all."""
    h = linear(parameters, "input", x_t)
    for i in range(blocks):
        scale_shift = time(lambda x: linear(parameters, f"blocks.{i}.film", x))
        scale, shift = jnp.split(scale_shift, 2, axis=1)
        h = h + jax.nn.silu(linear(parameters, f"blocks.{i}.linear", h) * (1 + scale) + shift)
    return linear(parameters, "output", h)
