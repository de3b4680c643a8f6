import shutil

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.sharp_cea import SOURCE, read_patch

from .images import NAMES, write_example, write_image

BR = NAMES["sharp_cea"]


def record(tmp_path, segments=("Br", "Bt", "Bp"), **changes):
    for segment in segments:
        path = tmp_path / "sharp_cea" / BR.replace(".Br.", f".{segment}.")
        write_image(path, "hmi_cea_sharp_magnetogram.header", **changes)
    return tmp_path / "sharp_cea" / BR


def test_components_are_named_by_their_file(tmp_path):
    path = record(tmp_path)
    groups = {SOURCE.frame(found).group: SOURCE.frame(found).quantity for found in SOURCE.find(tmp_path)}
    assert groups == {"sharp_br": "field_radial", "sharp_bt": "field_theta", "sharp_bp": "field_phi"}
    frame = SOURCE.frame(path)
    assert frame.keys == pytest.approx({"harpnum": 11465, "latitude": 5.34054995, "carrington_longitude": 332.6076469})
    assert frame.t_tai == np.datetime64("2024-06-28T00:00:00", "ns")
    assert frame.time == np.datetime64("2024-06-27T23:59:23", "ns")
    assert frame.projection == "carrington_cea"


def test_plane_is_in_degrees_from_the_patch_centre(tmp_path):
    geometry = SOURCE.frame(record(tmp_path)).geometry
    assert geometry.xx == pytest.approx(0.03)
    # CRPIX1 = 345 counts centres from one.
    assert geometry.inverse().x0 == pytest.approx(344.5)


def test_record_comes_together(tmp_path):
    path = record(tmp_path)
    patch = read_patch(path)
    assert {"field_radial", "field_theta", "field_phi"} <= set(patch.data_vars)
    assert patch.attrs["group"] == "sharp_cea"
    assert read_patch(path.with_name(path.name.replace(".Br.", ".Bp."))).sizes == patch.sizes


def test_missing_component_is_named(tmp_path):
    with pytest.raises(InputError, match=r"Bp: component is missing; got 'hmi\.sharp_cea_720s.*\.Bp\.fits'"):
        read_patch(record(tmp_path, ("Br", "Bt")))


def test_components_of_two_records_are_refused(tmp_path):
    path = record(tmp_path)
    other = path.with_name(path.name.replace(".Br.", ".Bt."))
    write_image(other, "hmi_cea_sharp_magnetogram.header", HARPNUM=377)
    with pytest.raises(InputError, match=r"Bt: components are not of one record; got .*377"):
        read_patch(path)


def test_eclipse_bit_is_that_of_vector_series(tmp_path):
    assert SOURCE.frame(write_example(tmp_path, "sharp_cea", QUALITY=0x200)).rejected_for == ("eclipse",)
    assert SOURCE.frame(write_example(tmp_path, "sharp_cea", QUALITY=0x100)).accepted


def test_what_is_no_field_is_refused(tmp_path):
    with pytest.raises(InputError, match="BUNIT: no field strength; got 'cm/s'"):
        SOURCE.frame(write_example(tmp_path, "sharp_cea", BUNIT="cm/s"))


@pytest.mark.data
def test_real_record_of_ar_11158_is_read_whole(data_root, tmp_path):
    source = data_root / "vector_magnetograms" / "files"
    for segment in ("Br", "Bt", "Bp"):
        (path,) = source.glob(f"*.{segment}.fits")
        shutil.copy(path, tmp_path)
    patch = read_patch(next(tmp_path.glob("*.Br.fits")))
    assert (patch.sizes["y"], patch.sizes["x"]) == (377, 744)
    assert patch.field_radial.min() == pytest.approx(-2521, abs=1)
    assert patch.field_radial.max() == pytest.approx(2637, abs=1)
    assert patch.harpnum.item() == 377
    with fits.open(next(tmp_path.glob("*.Bt.fits"))) as hdus:
        np.testing.assert_allclose(patch.field_theta[0], hdus[-1].data.astype(np.float32))
