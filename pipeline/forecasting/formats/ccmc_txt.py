"""CCMC Flare Scoreboard text files: header lines, a full-disk line, region lines with nine numbers each.

Format as described in the scoreboard's planning material: probabilities as fractions, missing is -1, the header
``Probability Bins`` says whether M means M1.0-9.9 (``M``) or M and above (``M+``); leading # are optional in the wild.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.forecasting.formats.base import (
    Bin,
    Entry,
    Submission,
    day_of,
    parse_number,
    parse_place,
    parse_time,
    write_place,
    write_time,
)

__all__ = ["FORMAT"]

_LETTERS = ("X", "M", "C")
_HEADERS = {
    "forecasting method": "method",
    "issue time": "issue",
    "prediction window start time": "start",
    "prediction window end time": "end",
    "probability bins": "bins",
    "input data": "input_data",
}


class _CcmcTxt:
    suffix = ".txt"

    def recognises(self, text: str) -> bool:
        return "forecasting method:" in text[:2000].lower()

    def read(self, text: str, where: str) -> list[Submission]:
        problems = ProblemList(where)
        header: dict[str, str] = {}
        entries: list[Entry] = []
        section = ""
        for number, line in enumerate(text.splitlines(), 1):
            clean = line.strip().lstrip("#").strip()
            key, colon, value = clean.partition(":")
            if colon and key.strip().lower() in _HEADERS:
                header[_HEADERS[key.strip().lower()]] = value.strip()
            elif "forecast" in clean.lower() and not colon:
                section = "region" if "region" in clean.lower() else "full_disk"
            # Column heads and comments between the tables hold words that no forecast has.
            elif clean and section and not line.lstrip().startswith("#") and "prob" not in clean.lower():
                entries.append(_entry(clean.split(), section, _cumulative(header), f"line {number}", problems))
        for name in ("method", "issue", "start", "end"):
            if name not in header:
                problems.add(
                    "header line is missing", name, sorted(header), "a line such as 'Issue Time: 2024-05-10T12:05Z'"
                )
        issue, start, end = (
            parse_time(header.get(name), f"header {name}", problems) for name in ("issue", "start", "end")
        )
        problems.check()
        facts = {"input_data": header["input_data"]} if "input_data" in header else {}
        return [Submission(header["method"], issue, start, end, tuple(entries), facts)]

    def write(self, submissions: Sequence[Submission]) -> dict[str, str]:
        # The name has no room for the window; where one issue time has several, the day keeps them apart.
        issues = Counter((item.method, item.issue_time) for item in submissions)
        alone = {key for key, number in issues.items() if number == 1}
        files = {}
        for item in submissions:
            day = "" if (item.method, item.issue_time) in alone else f"_day{day_of(item, submissions)}"
            files[_name(item, day)] = _text(item)
        return files


def _cumulative(header: dict[str, str]) -> bool:
    return "+" in header.get("bins", "")


def _entry(words: list[str], section: str, cumulative: bool, place: str, problems: ProblemList) -> Entry:
    region = words[:4] if section == "region" else []
    numbers = words[len(region) :]
    if len(numbers) not in (3, 6, 9):
        problems.add("wrong number of columns", place, len(words), "probability, uncertainty and level of X, M and C")
        return Entry(section, ())
    # Services leave out the level, or uncertainty and level, of every class alike.
    step = len(numbers) // 3
    bins = []
    for index, letter in enumerate(_LETTERS):
        group = numbers[index * step : (index + 1) * step]
        values = [parse_number(group[column], f"{place}, {letter}", problems) for column in range(min(step, 2))]
        uncertainty = values[1] if len(values) > 1 else math.nan
        level = int(group[2]) if step == 3 and group[2].isdigit() else -1
        # Nothing is above X: its bin is cumulative whatever the header says of M.
        bins.append(Bin(letter + "+" * (cumulative or letter == "X"), values[0], uncertainty, level=level))
    if not region:
        return Entry(section, tuple(bins))
    latitude, longitude = parse_place(region[2], place, problems)
    return Entry(section, tuple(bins), int(region[3]) if region[3].isdigit() else -1, -1, latitude, longitude)


def _name(item: Submission, day: str) -> str:
    stamp = write_time(item.issue_time).replace("-", "").replace(":", "").replace("T", "_")[:-1]
    return f"Flare_Forecast_{item.method}_{stamp}{day}.txt"


def _numbers(bins: Sequence[Bin]) -> str:
    by_letter = {item.name[0]: item for item in bins}
    words = []
    for letter in _LETTERS:
        item = by_letter.get(letter, Bin(letter, math.nan))
        words += [_number(item.probability), _number(item.uncertainty), str(item.level)]
    return " ".join(words)


def _number(value: float) -> str:
    return "-1" if math.isnan(value) else f"{value:.4f}"


def _text(item: Submission) -> str:
    cumulative = any(bin.name in ("C+", "M+") for entry in item.entries for bin in entry.bins)
    # Windows are in nanoseconds, 3.6e12 to the hour.
    hours = (item.end - item.start) / 3.6e12
    columns = "X_prob X_uncert X_level M_prob M_uncert M_level C_prob C_uncert C_level"
    lines = [
        "#File name format: Flare_Forecast_modelname_yyyymmdd_hhmm.txt",
        f"Forecasting method: {item.method}",
        f"Issue Time: {write_time(item.issue_time)}",
        f"Prediction Window Start Time: {write_time(item.start)}",
        f"Prediction Window End Time: {write_time(item.end)}",
        f"Probability Bins: {'M+' if cumulative else 'M'}",
        f"Input data: {item.facts.get('input_data', '')}",
        f"Prediction window (hours): {float(hours):g}",
        "#Full Disk Forecast",
        columns,
        *[_numbers(entry.bins) for entry in item.entries if entry.entity == "full_disk"],
        "#Region Forecast",
        f"#Num Time Location NOAA_AR {columns}",
    ]
    regions = [entry for entry in item.entries if entry.entity == "region"]
    for number, entry in enumerate(regions, 1):
        place = write_place(entry.latitude, entry.longitude)
        name = str(entry.noaa_ar) if entry.noaa_ar > 0 else "----"
        lines.append(f"{number:2d} {write_time(item.start)} {place} {name} {_numbers(entry.bins)}")
    return "\n".join(lines) + "\n"


FORMAT = _CcmcTxt()
