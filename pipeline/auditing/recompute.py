"""The forecast again, from its certificate: same archive, same model, same region and time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.training.shelf import bundle_folder

__all__ = ["recompute", "show"]

# A forecast made again from its certificate agrees to this in logit: float32 sums may be ordered differently.
_AGREEMENT = 1e-5


def recompute(certificate: dict[str, Any], archive: str | Path, bundle: str | Path) -> NDArray[np.float64]:
    """Compute the probabilities of a certified forecast again.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.
    archive, bundle : str or Path
        What it was made from; their digests must be those of the certificate.

    Returns
    -------
    ndarray, shape (threshold, window)
        Probabilities.

    Raises
    ------
    InputError
        If archive or bundle are not those of the certificate, or if it is none of a region's issued forecast.
    """
    # torch takes seconds to import, and reading certificates needs none of it
    from sunproof.pipeline.forecasting.predict import predict
    from sunproof.pipeline.samples.features import build
    from sunproof.pipeline.training.bundle import load_bundle

    _check(certificate, archive, bundle)
    model = load_bundle(bundle)
    inputs = build(archive, _slot(certificate), model.inputs)
    model.check_features(inputs.names, str(archive))
    process = predict(model, inputs, 1)
    intensity = np.exp(process.log_intensity(model.ensemble.fluxes.double()).numpy())
    return np.asarray(-np.expm1(-intensity[0]), dtype=np.float64)


def _check(certificate: dict[str, Any], archive: str | Path, bundle: str | Path) -> None:
    problems = ProblemList(f"certificate {certificate['seq']}", InputError)
    held = certificate["facts"]["inputs"]
    for name, path in (("archive", archive), ("bundle", bundle_folder(bundle))):
        wanted = held.get(f"forecasts.{name}", held.get(name))
        got = digest_tree(path)
        if wanted is None:
            problems.add("does not say what it was made from", name, None, "a digest")
        elif got != wanted:
            problems.add("not what the forecast was made from", str(path), got, wanted)
    if certificate["key"]["entity"] != "region" or certificate["status"] != "ISSUED":
        got = f"{certificate['key']['entity']}, {certificate['status']}"
        problems.add("only a region's issued forecast is one run of the model", "key", got, "region, ISSUED")
    problems.check()


def _slot(certificate: dict[str, Any]) -> xr.Dataset:
    key, times = certificate["key"], certificate["times"]
    texts = {name: np.array([key[name]], dtype=object) for name in ("entity", "noaa_ars") if name in key}
    numbers = {name: np.array([key[name]]) for name in ("harpnum", "noaa_ar")}
    moments = {name: np.array([text.removesuffix("Z")], "datetime64[ns]") for name, text in times.items()}
    columns: dict[str, NDArray[Any]] = texts | numbers | moments
    return xr.Dataset({name: ("forecast", values) for name, values in columns.items()})


def show(path: str, seq: str, archive: str, bundle: str) -> int:
    """Compute one certified forecast again for the command line: 0 if it agrees to 1e-5 in logit, 1 if not.

    Raises
    ------
    InputError
        See `recompute`, and if ``seq`` is no number.
    """
    if not seq.isdigit():
        raise InputError(Problem("not the number of a certificate", str(path), seq, "a whole number from 1"))
    certificate = open_certificate(path, int(seq))
    issued, again = np.array(certificate["probability"]), recompute(certificate, archive, bundle)
    difference = float(np.abs(np.log(issued / (1 - issued)) - np.log(again / (1 - again))).max())
    say(f"certificate {seq}: largest difference {difference:.1e} in logit, over {issued.size} probabilities")
    return int(not difference <= _AGREEMENT)
