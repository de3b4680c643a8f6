"""Somebody else's nets: they know nothing of sunproof."""

import torch
from torch import nn


class Tiny(nn.Module):
    """Unsigned flux over time and what is known of the region, into logits."""

    def __init__(self, hidden=8, outputs=9):
        super().__init__()
        self.recurrent = nn.GRU(1, hidden, batch_first=True)
        self.out = nn.Sequential(nn.Linear(hidden + 1, hidden), nn.Tanh(), nn.Linear(hidden, outputs))

    def forward(self, keywords, region, region_mask):
        flux = torch.log10(keywords[:, :, :1] / 1e22 + 1e-3)
        known = region_mask.float().mean(dim=1, keepdim=True)
        return self.out(torch.cat([self.recurrent(flux)[0][:, -1], known], dim=1)).reshape(len(region), 3, -1)


class Unnamed(nn.Module):
    def forward(self, *parts):
        return parts[0]


def number():
    return 4


def broken():
    raise OSError("no such checkpoint")
