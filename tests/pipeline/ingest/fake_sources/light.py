"""A light curve in JSON."""

from sunproof.pipeline.sources.base import FileSource, Layout
from tests.pipeline.ingest.fake_sources.shared import read_json

SOURCE = FileSource("light", Layout("series", "time"), ("light/**/*.json",), read_json)
