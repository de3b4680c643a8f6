from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.config import AuditConfig
from tests.pipeline.auditing.batches import batch

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "01_open_a_certificate.ipynb"


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """A simulated batch with a rejected forecast."""
    forecasts = batch(6).assign_attrs(simulated=1)
    forecasts["probability"].values[3, 2] = 0.5
    forecasts.to_netcdf(tmp_path / "forecasts.nc", engine="h5netcdf")
    run(AuditConfig(forecasts=str(tmp_path / "forecasts.nc"), output=str(tmp_path), report={"pages": 0}))
    monkeypatch.setenv("SUNPROOF_AUDIT", str(tmp_path))


def texts(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


# the kernel's own transport warns about what nobody here can change
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_opens_a_certificate_and_tells_why_it_was_rejected(audit):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    told = texts(notebook)
    assert "SIMULATED DATA: certificate 4: HARP 4698" in told
    assert "verdict: REJECT (A2" in told
    assert "6 certificates, 0 problems" in told


def test_the_notebook_as_committed_shows_its_outputs_and_no_path_of_a_machine():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert "SIMULATED DATA" in texts(notebook)
    assert (
        sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])) >= 2
    )
    assert "/tmp" not in NOTEBOOK.read_text(encoding="utf-8")
