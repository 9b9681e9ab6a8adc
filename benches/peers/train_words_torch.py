"""Training steps of the Transformer on sentences, as written for PyTorch: fresh sentences, timesteps and noise each
step."""

import torch
import train_torch
from film_mlp_torch import array
from transformer_torch import Transformer


class Training(train_torch.Training):
    def __init__(self, given, compiled=False):
        super().__init__(given, compiled=compiled)
        self.rows = self.rows.long()

    def make(self, hoisted):
        return Transformer(self.given)

    def draw(self):
        batch = (self.given["batch"],)
        words = self.rows[torch.randint(len(self.rows), batch)]
        ts = torch.randint(len(self.signal), batch)
        return words, torch.randn(*batch, self.given["d"] * self.given["width"]), ts

    def loss(self, words, eps, ts):
        return self.network.loss(words, eps, ts, None, squared_error=0)


FORMS = {"eager": Training, "compile": lambda given: Training(given, compiled=True)}


def batch(given):
    words, ts = array(given["check_words"], -1, given["d"]).long(), array(given["check_ts"], -1).long()
    return words, array(given["check_eps"], len(ts), -1), ts


def verify(run, given, folder):
    train_torch.write(run, batch(given), folder)
