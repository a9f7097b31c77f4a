"""A critic of small pieces of pictures: does the teacher's pen draw like that?

It judges patches, not pictures (PatchGAN; Isola et al. 2017, arXiv 1611.07004): whether lines are crisp and areas even
can be told from 54 pixels, and what a picture shows is none of its business. Spectral norms keep it from running ahead
(Miyato et al. 2018, arXiv 1802.05957); the losses are hinges (Lim and Ye 2017, arXiv 1705.02894).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn
from torch.nn.utils.parametrizations import spectral_norm

#: The most that a gradient's ratio may weigh: where the critic has next to nothing to say it is not to be shouted.
MOST = 50.0


def build(width: int = 24) -> nn.Sequential:
    """A fresh critic: n × 3 × h × w in −1 … 1 to one number for each patch, positive for the teacher's own."""
    layers: list[nn.Module] = []
    channels = 3
    for out, kernel, stride in ((width, 4, 2), (2 * width, 4, 2), (4 * width, 4, 2), (4 * width, 3, 1)):
        layers += [spectral_norm(nn.Conv2d(channels, out, kernel, stride, 1)), nn.LeakyReLU(0.2)]
        channels = out
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(channels, 1, 3, 1, 1)))


def hinge(true: Tensor, drawn: Tensor) -> Tensor:
    """The critic's loss: its numbers for true pictures are to be above 1, for drawn ones below −1."""
    return fn.relu(1 - true).mean() + fn.relu(1 + drawn).mean()


def weight(loss: Tensor, opinion: Tensor, last: Tensor) -> float:
    """How much the critic's opinion counts to pull as hard as the loss does, by their gradients at the last layer's
    weights (Esser et al. 2021, arXiv 2012.09841, equation 7)."""
    pulls = [torch.autograd.grad(x, last, retain_graph=True)[0].norm() for x in (loss, opinion)]
    return float((pulls[0] / (pulls[1] + 1e-6)).clamp(0, MOST))
