"""Golden values for tests/proofs/autograd_pytorch.rs: attention and cross-entropy in PyTorch.

    python -m venv torchenv && torchenv/bin/pip install torch numpy safetensors
    torchenv/bin/python tests/golden/pytorch_operations.py      # writes the file beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`. Operands are standard normal, the queries twice as large, so
that the softmax is far from even. `weights` are ∂loss/∂(the result of the attention).
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

SAMPLES, HEADS, WIDTH = 3, 2, 4
generator = torch.Generator().manual_seed(3)
out = {}


def leaf(name, *shape, factor=1.0):
    values = (factor * torch.randn(*shape, generator=generator)).requires_grad_()
    out[name] = values.detach()
    return values


def heads(x):
    """(samples, rows, columns) as (samples, heads, rows, width)."""
    return x.unflatten(2, (HEADS, WIDTH)).transpose(1, 2)


for name, keys in [("self", 5), ("cross", 7)]:
    q = leaf(f"{name}.q", SAMPLES, 5, HEADS * WIDTH, factor=2.0)
    k, v = [leaf(f"{name}.{part}", SAMPLES, keys, HEADS * WIDTH) for part in "kv"]
    y = scaled_dot_product_attention(heads(q), heads(k), heads(v)).transpose(1, 2).flatten(2)
    weights = leaf(f"{name}.weights", *y.shape)
    y.backward(weights.detach())
    out |= {f"{name}.y": y.detach()} | {f"{name}.d{p}": x.grad for p, x in [("q", q), ("k", k), ("v", v)]}

logits = leaf("logits", 6, 10, factor=20.0)
labels = torch.tensor([0, 9, 3, 3, 5, 1])
loss = cross_entropy(logits, labels)
loss.backward()
out |= {"labels": labels.float(), "loss": loss.detach().reshape(1), "dlogits": logits.grad}
save_file({name: x.contiguous() for name, x in out.items()}, Path(__file__).parent / "pytorch_operations.safetensors")
