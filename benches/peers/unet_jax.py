"""The U-Net in JAX: our parameters, channels last, with the embeddings of all T timesteps at hand."""

import jax
import jax.numpy as jnp
from film_mlp_jax import linear

GROUPS, HEADS, LEVELS, SIZE = 8, 4, 2, 8


def conv(p, name, x, stride=1):
    """Our weights are (9·inputs, outputs), ordered by tap, then input."""
    w = p[f"{name}.weight"].reshape(3, 3, x.shape[-1], -1)
    layout = ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(x, w, (stride, stride), ((1, 1), (1, 1)), dimension_numbers=layout)
    return y + p[f"{name}.bias"]


def norm(p, name, x):
    groups = x.reshape(*x.shape[:3], GROUPS, -1)
    mean = groups.mean((1, 2, 4), keepdims=True)
    variance = groups.var((1, 2, 4), keepdims=True)
    groups = (groups - mean) * jax.lax.rsqrt(variance + 1e-5)
    return groups.reshape(x.shape) * p[f"{name}.weight"] + p[f"{name}.bias"]


def block(p, name, x, e):
    scale, shift = jnp.split(linear(p, f"{name}.film", e)[:, None, None, :], 2, axis=3)
    h = norm(p, f"{name}.norm2", conv(p, f"{name}.conv1", jax.nn.silu(norm(p, f"{name}.norm1", x))))
    h = conv(p, f"{name}.conv2", jax.nn.silu(h * (1 + scale) + shift))
    return h + (linear(p, f"{name}.skip", x) if f"{name}.skip.weight" in p else x)


def look_around(p, name, x):
    n, height, width, c = x.shape
    h = norm(p, f"{name}.norm", x).reshape(n, height * width, c)
    q, k, v = [linear(p, f"{name}.{part}", h).reshape(n, -1, HEADS, c // HEADS) for part in ("query", "key", "value")]
    h = jax.nn.dot_product_attention(q, k, v).reshape(n, -1, c)
    return x + linear(p, f"{name}.out", h).reshape(x.shape)


def unet(p, embeddings, x, ts, labels):
    e = linear(p, "time.2", jax.nn.silu(linear(p, "time.0", embeddings[ts])))
    e = jax.nn.silu(e + p["labels.weight"][labels])
    h = conv(p, "input", x.reshape(len(x), SIZE, SIZE, -1))
    skips = []
    for i in range(LEVELS):
        h = block(p, f"down.{i}", h, e)
        skips.append(h)
        h = conv(p, f"shrink.{i}", h, stride=2) if i < LEVELS - 1 else h
    h = look_around(p, "attention", block(p, "middle", h, e))
    for i in reversed(range(LEVELS)):
        if i < LEVELS - 1:
            h = conv(p, f"grow.{i}", h.repeat(2, axis=1).repeat(2, axis=2))
        h = block(p, f"up.{i}", jnp.concatenate([h, skips[i]], axis=3), e)
    return conv(p, "output", jax.nn.silu(norm(p, "norm", h))).reshape(x.shape)
