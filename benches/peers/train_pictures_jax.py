"""Training steps of the U-Net on labelled pictures, as written for JAX: a compiled scan over steps with fresh rows,
timesteps and noise, and a tenth of the labels dropped."""

import jax
import jax.numpy as jnp
import train_jax
from film_mlp_jax import array
from unet_jax import unet


class Training(train_jax.Training):
    def __init__(self, given):
        self.labels = array(given["labels"], -1).astype(jnp.int32)
        super().__init__(given)

    def draw(self, key):
        for_label, key = jax.random.split(key)
        batch = (self.given["batch"],)
        for_t, for_row, for_eps = jax.random.split(key, 3)
        ts = jax.random.randint(for_t, batch, 0, len(self.signal))
        chosen = jax.random.randint(for_row, batch, 0, len(self.rows))
        x0 = self.rows[chosen]
        labels = jnp.where(jax.random.bernoulli(for_label, 0.1, batch), 10, self.labels[chosen])
        eps = jax.random.normal(for_eps, x0.shape)
        return self.signal[ts] * x0 + self.noise[ts] * eps, ts, eps, labels

    def loss(self, parameters, x_t, ts, eps, labels):
        return jnp.mean((unet(parameters, self.embeddings, x_t, ts, labels) - eps) ** 2)


FORMS = {"scan": Training}


def verify(run, given, folder):
    labels = array(given["check_labels"], -1).astype(jnp.int32)
    train_jax.write(run, (*train_jax.batch(given, "check"), labels), folder)
