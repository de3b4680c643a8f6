"""Execute the notebooks again and keep their outputs: `make notebooks`, after a change that shows in them."""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from sunproof.pipeline import console
from tests.notebooks.conftest import IMAGES, make
from tests.notebooks.test_notebooks import FOLDER, SEEN


def main(names: list[str]) -> None:
    """Execute the notebooks of these names (none: all) on the workspaces of their tests."""
    names = names or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        # called by their names alone, so that no output names a folder of this machine
        os.chdir(folder)
        for images, own in {"images=null": set(names) - set(SEEN), IMAGES: set(names) & set(SEEN)}.items():
            if own:
                workspace = make(Path("seen" if images == IMAGES else "demo"), images)
            for name in sorted(own):
                path = FOLDER / f"{name}.ipynb"
                notebook = nbformat.read(path, as_version=4)
                os.environ["SUNPROOF_DEMO"] = str(workspace)
                resources = {"metadata": {"path": folder}}
                NotebookClient(
                    notebook, timeout=600, kernel_name="python3", record_timing=False, resources=resources
                ).execute()
                nbformat.write(notebook, path)
                console.say(f"{name}: executed")


if __name__ == "__main__":
    main(sys.argv[1:])
