"""DDIM with the U-Net, as written for PyTorch, in inference mode: all pictures share one t, each has its label."""

import torch
from film_mlp_torch import array
from sample_torch import verify
from unet_torch import UNet


def sampler(given, channels_last=False, compiled=False):
    network = UNet(given, channels_last)
    start, labels = array(given["start"], -1, given["d"]), array(given["labels"], -1).long()

    def step(x, t, signal, noise, signal_before, noise_before):
        eps = network(x, t.expand(len(x)), labels)
        x0 = (x - noise * eps) / signal
        return signal_before * x0 + noise_before * eps

    if compiled:
        step = torch.compile(step)
    # Tensors, so that one compiled step serves all.
    steps = [(torch.tensor([t]), *map(torch.tensor, coefficients)) for t, *coefficients in given["steps"]]

    @torch.inference_mode()
    def run():
        x = start
        for arguments in steps:
            x = step(x, *arguments)
        return x

    return run


def form(**options):
    return lambda given: sampler(given, **options)


FORMS = {
    "eager": form(),
    "eager, channels last": form(channels_last=True),
    "compile": form(compiled=True),
    "compile, channels last": form(compiled=True, channels_last=True),
}
