"""Golden values for tests/train/pytorch.rs: the reference network in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/pytorch_film_mlp.py      # writes the two files beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`.

pytorch_small.safetensors: hidden 16, embedding 16: the initial weights (`init.`), 10 batches, the loss of each
step and every gradient of the first, the weights after 10 Adam steps (`adam.`) and after 10 AdamW steps with
weight decay 0.1 and gradients clipped at norm 0.5 (`adamw.`).
pytorch_reference.safetensors: the full-size network. Its weights come from a formula that the test repeats
(`weights`), so that only 16 numbers of each gradient need to be stored, and its largest magnitude.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent


def time_embedding(ts, dim):
    """Sines then cosines, exponent i/half: diffusers' get_timestep_embedding with flip_sin_to_cos=False,
    downscale_freq_shift=0; angles in double precision."""
    half = dim // 2
    frequencies = torch.exp(-np.log(10_000.0) * torch.arange(half, dtype=torch.float64) / half)
    angles = ts.double()[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


class Block(nn.Module):
    def __init__(self, hidden, embedding):
        super().__init__()
        self.linear = nn.Linear(hidden, hidden)
        self.film = nn.Linear(embedding, 2 * hidden)

    def forward(self, h, time):
        scale, shift = self.film(time).chunk(2, dim=1)
        return h + nn.functional.silu(self.linear(h) * (1 + scale) + shift)


class FilmMlp(nn.Module):
    def __init__(self, d, hidden=128, blocks=3, embedding=128):
        super().__init__()
        self.embedding = embedding
        self.input = nn.Linear(d, hidden)
        self.blocks = nn.ModuleList(Block(hidden, embedding) for _ in range(blocks))
        self.output = nn.Linear(hidden, d)

    def forward(self, x_t, ts):
        time = time_embedding(ts, self.embedding)
        h = self.input(x_t)
        for block in self.blocks:
            h = block(h, time)
        return self.output(h)


def batch(generator, steps, n, d, timesteps=200):
    x_t = torch.randn(steps, n, d, generator=generator)
    eps = torch.randn(steps, n, d, generator=generator)
    ts = torch.randint(0, timesteps, (steps, n), generator=generator)
    return x_t, eps, ts


def train(network, optimizer, data, clip=None):
    losses = []
    for x_t, eps, ts in zip(*data):
        loss = nn.functional.mse_loss(network(x_t, ts), eps)
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def named(prefix, tensors):
    return {f"{prefix}.{name}": t.detach().clone().contiguous() for name, t in tensors}


def small():
    torch.manual_seed(0)
    network = FilmMlp(2, hidden=16, embedding=16)
    initial = {name: p.detach().clone() for name, p in network.named_parameters()}
    x_t, eps, ts = data = batch(torch.Generator().manual_seed(1), 10, 8, 2)
    out = named("init", initial.items())
    out |= {"x_t": x_t.reshape(-1, 2), "eps": eps.reshape(-1, 2), "ts": ts.float()}

    nn.functional.mse_loss(network(x_t[0], ts[0]), eps[0]).backward()
    out |= named("grad", ((name, p.grad) for name, p in network.named_parameters()))

    adam = torch.optim.Adam(network.parameters(), lr=1e-2, eps=1e-3)
    out["adam_losses"] = train(network, adam, data)
    out |= named("adam", network.named_parameters())

    network.load_state_dict(initial)
    adamw = torch.optim.AdamW(network.parameters(), lr=1e-2, eps=1e-3, weight_decay=0.1)
    out["adamw_losses"] = train(network, adamw, data, clip=0.5)
    out |= named("adamw", network.named_parameters())
    save_file(out, HERE / "pytorch_small.safetensors")


def weights(shape, number, inputs):
    """Pseudo-random weights in ±1/sqrt(inputs) that any language can repeat: a multiplicative hash of the
    position `i` and the parameter's `number`."""
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    bits = (i * np.uint64(2654435761) + np.uint64(number) * np.uint64(40503)) & np.uint64(0xFFFFFFFF)
    bits = ((bits ^ (bits >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    unit = (bits >> np.uint64(8)).astype(np.float64) / 2.0**24
    values = (2.0 * unit - 1.0) / np.sqrt(inputs)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def reference():
    network = FilmMlp(2)
    out = {}
    with torch.no_grad():
        for number, (name, p) in enumerate(network.named_parameters()):
            layer = network.get_submodule(name.rpartition(".")[0])
            p.copy_(weights(tuple(p.shape), number, layer.in_features))
    x_t, eps, ts = batch(torch.Generator().manual_seed(2), 1, 256, 2)
    loss = nn.functional.mse_loss(network(x_t[0], ts[0]), eps[0])
    loss.backward()
    out |= {"x_t": x_t[0], "eps": eps[0], "ts": ts.float(), "loss": loss.detach().reshape(1)}
    for name, p in network.named_parameters():
        grad = p.grad.flatten()
        places = torch.linspace(0, len(grad) - 1, min(16, len(grad))).long()
        out[f"places.{name}"] = places.float()
        out[f"grad.{name}"] = grad[places].clone()
        out[f"scale.{name}"] = grad.abs().max().reshape(1)
    save_file(out, HERE / "pytorch_reference.safetensors")


small()
reference()
