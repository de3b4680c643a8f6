"""What every image source does besides understanding its own header: find, verify, identify, check, and say why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.ingest.fits_image import FitsImage, read_fits_image
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.frames import Frame

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ImageSettings", "ImageSource", "image_patterns"]

# Solar Orbiter comes to 0.28 AU and no solar telescope flies beyond 1.1 AU. A distance in kilometres that claims to be
# in metres, as SUIT writes it, appears as 0.001 AU and falls out.
_NEAREST, _FARTHEST = 0.01, 1.1
_JPEG2000 = (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")


@dataclass(frozen=True)
class ImageSettings:
    """What the calibration of images may need besides the files.

    Parameters
    ----------
    aia_pointing : Path, optional
        Master pointing table (columns of ``aia.master_pointing3h``, CSV or ECSV); without it the header's stays.
    aia_degradation : Path, optional
        Response table (``aia_V*_response_table.txt``); without it degradation is not corrected, and the facts say so.
    reject_bits : mapping of str to set of int
        Source -> bits of its quality word that make an image unusable, in place of the source's own.
    eit_offset : float, optional
        DN that EIT's camera adds to every pixel; without it nothing is subtracted, and a flag says so.
    """

    aia_pointing: Path | None = None
    aia_degradation: Path | None = None
    reject_bits: Mapping[str, frozenset[int]] = field(default_factory=dict)
    eit_offset: float | None = None


_DEFAULT = ImageSettings()
# Display images are looked for too, so that they are refused aloud instead of overlooked.
_SUFFIXES = ("fits", "fts", "fit", "fits.gz", "fts.gz", "jp2", "jpx")
Interpreter = Callable[[FitsImage, ImageSettings, ProblemList], Frame]


@dataclass(frozen=True)
class ImageSource:
    """A `Source` of images; an instrument is its constants and one function.

    Parameters
    ----------
    name : str
        Module name; archive groups begin with it.
    patterns : tuple of str
        Globs, relative to the raw folder.
    identity : mapping of str to str
        Header keyword -> regular expression its value must match from the start (ignoring case).
    interpreter : callable
        Makes a `Frame` of a verified image; what it notes in the list of problems is raised together. A function at
        module level, so that it can be sent to other processes.
    keys : tuple of str
        Variables that together identify one image.
    """

    name: str
    patterns: tuple[str, ...]
    identity: Mapping[str, str]
    interpreter: Interpreter
    keys: tuple[str, ...] = ("time",)

    @property
    def layout(self) -> Layout:
        """One frame a time, on whatever grid the archive declares; or patches of several regions a time."""
        return Layout("frames", "time") if self.keys == ("time",) else Layout("patches", "record", self.keys)

    def find(self, root: Path) -> list[Path]:
        """List this source's files below ``root``, sorted."""
        return FileSource(self.name, self.layout, self.patterns, self.read).find(root)

    def frame(
        self,
        path: Path,
        settings: ImageSettings = _DEFAULT,
        content: memoryview | None = None,
        *,
        lend: bool = False,
    ) -> Frame:
        """Read one file into a calibrated frame on its own grid.

        Parameters
        ----------
        path : Path
            The file.
        settings : ImageSettings
            Calibration tables and rejecting bits.
        content : memoryview, optional
            The file's bytes, where they have been read already.
        lend : bool
            Whether the pixels may lie in memory that the thread's next lent image overwrites.

        Returns
        -------
        Frame
            With the raw quality word, its decoded flags, and every fact of the receipt. A frame that its quality
            rejects is returned, with ``accepted`` False: keeping or leaving it out is the archive's decision.

        Raises
        ------
        InputError
            With every problem of the file: not FITS, damaged, of another instrument, uncalibratable, absurd.
        """
        path = Path(path)
        content = _at_the_door(path) if content is None else content
        _refuse_what_is_no_image(path, bytes(content[:512]))
        image = read_fits_image(path, content, lend=lend)
        problems = ProblemList(str(path))
        # what the file is, before anything is made of its numbers
        self._identify(image, problems)
        problems.check()
        frame = self.interpreter(image, settings, problems)
        _check_sanity(frame, problems)
        problems.check()
        # Files of the synthetic Sun say so; groups never mix them with observations.
        simulated = {"simulated": 1} if image.header.get("SIMULATE") is True else {}
        return _judge_pixels(frame).with_facts(checksum=image.checksum, **simulated)

    def read(self, path: Path) -> xr.Dataset:
        """Read one file into a dataset of one time in vocabulary names and units.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        from sunproof.pipeline.vocabulary import check

        dataset = self.frame(path).to_dataset()
        if self.layout.dim != "time":
            dataset = dataset.drop_indexes("time").reset_coords("time").rename_dims(time=self.layout.dim)
        return check(dataset, str(path))

    def _identify(self, image: FitsImage, problems: ProblemList) -> None:
        for keyword, pattern in self.identity.items():
            value = image.header.get(keyword)
            if not re.match(pattern, str(value).strip(), re.IGNORECASE):
                todo = "Put it into the folder of its own instrument."
                problems.add(f"not a file of {self.name}", keyword, value, f"a value like {pattern!r}", todo)


def image_patterns(folder: str) -> tuple[str, ...]:
    """Globs of all images in a folder of this name below the raw folder, and below that."""
    return tuple(f"{folder}/**/*.{suffix}" for suffix in _SUFFIXES)


def _at_the_door(path: Path) -> memoryview:
    if not path.is_file():
        raise InputError(Problem("no such file", str(path), path.name, "a file", "Was it moved since?"))
    return memoryview(path.read_bytes())


def _refuse_what_is_no_image(path: Path, start: bytes) -> None:
    """Refuse what is no science image before anybody decodes it."""
    if not start:
        raise InputError(Problem("the file is empty", str(path), "0 bytes", "data", "Download it again."))
    if start.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        todo = "The server answered with an error page; download it again."
        raise InputError(Problem("an HTML page, not data", str(path), start[:40].decode("latin-1"), "", todo))
    if start.startswith(_JPEG2000):
        todo = "Values were clipped, stretched and rounded to 8 bits for display; fetch the FITS file."
        raise InputError(Problem("a display image, not data", str(path), "JPEG 2000", "FITS", todo))


def _check_sanity(frame: Frame, problems: ProblemList) -> None:
    if not _NEAREST <= frame.observer.distance <= _FARTHEST:
        wanted = f"{_NEAREST} to {_FARTHEST} AU"
        todo = "Is it written in kilometres?"
        problems.add("observer is nowhere near the Sun's telescopes", "observer", frame.observer.distance, wanted, todo)
    if not frame.geometry.pixel_area > 0:
        problems.add("pixels without extent", "geometry", tuple(frame.geometry), "a scale above zero")


def _judge_pixels(frame: Frame) -> Frame:
    """Reject an image that holds nothing: instruments and archives deliver all-zero frames with perfect headers."""
    # a few rows tell nearly always; only a frame that looks constant is read whole
    sample = frame.data[:: max(frame.data.shape[0] // 64, 1)]
    seen = sample[sample == sample]  # without NaN, for integers too
    if seen.size and (seen != seen.flat[0]).any():
        return frame
    seen = frame.data[frame.data == frame.data]
    if seen.size and (seen != seen.flat[0]).any():
        return frame
    name = "constant_pixels" if seen.size else "no_pixels"
    return replace(frame, flags=(*frame.flags, name), rejected_for=(*frame.rejected_for, name))
