"""Training steps of the U-Net on labelled pictures, as written for PyTorch: fresh rows, timesteps and noise each step,
and a tenth of the labels dropped."""

import torch
import train_torch
from film_mlp_torch import array
from unet_torch import UNet, flatten, forms


class Training(train_torch.Training):
    def __init__(self, given, channels_last=False, compiled=False):
        self.channels_last, self.labels = channels_last, array(given["labels"], -1).long()
        super().__init__(given, compiled=compiled)

    def make(self, hoisted):
        return UNet(self.given, self.channels_last)

    def restart(self):
        self.network.restart(self.given)
        self.optimizer.state.clear()

    def draw(self):
        batch = (self.given["batch"],)
        ts = torch.randint(len(self.signal), batch)
        chosen = torch.randint(len(self.rows), batch)
        x0, labels = self.rows[chosen], self.labels[chosen]
        labels = torch.where(torch.rand(batch) < 0.1, self.network.classes, labels)
        eps = torch.randn_like(x0)
        return self.signal[ts] * x0 + self.noise[ts] * eps, ts, eps, labels


FORMS = forms(Training)


def verify(run, given, folder):
    """Loss, gradients and one step from the given weights, through the very functions that are measured."""
    run.restart()
    labels = array(given["check_labels"], -1).long()
    loss = run.step(*train_torch.batch(given, "check"), labels)
    loss.detach().reshape(1).numpy().tofile(f"{folder}/loss.f32")
    flatten(p.grad for p in run.network.parameters()).numpy().tofile(f"{folder}/gradients.f32")
    flatten(run.network.parameters()).numpy().tofile(f"{folder}/stepped.f32")
