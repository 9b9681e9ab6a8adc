"""The Transformer in PyTorch, as tests/golden/transformer.py writes it, with our parameters and the embeddings of all T
timesteps."""

import sys
from pathlib import Path

import torch
from film_mlp_torch import array
from torch import nn

sys.path.append(str(Path(__file__).parents[2] / "tests" / "golden"))
import transformer


class Transformer(transformer.Transformer):
    def __init__(self, given):
        alpha_bars = torch.tensor(given["signal"], dtype=torch.float64) ** 2
        super().__init__(array(given["vectors"], -1, given["width"]), alpha_bars, given["d"])
        self.register_buffer("embeddings", array(given["embeddings"], -1, 64))
        self.restart(given)

    def restart(self, given):
        nn.utils.vector_to_parameters(array(given["parameters"], -1), self.parameters())

    def embed(self, ts):
        return self.embeddings[ts]
