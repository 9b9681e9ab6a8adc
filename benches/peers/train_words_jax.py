"""Training steps of the Transformer on sentences, as written for JAX: a compiled scan over steps with fresh sentences,
timesteps and noise."""

import jax
import jax.numpy as jnp
import numpy as np
import train_jax
from film_mlp_jax import array
from transformer_jax import transformer


class Training(train_jax.Training):
    def __init__(self, given):
        signal, noise = np.array(given["signal"]), np.array(given["noise"])
        self.factors = [jnp.asarray((f / noise**2).astype(np.float32)) for f in (signal, signal**2)]
        self.vectors = array(given["vectors"], -1, given["width"])
        super().__init__(given)
        self.rows = self.rows.astype(jnp.int32)

    def draw(self, key):
        batch = (self.given["batch"],)
        for_t, for_row, for_eps = jax.random.split(key, 3)
        words = self.rows[jax.random.randint(for_row, batch, 0, len(self.rows))]
        eps = jax.random.normal(for_eps, (*batch, self.given["d"] * self.given["width"]))
        return words, eps, jax.random.randint(for_t, batch, 0, len(self.signal))

    def loss(self, parameters, words, eps, ts):
        x0 = self.vectors[words]
        x = self.signal[ts][:, None] * x0 + self.noise[ts][:, None] * eps.reshape(x0.shape)
        z = transformer(parameters, self.embeddings, self.vectors, self.factors, x, ts)
        logs = jax.nn.log_softmax(z)
        return -jnp.mean(jnp.take_along_axis(logs, words[:, :, None], axis=2))


FORMS = {"scan": Training}


def batch(given):
    words, ts = [array(given[f"check_{part}"], -1).astype(jnp.int32) for part in ("words", "ts")]
    return words.reshape(len(ts), -1), array(given["check_eps"], len(ts), -1), ts


def verify(run, given, folder):
    train_jax.write(run, batch(given), folder)
