"""Streams of made-up regions that live for some days, on a Sun whose activity rises."""

import numpy as np

from sunproof.pipeline.monitoring.stream import Stream


def make(days=900, seed=0, shift=0.0, rise=1.0):
    """Four forecasts a day and region; ``field`` depends on the region and, with the cycle, on its activity."""
    random = np.random.default_rng(seed)
    time, field, score, flares, missed = [], [], [], [], []
    for start in np.arange(0, days, 1.5):
        level = rise * start / days
        own, active = random.normal(0, 0.15), random.poisson(1 + 3 * level)
        for step in range(24):
            time.append(np.datetime64("2012-01-01", "h") + np.timedelta64(int(24 * start + 6 * step), "h"))
            field.append(own + 0.3 * np.log1p(active) + random.normal(0, 0.05) + shift)
            score.append(random.normal(active / 3, 1))
            flares.append(active)
            missed.append(float(random.random() < 0.1))
    order = np.argsort(np.array(time), kind="stable")
    quantities = {"field": field, "score": score, "abstention rate": missed}
    activity = np.log1p(np.array(flares, float))[:, None]
    made = Stream(
        np.array(time).astype("datetime64[ns]"), {k: np.array(v, float) for k, v in quantities.items()}, activity
    )
    return made.take(order)
