import xarray as xr
import zarr

from sunproof.pipeline.errors import ArchiveError, ProblemList
from sunproof.pipeline.ingest.images.check import check_images


def problems_of(archive) -> list[str]:
    problems = ProblemList("archive", ArchiveError)
    beside = xr.open_zarr(archive / "aia_171", chunks=None, consolidated=False).drop_vars(["intensity", "receipts"])
    check_images(archive / "aia_171", beside.load(), problems)
    return [str(problem) for problem in problems]


def test_a_good_group_has_no_problem(made):
    assert problems_of(made) == []


def test_a_problem_names_the_slot_and_what_was_wanted(copy):
    zarr.open_array(str(copy / "aia_171/time_offset"), mode="r+")[4] = 99.0
    tolerance, difference = problems_of(copy)
    assert "slot 4" in tolerance
    assert "wanted a frame within the tolerance" in tolerance
    assert "99.0" in difference


def test_pixels_must_lie_in_whole_frames(copy):
    path = copy / "aia_171/intensity"
    values = zarr.open_array(str(path), mode="r")[:]
    zarr.create_array(str(path), data=values, chunks=(5, 16, 16), dimension_names=("time", "y", "x"), overwrite=True)
    (problem,) = problems_of(copy)
    assert "clause 9.5: frames lie whole in blocks of time" in problem
