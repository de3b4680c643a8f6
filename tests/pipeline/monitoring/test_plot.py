from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sunproof.pipeline.monitoring.plot import plot


@pytest.mark.parametrize("days", [9, 40, 300, 2000])
def test_dates_do_not_run_into_each_other(days, tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: kept.append(figure))
    ends = np.datetime64("2013-11-15", "ns") + np.linspace(0, days, 12).astype("timedelta64[D]")
    table = {"length": 72, "quantity": "usflux / area", "score": 1.0, "limit": 2.0}
    plot(pd.DataFrame({"end": ends, **table}), tmp_path / "drift.png")
    FigureCanvasAgg(kept[0]).draw()
    shown = [text.get_window_extent() for text in kept[0].axes[-1].get_xticklabels() if text.get_text()]
    assert len(shown) > 2
    # a digit fits between them
    assert all(one.x1 + 8 < other.x0 for one, other in pairwise(sorted(shown, key=lambda box: box.x0)))
