"""DDIM with the reference network, as written for PyTorch, in inference mode: all rows share one t."""

import torch
from film_mlp_torch import FilmMlp, array


def ddim(given, predict, compiled):
    """From the given noise, with eps = predict(x, t), where t holds one number for all rows."""
    start = array(given["start"], -1, given["d"])

    def step(x, t, signal, noise, signal_before, noise_before):
        eps = predict(x, t)
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


def sampler(given, hoisted=False, compiled=False):
    network = FilmMlp(given)

    def predict(x, t):
        """With one row of scales and shifts for all rows, or with one for each."""
        if not hoisted:
            return network(x, t.expand(len(x)))
        h = network.input(x)
        for block in network.blocks:
            h = block(h, block.film(network.embeddings[t]))
        return network.output(h)

    return ddim(given, predict, compiled)


def form(**options):
    return lambda given: sampler(given, **options)


FORMS = {
    "eager": form(),
    "eager, hoisted": form(hoisted=True),
    "compile": form(compiled=True),
    "compile, hoisted": form(compiled=True, hoisted=True),
}


def verify(run, given, folder):
    run().numpy().tofile(f"{folder}/samples.f32")
