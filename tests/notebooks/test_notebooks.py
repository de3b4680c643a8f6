"""Every notebook runs on the simulated workspace, and can be read as committed without being run."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
# What a notebook must tell when it is run.
TOLD = {
    "01_train_and_forecast": ("SIMULATED DATA", "# Model card", "ISSUED", "BSS"),
    "02_audit_one_forecast": (
        "0 problems",
        "hidden until the first answer",
        "first answer ACCEPT by Ana",
        "machine:",
        "Venn-Abers",
        "REJECT, explanation invalid, by Ana",
        "0 differences",
        "over hmi_m of 20",
        "share of the map in the region",
    ),
    "03_audit_a_model_with_the_challenge": ("SIMULATED DATA", "limits version", "Styler", "random weights"),
    "04_audit_somebody_elses_forecasts": ("M and X exchanged", "REJECT: A2", "forecast_submission"),
    "05_drift_and_a_year_of_verdicts": ("SIMULATED DATA", "reason code", "flux times 0.8", "alarmed"),
}
# Notebooks that show images.
SEEN = ("02_audit_one_forecast",)


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def texts(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def test_every_notebook_is_tested():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(TOLD)


# the kernel's own transport warns about what nobody here can change
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TOLD)
def test_it_runs_and_tells_what_it_promises(name, request, monkeypatch):
    workspace = request.getfixturevalue("with_images" if name in SEEN else "workspace")
    monkeypatch.setenv("SUNPROOF_DEMO", str(workspace))
    notebook = read(name)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    told = texts(notebook)
    assert [words for words in TOLD[name] if words not in told] == []


@pytest.mark.parametrize("name", TOLD)
def test_as_committed_it_shows_its_outputs_is_small_and_names_no_machine(name):
    told = texts(read(name))
    assert [words for words in TOLD[name] if words not in told] == []
    content = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(content) < 400_000
    for trace in ("/tmp", "/root", "/home", "/work"):
        assert trace not in content
    cells = json.loads(content)["cells"]
    assert all(output.get("name") != "stderr" for cell in cells for output in cell.get("outputs", []))
