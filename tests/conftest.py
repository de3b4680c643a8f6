"""What several tests share: where the real observations lie."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every machine, however slow; a failing one is found again by everybody.
settings.register_profile("sunproof", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("sunproof")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of real observations; tests that ask for it are skipped where SUNPROOF_DATA is not set."""
    root = os.environ.get("SUNPROOF_DATA")
    if not root:
        pytest.skip("SUNPROOF_DATA is not set: no real observations here")
    return Path(root)
