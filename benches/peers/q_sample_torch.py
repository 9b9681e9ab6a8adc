"""x_t = signal·x0 + noise·ε with fresh ε, as written for PyTorch, in inference mode."""

import numpy as np
import torch

torch.set_num_threads(2)
torch.manual_seed(0)


def load(parameters):
    x0 = torch.from_numpy(np.fromfile(parameters["x0"], dtype=np.float32))
    return x0, parameters["signal"], parameters["noise"]


def fresh(parameters):
    x0, signal, noise = load(parameters)

    @torch.inference_mode()
    def q_sample():
        eps = torch.randn_like(x0)
        # One temporary and one pass less than signal * x0 + noise * eps.
        return torch.add(signal * x0, eps, alpha=noise), eps

    return q_sample


def out(parameters):
    x0, signal, noise = load(parameters)
    x_t, eps = torch.empty_like(x0), torch.empty_like(x0)

    @torch.inference_mode()
    def q_sample():
        eps.normal_()
        torch.mul(x0, signal, out=x_t).add_(eps, alpha=noise)
        return x_t, eps

    return q_sample


def compiled(parameters):
    x0, signal, noise = load(parameters)

    # With eager mode's generator: Inductor's own, the default, is 3 times as slow on a CPU.
    @torch.compile(options={"fallback_random": True})
    def q_sample(x0):
        eps = torch.randn_like(x0)
        return signal * x0 + noise * eps, eps

    @torch.no_grad()
    def call():
        return q_sample(x0)

    return call


FORMS = {"fresh": fresh, "out=": out, "compile": compiled}


def verify(run, parameters, folder):
    x_t, eps = run()
    x_t.numpy().tofile(f"{folder}/x_t.f32")
    eps.numpy().tofile(f"{folder}/eps.f32")
