"""The Transformer in JAX: our parameters, with the embeddings of all T timesteps at hand."""

import jax
import jax.numpy as jnp
from film_mlp_jax import linear

HEADS, BLOCKS = 4, 3


def modulate(p, name, x, e):
    scale, shift = jnp.split(linear(p, name, e)[:, None, :], 2, axis=2)
    x = (x - x.mean(2, keepdims=True)) * jax.lax.rsqrt(x.var(2, keepdims=True) + 1e-5)
    return x * (1 + scale) + shift


def block(p, name, x, e):
    h = modulate(p, f"{name}.film1", x, e)
    heads = (*h.shape[:2], HEADS, -1)
    q, k, v = [linear(p, f"{name}.{part}", h).reshape(heads) for part in ("query", "key", "value")]
    x = x + linear(p, f"{name}.out", jax.nn.dot_product_attention(q, k, v).reshape(h.shape))
    h = jax.nn.silu(linear(p, f"{name}.mlp1", modulate(p, f"{name}.film2", x, e)))
    return x + linear(p, f"{name}.mlp2", h)


def transformer(p, embeddings, vectors, factors, x, ts):
    """Logits (n, L, V) for x (n, L, d); `factors` are √ᾱ/(1−ᾱ) and ᾱ/(1−ᾱ) of all timesteps."""
    e = jax.nn.silu(linear(p, "time.2", jax.nn.silu(linear(p, "time.0", embeddings[ts]))))
    signal, power = [factor[ts][:, None, None] for factor in factors]
    evidence = signal * (x @ vectors.T) - 0.5 * power * (vectors**2).sum(1)
    h = linear(p, "input", x) + jax.nn.softmax(evidence) @ p["alone"] + p["positions"]
    for i in range(BLOCKS):
        h = block(p, f"blocks.{i}", h, e)
    return evidence + linear(p, "output", modulate(p, "film", h, e))
