import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.formats.ccmc_xml import FORMAT

MESSAGE = """<message><forecast><method>A_1</method><issuetime>2024-05-10T12:05:00Z</issuetime>
<predictionwindow><starttime>2024-05-10T12:00Z</starttime><endtime>2024-05-11T12:00Z</endtime></predictionwindow>
<group><forecasttype>Full Disk</forecasttype>
<entry><fluxbin name="M"/><probability><value>0.3</value><value_lower>0.2</value_lower></probability>
<level>2</level></entry>
</group></forecast></message>"""


def test_bounds_and_levels_are_read_and_absent_classes_stay_absent():
    (found,) = FORMAT.read(MESSAGE, "file")
    (entry,) = found.entries
    (bin,) = entry.bins
    assert (bin.name, bin.probability, bin.low, bin.level) == ("M", 0.3, 0.2, 2)


def test_an_unknown_bin_is_named():
    with pytest.raises(InputError, match="unknown flux bin; got 'Q'"):
        FORMAT.read(MESSAGE.replace('"M"', '"Q"'), "file")


def test_a_message_without_forecasts_is_no_submission():
    with pytest.raises(InputError, match=r"no <forecast> element; got 'html'"):
        FORMAT.read("<html></html>", "file")
