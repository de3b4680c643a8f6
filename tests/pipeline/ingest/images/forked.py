"""Ingest images again and again, killing the run with SIGKILL after each of the given seconds; the last may finish.

Arguments: folder, then seconds, comma-separated. Imports are done once and each run is a fork, so that a kill hits the
run and not the interpreter's start.
"""

import os
import signal
import sys
import time
from pathlib import Path

import distributed  # noqa: F401  (imported before forking)
import xarray  # noqa: F401

from sunproof.pipeline.ingest.run import run
from tests.pipeline.ingest.images.build import config_for


def main() -> None:
    folder, delays = Path(sys.argv[1]), [float(text) for text in sys.argv[2].split(",")]
    for delay in [*delays, None]:
        child = os.fork()
        if child == 0:
            os.setsid()
            run(config_for(folder))
            os._exit(0)
        if delay is not None:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stderr.write(f"{delay}: {'killed' if os.WIFSIGNALED(status) else 'finished'}\n")
    sys.exit(0 if status == 0 else 1)


if __name__ == "__main__":
    main()
