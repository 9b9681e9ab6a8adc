"""Golden values for tests/autograd/pictures.rs: convolutions and norms in PyTorch, with all of their gradients.

    python tests/golden/pytorch_pictures.py      # writes pytorch_pictures.safetensors beside it

Made with torch 2.15.0 (CPU). Not run by `cargo test`. Of each case `x`, its operands, `dy` (the gradient of y),
`y`, and `d…` for each of x and the operands, laid out as the crate does: one row a pixel, channels last.
"""

import json
import struct
from pathlib import Path

import torch
from torch.nn import functional as F

HEIGHT, WIDTH = 5, 7
g = torch.Generator().manual_seed(0)
tensors = {}


def rows(x):
    """(n, c, h, w) as (n·h·w, c)."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])


def weight(w):
    """(out, in, 3, 3) as (9·in, out)."""
    return w.permute(2, 3, 1, 0).reshape(-1, w.shape[0])


def case(name, y, as_rows, operands):
    """Leaves values and gradients of a case; operands: name, tensor, its layout in the crate."""
    dy = torch.randn(y.shape, generator=g)
    y.backward(dy)
    out = {"y": as_rows(y), "dy": as_rows(dy)}
    for key, tensor, layout in operands:
        out |= {key: layout(tensor), f"d{key}": layout(tensor.grad)}
    tensors.update({f"{name}.{key}": t.detach().contiguous() for key, t in out.items()})


def leaf(*shape):
    return torch.randn(shape, generator=g).requires_grad_()


def as_is(t):
    return t


def row(t):
    return t.reshape(1, -1)


for name, stride, up in [("keep", 1, 1), ("halve", 2, 1), ("double", 1, 2)]:
    x, w, b = leaf(2, 3, HEIGHT, WIDTH), leaf(4, 3, 3, 3), leaf(4)
    grown = F.interpolate(x, scale_factor=up, mode="nearest") if up > 1 else x
    y = F.conv2d(grown, w, b, stride=stride, padding=1)
    case(name, y, rows, [("x", x, rows), ("weight", w, weight), ("bias", b, row)])

for name, modulated in [("group", False), ("adaptive", True)]:
    x, w, b, table = leaf(3, 8, HEIGHT, WIDTH), leaf(8), leaf(8), leaf(2, 16)
    y = F.group_norm(x, 2, w, b, eps=1e-5)
    operands = [("x", x, rows), ("weight", w, row), ("bias", b, row)]
    if modulated:
        scale, shift = table[[1, 0, 1]][:, :, None, None].chunk(2, dim=1)
        y = y * (1 + scale) + shift
        operands.append(("table", table, as_is))
    case(name, F.silu(y), rows, operands)

x, w, b = leaf(6, 8), leaf(8), leaf(8)
y = F.layer_norm(x, (8,), w, b, eps=1e-5)
case("layer", y, as_is, [("x", x, as_is), ("weight", w, row), ("bias", b, row)])

# The format of safetensors: length of the header, header, numbers.
header, values, end = {}, [], 0
for name, t in tensors.items():
    flat = t.flatten().tolist()
    begin, end = end, end + 4 * len(flat)
    header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [begin, end]}
    values.append(struct.pack(f"<{len(flat)}f", *flat))
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
Path(__file__).with_suffix(".safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(values))
