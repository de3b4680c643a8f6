"""Small smooth problems, solved to the end by a quasi-Newton method in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

__all__ = ["minimise"]


def minimise(parameters: Sequence[Tensor], objective: Callable[[], Tensor], iterations: int = 200) -> None:
    """Minimise in place with L-BFGS and a strong Wolfe line search.

    Parameters
    ----------
    parameters : sequence of Tensor
        float64, requiring gradients.
    objective : callable
        Returns the value to minimise, a scalar that depends on the parameters.
    iterations : int
        At most so many.
    """
    solver = torch.optim.LBFGS(
        list(parameters),
        max_iter=iterations,
        history_size=20,
        # of a log-likelihood a sample: far below what any sample of flares could tell apart
        tolerance_change=1e-6,
        tolerance_grad=1e-6,
        line_search_fn="strong_wolfe",
    )

    def closure() -> float:
        solver.zero_grad()
        with torch.enable_grad():
            loss = objective()
            torch.autograd.backward([loss])
        return float(loss.detach())

    solver.step(closure)  # type: ignore[no-untyped-call]
