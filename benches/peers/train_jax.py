"""Training steps of the reference network, as written for JAX: a compiled scan over steps with fresh rows,
timesteps and noise, parameters and moments donated."""

import jax
import jax.numpy as jnp
import numpy as np
from film_mlp_jax import array, film_mlp, flatten, load

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Training:
    def __init__(self, given, hoisted=False):
        self.given, self.hoisted = given, hoisted
        self.embeddings = array(given["embeddings"], len(given["signal"]), -1)
        self.rows = array(given["rows"], -1, given["d"])
        self.signal = jnp.array(given["signal"], dtype=jnp.float32)[:, None]
        self.noise = jnp.array(given["noise"], dtype=jnp.float32)[:, None]
        self.many = jax.jit(self.scan, static_argnums=2, donate_argnums=0)
        self.held_out_loss_of = jax.jit(self.loss)
        self.key = jax.random.key(0)
        self.restart()

    def restart(self):
        parameters = load(self.given)
        zeros = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        self.state = (parameters, *zeros, jnp.float32(0))

    def draw(self, key):
        batch = (self.given["batch"],)
        for_t, for_row, for_eps = jax.random.split(key, 3)
        ts = jax.random.randint(for_t, batch, 0, len(self.signal))
        x0 = self.rows[jax.random.randint(for_row, batch, 0, len(self.rows))]
        eps = jax.random.normal(for_eps, x0.shape)
        return self.signal[ts] * x0 + self.noise[ts] * eps, ts, eps

    def loss(self, parameters, x_t, ts, eps):
        if self.hoisted:
            time = lambda project: project(self.embeddings)[ts]
        else:
            time = lambda project: project(self.embeddings[ts])
        return jnp.mean((film_mlp(parameters, x_t, time) - eps) ** 2)

    def step(self, state, batch):
        parameters, m, v, k = state
        loss, gradients = jax.value_and_grad(self.loss)(parameters, *batch)
        k = k + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradients)
        size = self.given["learning_rate"] / (1 - BETA1**k)
        root = 1 / jnp.sqrt(1 - BETA2**k)
        update = lambda p, m, v: p - size * m / (jnp.sqrt(v) * root + EPSILON)
        return (jax.tree.map(update, parameters, m, v), m, v, k), loss

    def scan(self, state, key, steps):
        step = lambda state, key: self.step(state, self.draw(key))
        return jax.lax.scan(step, state, jax.random.split(key, steps))

    def steps(self, steps):
        self.key, key = jax.random.split(self.key)
        self.state, losses = self.many(self.state, key, steps)
        return float(losses[-1])

    def __call__(self):
        return self.steps(self.given["steps"])

    def held_out_loss(self, held_out):
        return float(self.held_out_loss_of(self.state[0], *held_out))


def form(**options):
    return lambda given: Training(given, **options)


FORMS = {"scan": form(), "scan, hoisted": form(hoisted=True)}


def batch(given, name):
    """(x_t, ts, eps) that ours uses too."""
    x_t, eps = (array(given[f"{name}_{part}"], -1, given["d"]) for part in ["x_t", "eps"])
    return x_t, array(given[f"{name}_ts"], -1).astype(jnp.int32), eps


def verify(run, given, folder):
    write(run, batch(given, "check"), folder)


def write(run, batch, folder):
    """Loss, gradients and one step from the given weights, through the very functions that are measured."""
    run.restart()
    loss, gradients = jax.jit(jax.value_and_grad(run.loss))(run.state[0], *batch)
    (stepped, *_), _ = jax.jit(run.step)(run.state, batch)
    np.asarray(loss).reshape(1).tofile(f"{folder}/loss.f32")
    flatten(run.given, gradients).tofile(f"{folder}/gradients.f32")
    flatten(run.given, stepped).tofile(f"{folder}/stepped.f32")
