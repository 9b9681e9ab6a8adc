"""Golden values for tests/proofs/network_transformer.rs: the Transformer in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/transformer.py             # writes the file beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`. The weights and the words' vectors come from a formula that the
test repeats (`weights`, numbered by the order of names). pytorch_transformer.safetensors: a small network (`small.`)
with a batch, its loss, every gradient, and the losses and weights of 10 Adam steps on 10 batches; the same with vectors
that are learned and of norm 1 (`learned.`); the reference network (`reference.`) with its posteriors of a few places,
its loss, and 16 numbers of every gradient and its largest magnitude.
"""

import math
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy, layer_norm, normalize, scaled_dot_product_attention, silu, softmax


def modulate(x, film, e):
    """Layer norm of every place, scaled and shifted by what is known of the sentence."""
    scale, shift = film(e)[:, None, :].chunk(2, dim=2)
    return layer_norm(x, x.shape[-1:]) * (1 + scale) + shift


class Block(nn.Module):
    def __init__(self, width, hidden, known, heads):
        super().__init__()
        self.heads = heads
        self.film1, self.film2 = [nn.Linear(known, 2 * width) for _ in range(2)]
        self.query, self.key, self.value, self.out = [nn.Linear(width, width) for _ in range(4)]
        self.mlp1, self.mlp2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x, e):
        h = modulate(x, self.film1, e)
        q, k, v = [f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value)]
        x = x + self.out(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.mlp2(silu(self.mlp1(modulate(x, self.film2, e))))


class Transformer(nn.Module):
    def __init__(self, vectors, alpha_bars, places, width=64, blocks=3, heads=4, factor=4, embedding=64, classes=0,
                 learned=False):
        super().__init__()
        words, d = vectors.shape
        self.embedding, self.classes, self.places = embedding, classes, places
        self.register_buffer("alpha_bars", alpha_bars)
        if learned:
            self.vectors = nn.Parameter(vectors.clone())
        else:
            self.register_buffer("given", vectors)
        self.learned = learned
        self.alone = nn.Parameter(torch.zeros(words, width))
        self.positions = nn.Parameter(torch.zeros(places, width))
        self.time = nn.Sequential(nn.Linear(embedding, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        self.labels = nn.Embedding(classes + 1, embedding) if classes else None
        self.input = nn.Linear(d, width)
        self.blocks = nn.ModuleList(Block(width, factor * width, embedding, heads) for _ in range(blocks))
        self.film = nn.Linear(embedding, 2 * width)
        self.output = nn.Linear(width, words)

    def table(self):
        return normalize(self.vectors, dim=1) if self.learned else self.given

    def embed(self, ts):
        return time_embedding(ts, self.embedding)

    def logits(self, x, ts, labels, table):
        """x (n, L·d), timesteps, and labels; the label `classes` says nothing. Shape (n, L, V)."""
        e = self.time(self.embed(ts))
        e = silu(e if self.labels is None else e + self.labels(labels))
        x = x.unflatten(1, (self.places, -1))
        alpha_bar = self.alpha_bars[ts][:, None, None]
        signal, power = [(f / (1 - alpha_bar)).float() for f in (alpha_bar.sqrt(), alpha_bar)]
        evidence = signal * (x @ table.T) - 0.5 * power * table.square().sum(1)
        h = self.input(x) + softmax(evidence, 2) @ self.alone + self.positions
        for block in self.blocks:
            h = block(h, e)
        return evidence + self.output(modulate(h, self.film, e))

    def loss(self, words, eps, ts, labels, squared_error=1):
        """Of x_t = √ᾱ·x_0 + √(1−ᾱ)·ε: the mean over places of −ln p(w) + squared_error·‖x̂_0 − x_0‖²."""
        table = self.table()
        x0 = table[words]
        alpha_bar = self.alpha_bars[ts][:, None]
        signal, noise = [f.sqrt().float() for f in (alpha_bar, 1 - alpha_bar)]
        z = self.logits(signal * x0.flatten(1) + noise * eps, ts, labels, table)
        loss = cross_entropy(z.flatten(0, 1), words.flatten())
        if squared_error == 0:
            return loss
        off = (softmax(z, 2) @ table - x0).square().sum(2)
        return loss + squared_error * off.mean()


def time_embedding(ts, dim):
    """Sines then cosines, angles in double precision."""
    frequencies = torch.exp(-math.log(10_000.0) * torch.arange(dim // 2, dtype=torch.float64) / (dim // 2))
    angles = ts.double()[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


def weights(shape, number):
    """Pseudo-random weights that any language can repeat: a multiplicative hash of the position and the parameter's
    number, in ±1/sqrt of the larger side of a matrix, ±1/2 for vectors."""
    bits = (torch.arange(math.prod(shape)) * 2654435761 + number * 40503) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 15)) * 2246822519) & 0xFFFFFFFF
    unit = (bits >> 8).double() / 2.0**24
    return ((2.0 * unit - 1.0) / math.sqrt(max(shape) if len(shape) == 2 else 4)).float().reshape(shape)


def made(words, d, **sizes):
    """Vectors of norm 1, and the schedule Schedule::linear(50, 1e-3, 0.2)."""
    alpha_bars = torch.cumprod(1 - torch.linspace(1e-3, 0.2, 50, dtype=torch.float64), 0)
    network = Transformer(normalize(weights((words, d), 99), dim=1), alpha_bars, **sizes)
    with torch.no_grad():
        for number, (name, p) in enumerate(sorted(network.named_parameters())):
            p.copy_(network.table() if name == "vectors" else weights(tuple(p.shape), number))
    return network


def batch(network, seed, words, d, *shape):
    generator = torch.Generator().manual_seed(seed)
    sentences = torch.randint(0, words, (*shape, network.places), generator=generator)
    eps = torch.randn(*shape, network.places * d, generator=generator)
    ts = torch.randint(0, 50, shape, generator=generator)
    ts[..., 0] = 0
    return sentences, eps, ts, torch.randint(0, network.classes + 1, shape, generator=generator)


def named(prefix, batch):
    words, eps, ts, labels = batch
    rows = {"words": words.float().flatten(0, -2), "eps": eps.flatten(0, -2)}
    rows |= {name: x.float().flatten() for name, x in (("ts", ts), ("labels", labels))}
    return {f"{prefix}.{name}": x for name, x in rows.items()}


def small(prefix, learned):
    network = made(7, 5, places=3, width=8, blocks=2, heads=2, factor=3, embedding=6, classes=2, learned=learned)
    data = batch(network, 1, 7, 5, 10, 6)
    out = named(prefix, data)
    adam, losses = torch.optim.Adam(network.parameters(), lr=1e-2, eps=1e-3), []
    for words, eps, ts, labels in zip(*data):
        loss = network.loss(words, eps, ts, labels)
        adam.zero_grad()
        loss.backward()
        if not losses:
            out |= {f"{prefix}.grad.{name}": p.grad.clone() for name, p in network.named_parameters()}
        adam.step()
        losses.append(loss.item())
    out |= {f"{prefix}.adam.{name}": p.detach().clone() for name, p in network.named_parameters()}
    return out | {f"{prefix}.losses": torch.tensor(losses)}


def reference():
    network = made(86, 32, places=10, classes=3)
    data = words, eps, ts, labels = batch(network, 2, 86, 32, 8)
    loss = network.loss(words, eps, ts, labels)
    loss.backward()
    alpha_bar = network.alpha_bars[ts][:, None]
    x_t = alpha_bar.sqrt().float() * network.table()[words].flatten(1) + (1 - alpha_bar).sqrt().float() * eps
    p = softmax(network.logits(x_t, ts, labels, network.table()), 2)
    out = named("reference", data)
    out |= {"reference.p": p.detach()[:, ::3].flatten(0, 1).contiguous(), "reference.loss": loss.detach().reshape(1)}
    for name, p in network.named_parameters():
        grad = p.grad.flatten()
        places = torch.linspace(0, len(grad) - 1, min(16, len(grad))).long()
        out |= {f"reference.places.{name}": places.float(), f"reference.grad.{name}": grad[places].clone()}
        out[f"reference.scale.{name}"] = grad.abs().max().reshape(1)
    return out


if __name__ == "__main__":
    from safetensors.torch import save_file

    values = small("small", False) | small("learned", True) | reference()
    save_file(values, Path(__file__).parent / "pytorch_transformer.safetensors")
