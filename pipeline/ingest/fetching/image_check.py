"""Whether an image that arrived is one, whole and with its own checksum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fetching.attempts import Transient

__all__ = ["check_image"]


def check_image(path: Path, url: str) -> None:
    """Decode a FITS image, as its source will.

    Raises
    ------
    Transient
        If it is cut, damaged or no image: the next attempt may bring it whole.
    """
    from sunproof.pipeline.ingest.fits_image import read_fits_image

    try:
        read_fits_image(path)
    except InputError as error:
        raise Transient(replace(error.problems[0], where=url)) from error
