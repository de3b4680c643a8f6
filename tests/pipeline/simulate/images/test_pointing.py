import pytest
from astropy.io import fits

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.sources.headers import geometry_of


@pytest.mark.parametrize("matrix", [False, True])
@pytest.mark.parametrize("roll", [0.0, 179.93, -2.4])
def test_the_keywords_say_what_the_view_does(matrix, roll):
    pointing = Pointing.of(2065.2, 256, roll, (4.0, -9.0))
    problems = ProblemList("header")
    told = geometry_of(fits.Header(list(pointing.cards(matrix=matrix).items())), problems)
    problems.check()
    assert tuple(told) == pytest.approx(tuple(pointing.view(Observer(0.0, 0.0, 1.0)).geometry), abs=1e-9)


def test_the_offset_is_where_the_disk_s_centre_falls():
    pointing = Pointing.of(1000.0, 100, offset=(30.0, -20.0))
    assert pointing.centre == (53.5, 48.5)
    back = pointing.view(Observer(0.0, 0.0, 1.0)).geometry.inverse()
    assert (back.x0, back.y0) == pytest.approx((53.0, 48.0))
