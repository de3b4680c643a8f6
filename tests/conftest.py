"""What several tests share: where the real observations lie."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of real observations; tests that ask for it are skipped where SUNPROOF_DATA is not set."""
    root = os.environ.get("SUNPROOF_DATA")
    if not root:
        pytest.skip("SUNPROOF_DATA is not set: no real observations here")
    return Path(root)
