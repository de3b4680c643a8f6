"""A source that checks nothing: what it returns must be caught by the archive's own rules."""

from sunproof.pipeline.sources.base import Layout
from tests.pipeline.ingest.fake_sources.shared import read_json


class Wild:
    name = "wild"
    layout = Layout("series", "time")
    patterns = ("wild/*.json",)

    def find(self, root):
        return sorted(root.glob("wild/*.json"))

    def read(self, path):
        return read_json(path)


SOURCE = Wild()
