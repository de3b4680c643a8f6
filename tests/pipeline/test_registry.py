import pytest

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.registry import members, pick


def test_members_are_the_modules_of_the_folder_that_offer_the_name():
    sources = members("sunproof.pipeline.sources", "SOURCE")
    assert {"sharp", "srs", "flares_swpc"} <= set(sources)
    assert "base" not in sources
    assert list(sources) == sorted(sources)


def test_a_wrong_name_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"got 'shrap'; wanted one of .*sharp"):
        pick("sunproof.pipeline.sources", "SOURCE", "shrap")
