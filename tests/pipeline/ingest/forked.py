"""Run ingestion again and again, killing it with SIGKILL after each of the given seconds; the last run may finish.

Imports are done once and each run is a fork, so that a kill hits the run and not the interpreter's start.
Arguments: folder, then seconds, comma-separated.
"""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import distributed  # noqa: F401  (imported before forking)
import xarray  # noqa: F401
import zarr  # noqa: F401

from sunproof.pipeline.ingest import run as module
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.build import FAKES, config_for


def main() -> None:
    folder, delays = Path(sys.argv[1]), [float(text) for text in sys.argv[2].split(",")]
    module.readers = partial(readers, package=FAKES)
    for delay in [*delays, None]:
        child = os.fork()
        if child == 0:
            os.setsid()
            module.run(config_for(folder))
            os._exit(0)
        if delay is not None:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stderr.write(f"{delay}: {'killed' if os.WIFSIGNALED(status) else 'finished'}\n")
    sys.exit(0 if status == 0 else 1)


if __name__ == "__main__":
    main()
