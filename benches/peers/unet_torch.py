"""The U-Net in PyTorch, as tests/golden/unet.py writes it, with our parameters and the embeddings of all T timesteps."""

import sys
from pathlib import Path

import torch
from film_mlp_torch import array

sys.path.append(str(Path(__file__).parents[2] / "tests" / "golden"))
import unet


class UNet(unet.UNet):
    def __init__(self, given, channels_last=False):
        super().__init__(channels=given["channels"])
        self.register_buffer("embeddings", array(given["embeddings"], -1, 64))
        self.restart(given)
        self.to(memory_format=torch.channels_last if channels_last else torch.contiguous_format)

    def restart(self, given):
        names, shapes = zip(*given["shapes"])
        sizes = [torch.Size(shape).numel() for shape in shapes]
        values = [v.reshape(s) for v, s in zip(array(given["parameters"], -1).split(sizes), shapes)]
        self.load_state_dict(unet.from_crate(dict(zip(names, values))) | {"embeddings": self.embeddings})

    def embed(self, ts):
        return self.embeddings[ts]


def flatten(tensors):
    return torch.cat([unet.to_crate(x).flatten() for x in tensors])


def forms(make):
    """Of what make(given, channels_last, compiled) makes."""

    def form(**options):
        return lambda given: make(given, **options)

    return {
        "eager": form(),
        "eager, channels last": form(channels_last=True),
        "compile": form(compiled=True),
        "compile, channels last": form(compiled=True, channels_last=True),
    }
