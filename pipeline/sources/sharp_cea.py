"""SHARP CEA vector patches (``hmi.sharp_cea_720s``): one file a segment, all segments of a record together.

JSOC names the segment in the file's name only. Br points outward, Bt southward and Bp westward; SHARPs write Mx cm-2,
which are gauss because the filling factor is one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.frames import Frame, Geometry
from sunproof.pipeline.sources.headers import facts_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource
from sunproof.pipeline.sources.sdo import header_facts, sdo_observer, utc_of, word_of
from sunproof.pipeline.sources.sdo_quality import HMI_VECTOR_QUALITY

if TYPE_CHECKING:
    import xarray as xr

    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE", "read_patch"]

_FIELDS = {"Br": "field_radial", "Bt": "field_theta", "Bp": "field_phi"}
_NOTED = ("HARPNUM", "NOAA_AR", "NOAA_ARS", "CRVAL1", "CRVAL2", "CDELT1", "CRLN_OBS", "CRLT_OBS", "CODEVER7")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    if (unit := str(header.get("BUNIT", "")).strip()) not in ("Mx/cm^2", "Gauss"):
        problems.add("no field strength", "BUNIT", unit, "Mx/cm^2")
    tai = time_of(header.get("T_REC"), "T_REC", problems, "TAI")
    verdict = word_of(header, HMI_VECTOR_QUALITY, "sharp_cea", settings, problems)
    harpnum = int(number(header, "HARPNUM", problems, -1.0))
    scale = [number(header, f"CDELT{axis}", problems) for axis in (1, 2)]
    # FITS counts from 1 at a pixel's centre, a geometry from 0 at its edge.
    centre = [number(header, f"CRPIX{axis}", problems) - 0.5 for axis in (1, 2)]
    place = [number(header, f"CRVAL{axis}", problems) for axis in (1, 2)]
    radius = number(header, "RSUN_OBS", problems)
    time = utc_of(tai)
    observer = sdo_observer(header, time, problems)
    problems.check()
    segment = _segment(problems.where)
    return Frame(
        image.data,
        _FIELDS[segment],
        f"sharp_{segment.lower()}",
        time,
        Geometry(scale[0], 0.0, -scale[0] * centre[0], 0.0, scale[1], -scale[1] * centre[1]),
        observer,
        radius,
        t_tai=tai,
        quality=verdict.word,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        projection="carrington_cea",
        keys={"harpnum": harpnum, "latitude": place[1], "carrington_longitude": place[0] % 360},
        facts=header_facts(header) | facts_of(header, *_NOTED) | {"time_is": "T_REC, the record's slot"},
    )


def _segment(path: str) -> str:
    found = re.search(r"\.(Br|Bt|Bp)\.fits", path)
    return found[1] if found else ""


def read_patch(path: Path) -> xr.Dataset:
    """Read the three components of one record.

    Parameters
    ----------
    path : Path
        File of any of the components; the others lie beside it.

    Returns
    -------
    xarray.Dataset
        As `ImageSource.read`, with ``field_radial``, ``field_theta`` and ``field_phi``.

    Raises
    ------
    InputError
        If a component is missing, or the files are not of one record and shape.
    """
    path, own = Path(path), _segment(str(path))
    problems = ProblemList(str(path))
    paths = {segment: path.with_name(path.name.replace(f".{own}.", f".{segment}.")) for segment in _FIELDS}
    for segment, place in paths.items():
        if not own or not place.is_file():
            problems.add("component is missing", segment, place.name, "a file beside the others", "Fetch it.")
    problems.check()
    parts = [SOURCE.read(place) for place in paths.values()]
    for name, part in zip(_FIELDS, parts, strict=True):
        same = part.sizes == parts[0].sizes and (part.time.values == parts[0].time.values).all()
        if not same or (part.harpnum.values != parts[0].harpnum.values).any():
            got = (dict(part.sizes), str(part.time.values[0]), int(part.harpnum.values[0]))
            problems.add("components are not of one record", name, got, f"as {next(iter(_FIELDS))}")
    problems.check()
    merged = parts[0].assign({name: part[name] for part, name in zip(parts, _FIELDS.values(), strict=True)})
    return merged.assign_attrs(group="sharp_cea")


SOURCE = ImageSource(
    "sharp_cea",
    tuple(f"sharp_cea/**/*.{segment}.fits" for segment in _FIELDS),
    {"TELESCOP": "SDO/HMI", "CTYPE1": "CRLN-CEA", "HARPNUM": r"\d+"},
    _interpret,
    keys=("harpnum", "time"),
)
