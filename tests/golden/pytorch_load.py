"""Shows that PyTorch reads what the crate writes. Not run by `cargo test`.

    cargo run --release --example train_bimodal 200 4e-3 256 0.99 0 /tmp/bimodal.safetensors
    python tests/golden/pytorch_load.py /tmp/bimodal.safetensors

prints the same prediction as the example (to float precision). A training run, kept by `Trainer::open`,
is read as well: its network is under `model.`.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

source = (Path(__file__).parent / "pytorch_film_mlp.py").read_text()
namespace = {"__file__": __file__}
exec(source.rpartition("\nsmall()\n")[0], namespace)  # the network, without making golden files

state = load_file(sys.argv[1])
if any(name.startswith("model.") for name in state):
    state = {name[6:]: t for name, t in state.items() if name.startswith("model.")}
network = namespace["FilmMlp"](state["input.weight"].shape[1])
network.load_state_dict(state)  # strict: every name and shape must fit
with torch.no_grad():
    x_t = torch.full((1, state["input.weight"].shape[1]), 0.5)
    print("prediction for x_t = 0.5 at t = 100:", network(x_t, torch.tensor([100])).numpy())
