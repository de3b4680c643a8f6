"""Small files of every source, as their makers write them; a new source brings its own in its test module."""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5netcdf
import numpy as np

from .images import HEADERS, write_esp, write_example

SHARP_HEADER = "HARPNUM,T_REC,NOAA_AR,NOAA_ARS,LAT_FWT,LON_FWT,QUALITY,USFLUX,MEANGAM,TOTPOT,R_VALUE"
SHARP_ROWS = (
    "377,2011.02.15_02:00:00_TAI,11158,11158,-20.2,12.8,0x00000000,2.71476e+22,59.699,8.838948e+23,4.9",
    "377,2011.02.15_02:12:00_TAI,11158,11158,-20.2,12.9,0x00000400,2.7e+22,59.7,8.8e+23,nan",
)
SWPC_HEADER = ",start_time,peak_time,end_time,label,noaa_ar,obs,cls"
SWPC_ROWS = (
    "0,2011-02-15 01:44:00,2011-02-15 01:56:00,2011-02-15 02:06:00,X2.2,11158,G15,X",
    "1,2011/02/15 04:27,2011-02-15 04:32:00,2011/02/15 04:37,C4.8,0,G15,C",
)
HEK_HEADER = "event_starttime,event_peaktime,event_endtime,fl_goescls,ar_noaanum,hgs_x,hgs_y,obs_observatory,frm_name"
HEK_ROWS = (
    "2011-02-15T01:44:00.000,2011-02-15T01:56:00.000,2011-02-15T02:06:00.000,X2.2,11158,12.0,-20.0,GOES,SWPC",
    "2011-02-15T04:27:00.000,2011-02-15T04:32:00.000,2011-02-15T04:37:00.000,C4.8,0,0,0,GOES,SWPC",
)
NGDC_LINES = (
    "31777140101  0721 0729 0726 S12W47                         C 32    G15  1.0E-03 11940 131228.7",
    "31777140101  2340 0003 ////                                M 99    G15  8.2E-02               ",
)
SRS_TEXT = """:Product: 0607SRS.txt
:Issued: 2011 Jun 07 0030 UTC
# Prepared jointly by the U.S. Dept. of Commerce, NOAA,
Joint USAF/NOAA Solar Region Summary
SRS Number 158 Issued at 0030Z on 07 Jun 2011
Report compiled from data received at SWO on 06 Jun
I.  Regions with Sunspots.  Locations Valid at 06/2400Z
Nmbr Location  Lo  Area  Z   LL   NN Mag Type
1226 S22W52   036  0080 Dao  10   08 Beta
1227 S21E35   019  0030 Hsx  02    Alpha
IA. H-alpha Plages without Spots.  Locations Valid at 06/2400Z Jun
Nmbr  Location  Lo
1225  N17W77   061
II. Regions Due to Return 07 Jun to 09 Jun
Nmbr Lat    Lo
1221 S18    253
"""

MEANINGS_IRRAD = (
    "good_data calibration off_pointed eclipsed_by_earth eclipsed_by_moon eclipsed_by_unknown temperature_recovery "
    "spike unknown_bad_data saturated gain_state_change"
)
MASKS_IRRAD = (1023, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
MEANINGS_AVG1M = (
    "good_data eclipse bad_data e_contam_significant e_correction_valid e_correction_invalid e_correction_interp "
    "e_correction_decay"
)
MASKS_AVG1M, VALUES_AVG1M = (3, 1, 2, 4, 8, 8, 48, 48), (0, 1, 2, 4, 0, 8, 16, 32)


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def write_xrs(
    path: Path,
    *,
    day: str = "2014-01-28",
    epoch: str = "1970-01-01 00:00:00.0 UTC",
    names: tuple[str, str] = ("{}_flux", "{}_flags"),
    flux: tuple[float, ...] = (1e-6, 2e-6, -99999.0, 3e-6),
    words: tuple[int, ...] = (0, 64, 0, 65535),
    meanings: str = MEANINGS_IRRAD,
    masks: tuple[int, ...] = MASKS_IRRAD,
    values: tuple[int, ...] | None = None,
    units: str = "W/m2",
    attrs: dict[str, object] | None = None,
    times: tuple[float, ...] | None = None,
) -> Path:
    """A file like NCEI's: 2-s fluxes of GOES 13-15 unless told otherwise; A is a tenth of B."""
    path.parent.mkdir(parents=True, exist_ok=True)
    start = (np.datetime64(day, "ms") - np.datetime64(epoch[:19].replace(" ", "T"), "ms")).astype(float) / 1e3
    seconds = start + np.asarray(times if times is not None else np.arange(len(flux)) * 2.0)
    summary = "The X-ray flux product consists of reprocessed science-quality high-resolution X-ray solar measurements."
    with h5netcdf.File(path, "w") as file:
        file.attrs.update({"summary": summary, "platform": " "} if attrs is None else attrs)
        file.dimensions = {"time": len(flux)}
        time = file.create_variable("time", ("time",), float, data=seconds)
        time.attrs.update({"units": f"seconds since {epoch}"})
        for channel, factor in (("a", 0.1), ("b", 1.0)):
            numbers = np.where(np.asarray(flux) == -99999.0, -99999.0, np.asarray(flux) * factor)
            fluxes = file.create_variable(names[0].format(channel), ("time",), "f4", data=numbers)
            fluxes.attrs.update({"units": units, "_FillValue": np.float32(-99999.0)})
            word = file.create_variable(names[1].format(channel), ("time",), "u2", data=np.asarray(words))
            word.attrs.update(
                {"flag_masks": np.array(masks, "u2"), "flag_meanings": meanings, "_FillValue": np.uint16(65535)}
            )
            word.attrs["flag_values"] = np.array(values or (0, *masks[1:]), "u2")
    return path


def write_avg1m(path: Path, **options: object) -> Path:
    """One-minute averages of GOES-R, whose weak A channel is drowned by electrons in the second minute."""
    defaults: dict[str, object] = {
        "day": "2021-01-01",
        "epoch": "2000-01-01 12:00:00",
        "names": ("xrs{}_flux", "xrs{}_flag"),
        "flux": (1e-6, 2e-6, 3e-6),
        "words": (0, 4, 2),
        "meanings": MEANINGS_AVG1M,
        "masks": MASKS_AVG1M,
        "values": VALUES_AVG1M,
        "attrs": {"platform": "g16", "id": "sci_xrsf-l2-avg1m_g16_d20210101_v2-1-0.nc"},
        "times": (0.0, 60.0, 120.0),
    }
    return write_xrs(path, **{**defaults, **options})  # type: ignore[arg-type]


EXAMPLES: dict[str, Callable[[Path], Path]] = {
    "sharp": lambda root: write(root / "sharp/377.csv", SHARP_HEADER, *SHARP_ROWS),
    "harp_noaa": lambda root: write(root / "harp_noaa/all.txt", "HARPNUM NOAA_ARS", "377 11158", "13299 14100,14101"),
    "goes_xrs": lambda root: write_xrs(root / "goes_xrs/sci_gxrs-l2-irrad_g15_d20140128_v0-0-0.nc"),
    "flares_swpc": lambda root: write(root / "flares_swpc/list.csv", SWPC_HEADER, *SWPC_ROWS),
    "flares_ngdc": lambda root: write(root / "flares_ngdc/goes_xrs_report_2014.txt", *NGDC_LINES),
    "flares_hek": lambda root: write(root / "flares_hek/hek.csv", HEK_HEADER, *HEK_ROWS),
    "eve_esp": lambda root: write_esp(root / "eve_esp/esp_L1_2011046_006.fit"),
    "srs": lambda root: write(root / "srs/20110607SRS.txt", SRS_TEXT),
}
EXAMPLES |= {name: partial(write_example, name=name) for name in HEADERS}


def example_of(name: str) -> Callable[[Path], Path]:
    """Writer of a small file of one source: listed above, or ``example(root)`` in the source's own test module."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    module = importlib.import_module(f"{__package__}.test_{name}")
    return module.example  # type: ignore[no-any-return]
