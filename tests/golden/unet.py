"""Golden values for tests/proofs/network_unet.rs: the U-Net in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/unet.py                    # writes the file beside it
    torchenv/bin/python tests/golden/unet.py digits.safetensors # loads what the crate saved, and predicts

Made with torch 2.15.0 (CPU). Not run by `cargo test`. The weights come from a formula that the test repeats
(`weights`). pytorch_unet.safetensors: a small network (`small.`) with a batch, its loss, every gradient, and the losses
and weights of 10 Adam steps on 10 batches; the reference network (`reference.`) with its answers, its loss, and 16
numbers of every gradient and its largest magnitude. Weights and gradients are laid out as in the crate: those of a
3×3 convolution as (9·inputs, outputs).
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import conv2d, interpolate, mse_loss, scaled_dot_product_attention, silu


class Block(nn.Module):
    def __init__(self, inputs, outputs, embedding, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.film = nn.Linear(embedding, 2 * outputs)
        self.norm2 = nn.GroupNorm(groups, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Linear(inputs, outputs) if inputs != outputs else None

    def forward(self, x, e):
        scale, shift = self.film(e)[:, :, None, None].chunk(2, dim=1)
        h = self.norm2(self.conv1(silu(self.norm1(x))))
        h = self.conv2(silu(h * (1 + scale) + shift))
        return h + (x if self.skip is None else conv2d(x, self.skip.weight[:, :, None, None], self.skip.bias))


class LookAround(nn.Module):
    def __init__(self, channels, groups, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels)
        self.query, self.key, self.value, self.out = [nn.Linear(channels, channels) for _ in range(4)]

    def forward(self, x):
        h = self.norm(x).flatten(2).transpose(1, 2)
        q, k, v = [f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value)]
        h = self.out(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + h.transpose(1, 2).reshape(x.shape)


class UNet(nn.Module):
    def __init__(self, size=(8, 8), channels=1, levels=(32, 64), embedding=64, groups=8, heads=4, classes=10):
        super().__init__()
        self.shape, self.embedding, self.classes = (*size, channels), embedding, classes
        self.time = nn.Sequential(nn.Linear(embedding, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        self.labels = nn.Embedding(classes + 1, embedding) if classes else None
        self.input = nn.Conv2d(channels, levels[0], 3, padding=1)
        inputs = [levels[0], *levels]
        self.down = nn.ModuleList(Block(i, o, embedding, groups) for i, o in zip(inputs, levels))
        self.shrink = nn.ModuleList(nn.Conv2d(c, c, 3, stride=2, padding=1) for c in levels[:-1])
        self.middle = Block(levels[-1], levels[-1], embedding, groups)
        self.attention = LookAround(levels[-1], groups, heads)
        self.up = nn.ModuleList(Block(2 * c, c, embedding, groups) for c in levels)
        self.grow = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in zip(levels[1:], levels))
        self.norm = nn.GroupNorm(groups, levels[0])
        self.output = nn.Conv2d(levels[0], channels, 3, padding=1)
        for zero in [b.conv2 for b in [*self.down, self.middle, *self.up]] + [self.attention.out]:
            nn.init.zeros_(zero.weight), nn.init.zeros_(zero.bias)

    def embed(self, ts):
        return time_embedding(ts, self.embedding)

    def forward(self, x, ts, labels):
        """x (n, H·W·C) with channels last, timesteps, and labels; the label `classes` says nothing."""
        e = self.time(self.embed(ts))
        e = silu(e if self.labels is None else e + self.labels(labels))
        h = self.input(x.unflatten(1, self.shape).movedim(3, 1))
        skips = []
        for i, block in enumerate(self.down):
            h = block(h, e)
            skips.append(h)
            h = self.shrink[i](h) if i < len(self.shrink) else h
        h = self.attention(self.middle(h, e))
        for i, block in reversed(list(enumerate(self.up))):
            h = self.grow[i](interpolate(h, scale_factor=2.0)) if i < len(self.grow) else h
            h = block(torch.cat([h, skips[i]], dim=1), e)
        return self.output(silu(self.norm(h))).movedim(1, 3).flatten(1)


def time_embedding(ts, dim):
    """Sines then cosines, angles in double precision."""
    frequencies = torch.exp(-math.log(10_000.0) * torch.arange(dim // 2, dtype=torch.float64) / (dim // 2))
    angles = ts.double()[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


def from_crate(state):
    """The crate's weights as PyTorch's: those of 3×3 convolutions, (9·inputs, outputs), are turned."""
    def turned(name, w):
        conv = any(part in name for part in ("conv", "shrink", "grow", "input", "output"))
        return w.unflatten(0, (3, 3, -1)).permute(3, 2, 0, 1).contiguous() if conv and w.dim() == 2 else w
    return {name: turned(name, w) for name, w in state.items()}


def to_crate(w):
    return (w.permute(2, 3, 1, 0).flatten(0, 2) if w.dim() == 4 else w).detach().clone().contiguous()


def weights(shape, number, name):
    """Pseudo-random weights that any language can repeat: a multiplicative hash of the position and the parameter's
    number, in ±1/sqrt of the larger side of a matrix, ±1/2 for vectors; and 1 more for the weights of a norm."""
    i = np.arange(math.prod(shape), dtype=np.uint64)
    bits = (i * np.uint64(2654435761) + np.uint64(number) * np.uint64(40503)) & np.uint64(0xFFFFFFFF)
    bits = ((bits ^ (bits >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    unit = (bits >> np.uint64(8)).astype(np.float64) / 2.0**24
    values = (2.0 * unit - 1.0) / np.sqrt(max(shape) if len(shape) == 2 else 4)
    values += 1.0 if "norm" in name and name.endswith("weight") else 0.0
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def filled(network):
    shapes = {name: tuple(to_crate(p).shape) for name, p in network.named_parameters()}
    state = {name: weights(shape, number, name) for number, (name, shape) in enumerate(shapes.items())}
    network.load_state_dict(from_crate(state))
    return network


def batch(network, seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    x, eps = [torch.randn(*shape, math.prod(network.shape), generator=generator) for _ in range(2)]
    ts = torch.randint(0, 200, shape, generator=generator)
    return x, eps, ts, torch.randint(0, network.classes + 1, shape, generator=generator)


def named(prefix, batch):
    rows = {name: x.flatten(0, -2) for name, x in zip(["x_t", "eps"], batch)}
    rows |= {name: x.float().flatten() for name, x in zip(["ts", "labels"], batch[2:])}
    return {f"{prefix}.{name}": x for name, x in rows.items()}


def small():
    network = filled(UNet((8, 4), channels=2, levels=(4, 8, 12), embedding=8, groups=2, heads=2, classes=3))
    data = batch(network, 1, 10, 4)
    out = named("small", data)
    adam, losses = torch.optim.Adam(network.parameters(), lr=1e-2, eps=1e-3), []
    for x, eps, ts, labels in zip(*data):
        loss = mse_loss(network(x, ts, labels), eps)
        adam.zero_grad()
        loss.backward()
        if not losses:
            out |= {f"small.grad.{name}": to_crate(p.grad) for name, p in network.named_parameters()}
        adam.step()
        losses.append(loss.item())
    out |= {f"small.adam.{name}": to_crate(p) for name, p in network.named_parameters()}
    return out | {"small.losses": torch.tensor(losses)}


def reference():
    network = filled(UNet())
    data = x, eps, ts, labels = batch(network, 2, 6)
    labels[0] = 10
    y = network(x, ts, labels)
    loss = mse_loss(y, eps)
    loss.backward()
    out = named("reference", data)
    out |= {"reference.y": y.detach(), "reference.loss": loss.detach().reshape(1)}
    for name, p in network.named_parameters():
        grad = to_crate(p.grad).flatten()
        places = torch.linspace(0, len(grad) - 1, min(16, len(grad))).long()
        out |= {f"reference.places.{name}": places.float(), f"reference.grad.{name}": grad[places].clone()}
        out[f"reference.scale.{name}"] = grad.abs().max().reshape(1)
    return out


def main():
    from safetensors.torch import load_file, save_file

    if len(sys.argv) == 1:
        save_file(small() | reference(), Path(__file__).parent / "pytorch_unet.safetensors")
        return
    network = UNet()
    network.load_state_dict(from_crate(load_file(sys.argv[1])))  # strict: every name and shape must fit
    with torch.no_grad():
        y = network(torch.full((1, 64), 0.5), torch.tensor([100]), torch.tensor([10]))
    print("prediction for x_t = 0.5 at t = 100, no label:", y[0, :4].tolist())


if __name__ == "__main__":
    main()
