"""``fetch.json``: what was fetched, from where and when, with digests; what makes a download resumable."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.fetching.jobs import Job
from sunproof.pipeline.receipts import digest_file, replacing

__all__ = ["Manifest"]


class Manifest:
    """The manifest of one raw folder; every change is on disk before the method returns.

    Parameters
    ----------
    raw : Path
        The raw folder.

    Raises
    ------
    InputError
        If there is a manifest that cannot be read.
    """

    def __init__(self, raw: Path) -> None:
        self.raw = raw
        self.path = raw / "fetch.json"
        self._lock = threading.Lock()
        self.entries: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            try:
                self.entries = dict(json.loads(self.path.read_text(encoding="utf-8"))["files"])
            except (ValueError, KeyError, TypeError) as error:
                todo = "Remove it; files that are there will be fetched again."
                raise InputError(Problem("not a manifest", str(self.path), str(error), "JSON", todo)) from error

    def settled(self, job: Job) -> bool:
        """Whether a job needs nothing more: fetched after its interval ended, and still the same bytes."""
        entry = self.entries.get(job.path)
        # what was fetched while its interval was running may have grown since
        if entry is None or datetime.fromisoformat(entry["retrieved"]).replace(tzinfo=None) < job.end:
            return False
        # absent at the source, after the interval had ended
        if entry["digest"] is None:
            return True
        path = self.raw / job.path
        return path.is_file() and path.stat().st_size == entry["size"] and digest_file(path) == entry["digest"]

    def arrived(self, job: Job) -> None:
        """Note a file that is in its place."""
        path = self.raw / job.path
        self._note(job, digest_file(path), path.stat().st_size, "")

    def absent(self, job: Job, reason: str) -> None:
        """Note that the source has nothing for a job."""
        self._note(job, None, 0, reason)

    def _note(self, job: Job, digest: str | None, size: int, reason: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"product": job.product, "url": job.url, "digest": digest, "size": size, "retrieved": now}
        with self._lock:
            self.entries[job.path] = entry | ({"absent": reason} if reason else {})
            text = json.dumps({"files": self.entries}, indent=1, sort_keys=True)
            with replacing(self.path) as partial:
                partial.write_text(text + "\n", encoding="utf-8")
