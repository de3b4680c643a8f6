"""What an image instrument wrote, as its source reads it."""

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.registry import pick
from sunproof.pipeline.simulate.images.regions import regions_at


def observe(name, scene, root):
    """Frames, and messages of files that the source refuses, by file name."""
    source = pick("sunproof.pipeline.sources", "SOURCE", name)
    instrument = pick("sunproof.pipeline.simulate.instruments", "INSTRUMENT", name)
    frames, refused = {}, {}
    for path in instrument.observe(scene, root / name):
        try:
            frames[path.name] = source.frame(path)
        except InputError as error:
            refused[path.name] = str(error)
    return frames, refused


def hours_of(scene, frame):
    """Time of a frame, hours from the start of the observations."""
    return float((frame.time - scene.sun.times(0.0)).astype(float) / 3.6e12)


def prominent(scene, frame, most=0.85):
    """Regions well on this observer's disk, strongest first: number, latitude, longitude, flux."""
    import numpy as np

    from sunproof.pipeline.simulate.geometry import limb_cosine

    found = regions_at(scene, hours_of(scene, frame))
    seen = limb_cosine(found.latitude, found.longitude - frame.observer.longitude, frame.observer.latitude) > 1 - most
    order = np.argsort(np.where(seen, -found.flux, 0.0))[: int(seen.sum())]
    return [(int(k), float(found.latitude[k]), float(found.longitude[k]), float(found.flux[k])) for k in order]
