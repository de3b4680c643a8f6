"""Which NOAA number is shown for a HARP that holds several regions."""

from __future__ import annotations

from typing import Any

import xarray as xr

__all__ = ["number_of_certificate", "number_of_row"]


def number_of_certificate(certificate: dict[str, Any]) -> int:
    """Choose the number shown for a certificate.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    int
        The region whose summary stands in the evidence, if the HARP holds it; else the key's number; -1 for none.
    """
    key, summary = certificate["key"], certificate["evidence"].get("summary_region")
    return _shown(key["noaa_ar"], key.get("noaa_ars") or "", -1 if summary is None else int(summary))


def number_of_row(forecasts: xr.Dataset, row: int) -> int:
    """Choose the number shown for one forecast of a batch.

    Parameters
    ----------
    forecasts : xarray.Dataset
        Dim ``forecast``, with ``noaa_ar``, and ``noaa_ars`` and ``summary_region`` where they are known.
    row : int

    Returns
    -------
    int
        As `number_of_certificate`.
    """
    listed = str(forecasts["noaa_ars"].values[row]) if "noaa_ars" in forecasts else ""
    summary = int(forecasts["summary_region"].values[row]) if "summary_region" in forecasts else -1
    return _shown(int(forecasts["noaa_ar"].values[row]), listed, summary)


def _shown(noaa_ar: int, noaa_ars: str, summary_region: int) -> int:
    # the key has the lowest number of the HARP's life: a region that may be long gone, or not have come yet
    listed = {text.strip() for text in noaa_ars.split(",")}
    return summary_region if str(summary_region) in listed else noaa_ar
