"""Batches of forecasts with keywords, four times a day, of three regions and the disk."""

import numpy as np
import xarray as xr

from sunproof.pipeline.vocabulary import describe
from tests.models.constraints.build import batch

KEYWORDS = {"usflux": 2e22, "meangbz": 100.0, "meangbt": 110.0, "meangbh": 50.0, "totusjz": 1e13, "totpot": 1e23}


def forecasts(size, later=0, seed=0):
    """So many rows, every fourth of the disk; one without a forecast. ``later``: days after the first of 2012."""
    random = np.random.default_rng(seed)
    row = np.arange(size)
    disk = row % 4 == 3
    time = np.datetime64("2012-01-01", "ns") + (row // 4) * np.timedelta64(6, "h") + np.timedelta64(later, "D")
    # a region is seen for ten days
    region = np.where(disk, -1, 1000 * later + row % 4 + 4 * (row // 160))
    own = np.random.default_rng(seed + 1).normal(0, 0.03, region.max() + 2)[region]
    area = 10 ** random.uniform(1.5, 3, size)
    probability = 10 ** random.uniform(-3, -0.3, (size, 1, 1)) * np.array([[1.0], [0.1], [0.01]])
    evidence = {
        name: level
        * np.exp(own + random.normal(0, 0.05, size))
        * (area / 100 if name in ("usflux", "totusjz", "totpot") else 1)
        for name, level in KEYWORDS.items()
    }
    status = np.full(size, "ISSUED", object)
    status[0] = "NO_FORECAST"
    return batch(
        np.repeat(probability, 3, axis=2),
        entity=np.where(disk, "full_disk", "region").tolist(),
        when=time.astype("datetime64[us]").astype(str).tolist(),
        status=status.tolist(),
        harpnum=region,
        noaa_ar=np.full(size, -1),
        area_acr=area,
        meanshr=random.normal(30, 5, size),
        latitude=random.uniform(-30, 30, size),
        longitude=random.uniform(-70, 70, size),
        srs_area=np.where(row % 5 == 0, np.nan, area),
        flares_24h=random.poisson(1.0, size).astype(float),
        history_events=random.poisson(3.0, size).astype(float),
        probability_regression=(("forecast", "threshold", "window"), np.repeat(probability, 3, axis=2) * 0.9),
        **evidence,
    )


def outcomes(parts):
    """Samples of the same slots, without a flare."""
    joined = xr.concat(
        [part[["entity", "harpnum", "noaa_ar", "window_start", "issue_time"]] for part in parts], "forecast"
    )
    samples = joined.rename(forecast="sample")
    event = np.zeros((samples.sizes["sample"], 3, 3))
    samples = samples.assign(event=(("sample", "threshold", "window"), event))
    attributes = {"classes": "cumulative", "windows": "nested", "goes_scale": "operational"}
    return describe(
        samples.assign_coords(threshold=parts[0]["threshold"], window=parts[0]["window"]).assign_attrs(attributes)
    )
