"""A table of patches in JSON."""

from sunproof.pipeline.sources.base import FileSource, Layout
from tests.pipeline.ingest.fake_sources.shared import read_json

SOURCE = FileSource("patches", Layout("table", "record", ("harpnum", "time")), ("patches/**/*.json",), read_json)
