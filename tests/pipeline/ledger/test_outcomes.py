import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.outcomes import record_outcomes
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.receipts import digest_file


@pytest.fixture
def samples(house, written):
    """Labels of five of the six slots: the first one's are not known yet."""
    forecasts = written[2]
    start = forecasts["window_start"].values[:5]
    event = np.zeros((5, 3, 3))
    event[:, 0] = 1
    event[0] = np.nan
    cube = ("sample", "threshold", "window")
    dataset = xr.Dataset(
        {
            "event": (cube, event),
            "largest_flux": (("sample", "window"), np.full((5, 3), 3.2e-6)),
            "entity": ("sample", np.array(["region"] * 5, object)),
            "harpnum": ("sample", np.full(5, 4698)),
            "noaa_ar": ("sample", np.full(5, 12192)),
            "block": ("sample", np.array(["test"] * 5, object)),
            **{name: ("sample", start) for name in ("issue_time", "data_cutoff", "window_start")},
        },
        {"threshold": np.array(["C1.0", "M1.0", "X1.0"], object), "window": [24.0, 48.0, 72.0]},
        {"catalogue": "flares_swpc"},
    )
    path = house.root / "samples.nc"
    dataset.to_netcdf(path, engine="h5netcdf")
    return path


def test_what_came_true_is_entered_with_source_and_scores(house, samples, written):
    with Ledger(house.path) as ledger:
        counts = record_outcomes(ledger, house.certificates, samples, house.service)
        assert counts == {"recorded": 4, "known": 0, "open": 1, "no row": 1}
        entry = ledger.records("outcome")[0]
        assert verify_ledger(ledger).problems == []
    assert entry["number"] == 2
    assert entry["source"] == {"digest": digest_file(samples), "catalogue": "flares_swpc"}
    assert entry["largest"] == ["C3.2"] * 3
    p = float(written[2]["probability"].values[1, 0, 0])
    assert float(entry["brier"][0][0]) == pytest.approx((1 - p) ** 2)
    assert float(entry["log_score"][0][0]) == pytest.approx(-np.log(p))


def test_a_simulated_sun_tells_nothing_of_what_came_true(house, samples, tmp_path):
    with xr.load_dataset(samples, engine="h5netcdf") as labels:
        labels.assign_attrs(simulated=1).to_netcdf(tmp_path / "simulated.nc", engine="h5netcdf")
    with Ledger(house.path) as ledger:
        before = len(ledger.records("outcome"))
        with pytest.raises(InputError, match=r"labels of two Suns; .*simulated\.nc': 'simulated'\}; wanted one Sun"):
            record_outcomes(ledger, house.certificates, tmp_path / "simulated.nc", house.service)
        assert len(ledger.records("outcome")) == before


def test_outcomes_are_entered_once(house, samples, capsys):
    key = str(house.root / "keys" / "service")
    arguments = ["ledger", "outcomes", str(house.path), str(house.certificates), str(samples), key]
    assert main(arguments) == 0
    assert main(arguments) == 0
    assert (
        "outcomes of 6 certificates: 0 entered, 4 entered before, 1 not known yet, 1 not in the samples"
        in capsys.readouterr().err
    )
