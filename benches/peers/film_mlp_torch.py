"""The reference network in PyTorch: our parameters, in our order, with the embeddings of all T timesteps at hand."""

import numpy as np
import torch
from torch import nn

torch.set_num_threads(2)


def array(path, *shape):
    return torch.from_numpy(np.fromfile(path, dtype=np.float32).reshape(*shape))


class Block(nn.Module):
    def __init__(self, hidden, embedding):
        super().__init__()
        self.linear = nn.Linear(hidden, hidden)
        self.film = nn.Linear(embedding, 2 * hidden)

    def forward(self, h, scale_shift):
        scale, shift = scale_shift.chunk(2, dim=1)
        return h + nn.functional.silu(self.linear(h) * (1 + scale) + shift)


class FilmMlp(nn.Module):
    """`hoisted`: each block projects the embeddings of all T timesteps once, and each row takes its own."""

    def __init__(self, given, hoisted=False, hidden=128, blocks=3, embedding=128):
        super().__init__()
        d = given["d"]
        self.hoisted = hoisted
        self.register_buffer("embeddings", array(given["embeddings"], -1, embedding))
        self.input = nn.Linear(d, hidden)
        self.blocks = nn.ModuleList(Block(hidden, embedding) for _ in range(blocks))
        self.output = nn.Linear(hidden, d)
        nn.utils.vector_to_parameters(array(given["parameters"], -1), self.parameters())

    def forward(self, x_t, ts):
        h = self.input(x_t)
        for block in self.blocks:
            if self.hoisted:
                # index_select's derivative is faster than that of [ts].
                scale_shift = block.film(self.embeddings).index_select(0, ts)
            else:
                scale_shift = block.film(self.embeddings[ts])
            h = block(h, scale_shift)
        return self.output(h)
