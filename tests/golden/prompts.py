"""Golden values for tests/proofs/network_prompts.rs: the U-Net that is told sentences, in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/prompts.py                 # writes the file beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`. The parts that it shares with other networks are those of unet.py;
the weights come from the formula there, in the order in which the crate adds them. pytorch_prompts.safetensors: a small
network (`small.`) with sentences, a batch, its answers, its loss, every gradient, and what the pixels of each level pay
of attention to each word.
"""

import math
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import interpolate, mse_loss, silu, softmax

import unet
from unet import time_embedding, to_crate, weights


def heads_of(x, heads):
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def attention(q, k, v, heads):
    """The result, and the shares, a mean over heads."""
    q, k, v = [heads_of(x, heads) for x in (q, k, v)]
    shares = softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]), 3)
    return (shares @ v).transpose(1, 2).flatten(2), shares.mean(1)


class TextBlock(nn.Module):
    def __init__(self, width, hidden, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = [nn.Linear(width, width) for _ in range(4)]
        self.mlp1, self.mlp2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.out(attention(self.query(h), self.key(h), self.value(h), self.heads)[0])
        return x + self.mlp2(silu(self.mlp1(self.norm2(x))))


class Text(nn.Module):
    def __init__(self, words, places, width, blocks, heads, factor, wide):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.positions = nn.Parameter(torch.zeros(places, width))
        self.blocks = nn.ModuleList(TextBlock(width, factor * width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.pooled = nn.Linear(width, wide)

    def forward(self, sentences):
        h = self.words(sentences) + self.positions
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        return h, self.pooled(h[:, -1])


class Look(nn.Module):
    def __init__(self, channels, width, groups, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels)
        self.query, self.out = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.key, self.value = nn.Linear(width, channels), nn.Linear(width, channels)

    def forward(self, x, words):
        h = self.norm(x).flatten(2).transpose(1, 2)
        h, shares = attention(self.query(h), self.key(words), self.value(words), self.heads)
        return x + self.out(h).transpose(1, 2).reshape(x.shape), shares.flatten(0, 1)


class PromptedUNet(unet.UNet):
    def __init__(self, size, channels, levels, embedding, groups, heads, text):
        super().__init__(size, channels, levels, embedding, groups, heads, classes=0)
        self.text = Text(**text, wide=embedding)
        self.looks = nn.ModuleList(Look(c, text["width"], groups, heads) for c in levels)

    def forward(self, x, ts, sentences):
        words, whole = self.text(sentences)
        e = silu(self.time(time_embedding(ts, self.embedding)) + whole)
        h, skips, maps = self.input(x.unflatten(1, self.shape).movedim(3, 1)), [], []
        for i, block in enumerate(self.down):
            h = block(h, e)
            skips.append(h)
            h = self.shrink[i](h) if i < len(self.shrink) else h
        h, shares = self.looks[-1](self.attention(self.middle(h, e)), words)
        maps.append(shares)
        for i, block in reversed(list(enumerate(self.up))):
            last = i == len(self.grow)
            h = h if last else self.grow[i](interpolate(h, scale_factor=2.0))
            h = block(torch.cat([h, skips[i]], dim=1), e)
            if not last:
                h, shares = self.looks[i](h, words)
                maps.append(shares)
        return self.output(silu(self.norm(h))).movedim(1, 3).flatten(1), maps


def from_crate(state):
    """As unet.from_crate, but nothing of the text encoder is a convolution."""
    told = {name: w for name, w in state.items() if name.startswith(("text.", "looks."))}
    return unet.from_crate({name: w for name, w in state.items() if name not in told}) | told


def main():
    from safetensors.torch import save_file

    text = dict(words=7, places=5, width=6, blocks=2, heads=2, factor=2)
    network = PromptedUNet((4, 8), 3, (4, 8), 8, 2, 2, text)
    shapes = {name: tuple(to_crate(p).shape) for name, p in network.named_parameters()}
    state = {name: weights(shape, number, name) for number, (name, shape) in enumerate(sorted(shapes.items()))}
    network.load_state_dict(from_crate(state))
    generator = torch.Generator().manual_seed(3)
    x, eps = [torch.randn(5, 4 * 8 * 3, generator=generator) for _ in range(2)]
    ts = torch.tensor([3, 3, 50, 120, 199])
    # The last is the empty sentence, word 2 everywhere; the first and the third are one.
    prompts = torch.tensor([[0, 1, 3, 2, 2], [4, 5, 6, 1, 0]])
    sentences = torch.cat([prompts[[0, 1, 0, 1]], torch.full((1, 5), 2)])
    y, maps = network(x, ts, sentences)
    loss = mse_loss(y, eps)
    loss.backward()
    out = {"x_t": x, "eps": eps, "y": y.detach(), "loss": loss.detach().reshape(1)}
    out |= {f"grad.{name}": to_crate(p.grad) for name, p in network.named_parameters()}
    out |= {f"map.{i}": shares.detach().contiguous() for i, shares in enumerate(maps)}
    save_file({f"small.{name}": x for name, x in out.items()}, Path(__file__).parent / "pytorch_prompts.safetensors")


if __name__ == "__main__":
    main()
