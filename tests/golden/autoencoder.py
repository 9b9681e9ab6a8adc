"""Golden values for tests/proofs/network_autoencoder.rs: the autoencoder in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/autoencoder.py             # writes the file beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`. The weights come from a formula that the test repeats (`weights`
of unet.py). pytorch_autoencoder.safetensors: a small network of pictures that are higher than wide and have two channels,
with the means of three pictures, what becomes of them, the loss and its two parts for given noise, and every gradient.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import interpolate, mse_loss, pad, silu

sys.path.append(str(Path(__file__).parent))
from unet import weights

HEIGHT, WIDTH, CHANNELS, HIDDEN, LATENTS, KL = 11, 5, 2, 6, 3, 0.25


def conv(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


def to_crate(w):
    return (w.permute(2, 3, 1, 0).flatten(0, 2) if w.dim() == 4 else w).detach().clone().contiguous()


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        folded = 4 * CHANNELS
        self.encoder = nn.ModuleList([conv(folded, HIDDEN), conv(HIDDEN, HIDDEN, 2), conv(HIDDEN, HIDDEN)])
        self.mean, self.log_variance = conv(HIDDEN, LATENTS), conv(HIDDEN, LATENTS)
        self.decoder = nn.ModuleList([conv(LATENTS, HIDDEN), *[conv(HIDDEN, HIDDEN) for _ in range(4)]])
        self.output = conv(HIDDEN, folded)

    def fold(self, rows):
        """(n, H·W·C) with channels last to (n, 4·C, H′, W′): squares of 2 × 2 pixels, the channel running fastest."""
        x = rows.unflatten(1, (HEIGHT, WIDTH, CHANNELS))
        down, right = -HEIGHT % 8, -WIDTH % 8
        border = (0, 0, right // 2, right - right // 2, down // 2, down - down // 2)
        x = pad(x, border, value=-1.0)
        n, height, width, _ = x.shape
        x = x.reshape(n, height // 2, 2, width // 2, 2, CHANNELS)
        return x.permute(0, 2, 4, 5, 1, 3).flatten(1, 3)

    def encode(self, x):
        h = silu(self.encoder[1](silu(self.encoder[0](x))))
        h = h + silu(self.encoder[2](h))
        return self.mean(h), self.log_variance(h)

    def decode(self, z):
        h = silu(self.decoder[0](z))
        for layer in self.decoder[1:3]:
            h = h + silu(layer(h))
        h = silu(self.decoder[3](interpolate(h, scale_factor=2.0)))
        return self.output(h + silu(self.decoder[4](h)))


def rows(x):
    """Channels last, a picture a row."""
    return x.detach().movedim(1, 3).flatten(1).clone()


def main():
    from safetensors.torch import save_file

    network = Autoencoder()
    # In the crate's order, which is that of the modules; the scale comes last and has no gradient.
    shapes = {name: to_crate(p).shape for name, p in network.named_parameters()}
    with torch.no_grad():
        for number, (name, p) in enumerate(network.named_parameters()):
            w = weights(tuple(shapes[name]), number, name)
            p.copy_(w.unflatten(0, (3, 3, -1)).permute(3, 2, 0, 1) if p.dim() == 4 else w)
    generator = torch.Generator().manual_seed(3)
    pictures = 2 * torch.rand(3, HEIGHT * WIDTH * CHANNELS, generator=generator) - 1
    x = network.fold(pictures)
    mean, log_variance = network.encode(x)
    noise = torch.randn(mean.movedim(1, 3).shape, generator=generator)
    z = mean + torch.exp(0.5 * log_variance) * noise.movedim(3, 1)
    error = mse_loss(network.decode(z), x)
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
    loss = error + KL * kl
    loss.backward()
    out = {"pictures": pictures, "folded": rows(x), "noise": noise.flatten(1), "mean": rows(mean)}
    out |= {"decoded": rows(network.decode(mean)), "losses": torch.stack([loss, error, kl]).detach()}
    out |= {f"small.grad.{name}": to_crate(p.grad) for name, p in network.named_parameters()}
    out["small.grad.scale"] = torch.ones(1, 1)  # the crate's own: the test replaces its gradient of 0
    save_file({name: x.contiguous() for name, x in out.items()}, Path(__file__).parent / "pytorch_autoencoder.safetensors")


if __name__ == "__main__":
    main()
