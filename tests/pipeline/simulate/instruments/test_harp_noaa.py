from sunproof.pipeline.simulate.instruments.harp_noaa import INSTRUMENT
from sunproof.pipeline.sources.harp_noaa import SOURCE


def test_the_list_holds_every_numbered_patch_and_no_other(scene, tmp_path):
    (path,) = INSTRUMENT.observe(scene, tmp_path)
    found = SOURCE.read(path)
    numbered = scene.passages.noaa_ar > 0
    assert 0 < numbered.sum() < len(numbered)
    assert found["harpnum"].values.tolist() == scene.passages.harpnum[numbered].tolist()
    assert found["noaa_ar"].values.tolist() == scene.passages.noaa_ar[numbered].tolist()
