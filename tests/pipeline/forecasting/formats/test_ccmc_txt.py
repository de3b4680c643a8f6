import math

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.formats.ccmc_txt import FORMAT

PLAIN = """Forecasting method: ASSA_1
Issue Time: 2024-05-10T12:05Z
Prediction Window Start Time: 2024-05-10T12:00Z
Prediction Window End Time: 2024-05-11T12:00Z
Probability Bins: M
Full Disk Forecast
X_prob M_prob C_prob
0.1 0.2 -1
Region Forecast
1 2024-05-10T12:00Z N26W08 ---- 0.01 0.02 0.03
"""


def test_headers_without_number_signs_and_three_columns_are_read():
    (found,) = FORMAT.read(PLAIN, "file")
    full, region = found.entries
    assert {bin.name: bin.probability for bin in full.bins[:2]} == {"X+": 0.1, "M": 0.2}
    assert math.isnan(full.bins[2].probability)
    assert (region.noaa_ar, region.latitude, region.longitude) == (-1, 26, 8)


def test_missing_header_lines_are_all_named():
    with pytest.raises(InputError, match=r"(?s)file: issue: header line is missing.*file: end: header line is missing"):
        FORMAT.read("Forecasting method: A\nPrediction Window Start Time: 2024-05-10T12:00Z\n", "file")


def test_the_file_is_named_by_method_and_issue_time():
    (found,) = FORMAT.read(PLAIN, "file")
    assert list(FORMAT.write([found])) == ["Flare_Forecast_ASSA_1_20240510_1205.txt"]
