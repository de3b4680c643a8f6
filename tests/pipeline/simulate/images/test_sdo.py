import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.simulate.images.sdo import sdo_cards
from sunproof.pipeline.simulate.images.spacecraft import observer_of
from sunproof.pipeline.sources.sdo import sdo_observer


def test_the_reader_finds_sdo_where_it_is():
    time, problems = np.datetime64("2014-03-10T06:00", "ns"), ProblemList("header")
    cards = sdo_cards(time)
    found = sdo_observer(fits.Header(list(cards.items())), time, problems)
    assert tuple(found) == pytest.approx(tuple(observer_of("sdo", time)), abs=1e-9)
    # Its radius in March is between that of January (978) and of July (945).
    assert cards["RSUN_OBS"] == pytest.approx(966.8, abs=0.5)
