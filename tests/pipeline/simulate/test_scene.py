from datetime import datetime

import numpy as np
import pytest

from sunproof.pipeline.simulate.config import SatelliteConfig, SimulateConfig, SunConfig
from sunproof.pipeline.simulate.scene import build_scene


@pytest.fixture(scope="module")
def change():
    """A Sun under which GOES-16 takes over from GOES-15 after four days."""
    return build_scene(
        SimulateConfig(
            sun=SunConfig(start=datetime(2019, 12, 5), days=8, regions_per_day=0.5),
            satellites=(
                SatelliteConfig(number=15, primary_from=datetime(2010, 1, 1)),
                SatelliteConfig(number=16, primary_from=datetime(2019, 12, 9)),
            ),
        )
    )


def test_the_primary_satellite_changes_when_it_is_told(change):
    assert change.primary(np.array([0.0, 95.9, 96.0, 100.0])).tolist() == [15, 15, 16, 16]


def test_the_list_is_scaled_until_goes_16(change):
    assert change.list_scale(np.array([0.0, 100.0])).tolist() == [0.70, 1.0]


def test_a_start_without_a_primary_satellite_is_refused():
    with pytest.raises(ValueError, match=r"no satellite is primary at the start \(2013-07-01"):
        SimulateConfig(satellites=(SatelliteConfig(number=13),))


def test_a_satellite_named_twice_is_refused():
    twice = SatelliteConfig(number=15, primary_from=datetime(2010, 1, 1))
    with pytest.raises(ValueError, match=r"named twice \(\[15, 15\]\)"):
        SimulateConfig(satellites=(twice, twice))


def test_a_start_with_a_zone_is_refused():
    with pytest.raises(ValueError, match="UTC and written without a zone"):
        SunConfig.model_validate({"start": "2014-01-01T00:00:00+02:00"})
