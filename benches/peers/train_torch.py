"""Training steps of the reference network, as written for PyTorch: fresh rows, timesteps and noise each step."""

import numpy as np
import torch
from film_mlp_torch import FilmMlp, array
from torch import nn

torch.manual_seed(0)


class Training:
    def __init__(self, given, hoisted=False, compiled=False):
        self.given = given
        self.network = self.make(hoisted)
        # The fused form is the fastest on a CPU too.
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=given["learning_rate"], fused=True)
        self.rows = array(given["rows"], -1, given["d"])
        self.signal = torch.tensor(given["signal"])[:, None]
        self.noise = torch.tensor(given["noise"])[:, None]
        if compiled:
            self.draw = torch.compile(self.draw, options={"fallback_random": True})
            self.loss = torch.compile(self.loss)

    def make(self, hoisted):
        return FilmMlp(self.given, hoisted)

    def restart(self):
        nn.utils.vector_to_parameters(array(self.given["parameters"], -1), self.network.parameters())
        self.optimizer.state.clear()

    def draw(self):
        batch = self.given["batch"]
        ts = torch.randint(len(self.signal), (batch,))
        x0 = self.rows[torch.randint(len(self.rows), (batch,))]
        eps = torch.randn_like(x0)
        return self.signal[ts] * x0 + self.noise[ts] * eps, ts, eps

    def loss(self, x_t, ts, eps, *labels):
        return nn.functional.mse_loss(self.network(x_t, ts, *labels), eps)

    def step(self, *batch):
        loss = self.loss(*batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def steps(self, steps):
        for _ in range(steps):
            loss = self.step(*self.draw())
        return loss.item()

    def __call__(self):
        return self.steps(self.given["steps"])

    def held_out_loss(self, held_out):
        with torch.no_grad():
            return self.loss(*held_out).item()


def form(**options):
    return lambda given: Training(given, **options)


FORMS = {
    "eager": form(),
    "compile": form(compiled=True),
    "eager, hoisted": form(hoisted=True),
    "compile, hoisted": form(compiled=True, hoisted=True),
}


def batch(given, name):
    """(x_t, ts, eps) that ours uses too."""
    x_t, eps = (array(given[f"{name}_{part}"], -1, given["d"]) for part in ["x_t", "eps"])
    return x_t, array(given[f"{name}_ts"], -1).long(), eps


def verify(run, given, folder):
    write(run, batch(given, "check"), folder)


def write(run, batch, folder):
    """Loss, gradients and one step from the given weights, through the very functions that are measured."""
    run.restart()
    loss = run.step(*batch)
    gradients = [p.grad.flatten() for p in run.network.parameters()]
    stepped = [p.detach().flatten() for p in run.network.parameters()]
    loss.detach().reshape(1).numpy().tofile(f"{folder}/loss.f32")
    torch.cat(gradients).numpy().tofile(f"{folder}/gradients.f32")
    torch.cat(stepped).numpy().tofile(f"{folder}/stepped.f32")
