"""``sunproof audit``: forecasts into findings, verdicts, certificates and a report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.cost import Cost
from sunproof.pipeline.auditing.examined import about_training, unexamined
from sunproof.pipeline.auditing.explain import explain
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.kit import Kit
from sunproof.pipeline.auditing.loading import input_digests, load_batch, open_netcdf
from sunproof.pipeline.auditing.maps.store import write_maps
from sunproof.pipeline.auditing.maps.told import told_maps
from sunproof.pipeline.auditing.parts import in_parts
from sunproof.pipeline.auditing.questions import Columns, Runner, Task, question
from sunproof.pipeline.auditing.report.pages import write_report
from sunproof.pipeline.auditing.tables import show_summary, unevaluated_table, verdict_table
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.console import say
from sunproof.pipeline.leftovers import mark, release
from sunproof.pipeline.receipts import (
    code_version,
    digest_file,
    digest_json,
    digest_tree,
    environment,
    replacing,
    write_receipt,
)

__all__ = ["run"]


def run(config: AuditConfig) -> None:
    """Audit a batch of forecasts.

    Writes ``evidence.nc`` (with a bundle), ``maps.zarr`` (of a model that reads images), ``findings.nc``,
    ``unevaluated.csv``, ``verdicts.csv``, ``certificates.jsonl`` and ``report/index.html`` below ``config.output``,
    each whole or not at all, each with a receipt. A killed run goes on where it stopped: parts, evidence, maps and
    findings of the same inputs and the same committed code are taken as they are. The same input gives the same bytes,
    whoever did the parts.

    Parameters
    ----------
    config : AuditConfig
        What to audit, and how deep.

    Raises
    ------
    SunproofError
        With every problem of an input.
    """
    audit, cost = _Audit(config), Cost()
    # before anything that takes long
    if open_questions := about_training(config, audit.inputs):
        say(open_questions, bold="Warning: ")
    with cost.of("reading"):
        forecasts = load_batch(config)
    model = forecasts.attrs.get("model", "an unnamed model")
    say(f"{config.forecasts}: {forecasts.sizes['forecast']} slots of {model}")
    forecasts = audit.evidence(forecasts, cost)
    with cost.of("checks"):
        findings = audit.findings(forecasts)
        verdicts = judge(forecasts, findings)
        # the tables first: whoever waits for verdicts need not wait for explanations
        audit.tables(forecasts, verdicts)
    with cost.of("explanations"):
        explained = explain(forecasts, verdicts, config)
    with cost.of("certificates"):
        facts, maps = audit.facts(forecasts), audit.told_maps(forecasts)
        head = write_certificates(audit.certificates, forecasts, findings, verdicts, explained, facts, maps)
        audit.receipt(audit.certificates, head=head)
    with cost.of("report"):
        write_report(audit.report, audit.certificates, forecasts, findings, verdicts, config, open_questions)
        audit.receipt(audit.report)
    show_summary(forecasts, verdicts)
    if untold := unexamined(findings, forecasts):
        todo = "" if config.bundle and config.training else " (what examines it needs bundle and training)"
        say(f"not examined of the model itself{todo}: {'; '.join(untold)}")
    cost.show(forecasts.sizes["forecast"])
    say(f"certificates: {audit.certificates} (head {head})")
    say(f"report: {audit.report / 'index.html'}")


def _inputs_before(forecasts: Path) -> dict[str, str]:
    """Digests of what the forecasts were made from, as their own receipt tells them: enough to make them again."""
    receipt = Path(f"{forecasts}.receipt.json")
    told = json.loads(receipt.read_bytes()).get("inputs", {}) if receipt.exists() else {}
    return {f"forecasts.{name}": digest for name, digest in told.items()}


class _Audit:
    """Where the products of one audit lie, and what their receipts say."""

    def __init__(self, config: AuditConfig) -> None:
        self.config = config
        self.inputs = input_digests(config)
        output = Path(config.output)
        self._table, self.certificates = output / "verdicts.csv", output / "certificates.jsonl"
        self.report, self._findings = output / "report", output / "findings.nc"
        self._evidence, self.maps = output / "evidence.nc", output / "maps.zarr"

    def receipt(self, product: Path, **facts: str) -> None:
        write_receipt(product, "audit", self.config.model_dump(mode="json"), self.inputs, **facts)

    def evidence(self, forecasts: xr.Dataset, cost: Cost) -> xr.Dataset:
        """Look and ask, in parts; or take what a run before this one left."""
        if not self.config.bundle:
            return forecasts
        path = self._evidence
        if self._still_valid(path, maps=self._maps_digest()):
            say(f"{path}: taken from the run before")
            return forecasts.assign(open_netcdf(path).data_vars)
        # a checkout with uncommitted changes cannot tell whether it is still what made them: it takes up nobody's parts
        alone = mark() if "dirty" in code_version() else ""
        plan = digest_json({"question": self._asked(), "inputs": self.inputs, "code": code_version() + alone})
        # named after what decides the result: parts of another audit are never mixed in
        work = path.parent / f".{path.name}.{plan[-12:]}.parts"
        if alone:
            release(work)
        with cost.of("looking at inputs, asking the model"):
            run = self._keeping_maps(in_parts(work, self.config.cluster), cost)
            asked = question(forecasts, self.config, run=run)
        # only what was added: the forecasts' own variables are in their own file
        fresh = [name for name in asked.data_vars if name not in forecasts.variables]
        self._keep(path, asked[fresh], maps=self._maps_digest())
        release(work)
        return asked

    def _keeping_maps(self, run: Runner, cost: Cost) -> Runner:
        """Make maps when all else is asked, and write what is kept of them."""

        def kept(kit: Kit, forecasts: xr.Dataset, tasks: Sequence[Task]) -> list[Columns]:
            mapped = [task for task in tasks if task.kind == "map"]
            found = run(kit, forecasts, [task for task in tasks if task.kind != "map"])
            # of an audit before: its maps must not stand beside other certificates
            shutil.rmtree(self.maps, ignore_errors=True)
            Path(f"{self.maps}.receipt.json").unlink(missing_ok=True)
            if not mapped:
                return found
            with cost.of("maps of images"):
                maps = run(kit, forecasts, mapped)
                write_maps(self.maps, forecasts, kit, [task.rows for task in mapped], maps)
                self.receipt(self.maps, digest=digest_tree(self.maps))
            return [*found, *maps]

        return kept

    def told_maps(self, forecasts: xr.Dataset) -> Encoded | None:
        """Tell what the certificates say of the maps; None where there are none."""
        return told_maps(self.maps, forecasts.sizes["forecast"]) if self._mapped() else None

    def _maps_digest(self) -> str:
        """Digest of the maps that evidence goes with; empty where there are none."""
        return digest_tree(self.maps) if self.maps.exists() else ""

    def _mapped(self) -> bool:
        """Whether the maps in the folder are this audit's: without a model they are of one before."""
        return bool(self.config.bundle) and self.maps.exists()

    def findings(self, forecasts: xr.Dataset) -> xr.Dataset:
        """Evaluate every check, or take what a run before this one left."""
        path = self._findings
        if self._still_valid(path):
            say(f"{path}: taken from the run before")
            return open_netcdf(path)
        findings = evaluate(forecasts)
        self._keep(path, findings)
        return findings

    def tables(self, forecasts: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Write what rows of the verdicts refer to, then the verdicts."""
        unevaluated = self._table.with_name("unevaluated.csv")
        for path, table in (
            (unevaluated, unevaluated_table(verdicts)),
            (self._table, verdict_table(forecasts, verdicts)),
        ):
            with replacing(path) as partial:
                # the number of digits that certificates have
                table.to_csv(partial, index=False, float_format="%.9g", lineterminator="\n")
            self.receipt(path)

    def _keep(self, path: Path, dataset: xr.Dataset, **facts: str) -> None:
        with replacing(path) as partial:
            dataset.to_netcdf(partial, engine="h5netcdf")
        self.receipt(path, digest=digest_file(path), **facts)

    def _asked(self) -> dict[str, Any]:
        """Tell what decides evidence and findings beside the inputs: what is asked, and what numbers of others mean."""
        return dict(self.config.model_dump(mode="json", include={"question", "maps", "table", "scoreboard"}))

    def _still_valid(self, path: Path, **facts: str) -> bool:
        receipt = Path(f"{path}.receipt.json")
        # a checkout with uncommitted changes cannot tell whether its checks are still the same
        if "dirty" in code_version() or not (path.exists() and receipt.exists()):
            return False
        told = json.loads(receipt.read_bytes())
        now = {"inputs": self.inputs, "code": code_version(), "digest": digest_file(path), **facts}
        asked = all(told.get("config", {}).get(name) == value for name, value in self._asked().items())
        return asked and all(told.get(name) == value for name, value in now.items())

    def facts(self, forecasts: xr.Dataset) -> dict[str, Any]:
        """Identify the run without its paths: the same audit elsewhere gives the same certificates."""
        # and without the number of workers
        paths = {"forecasts", "output", "archive", "bundle", "training", "samples", "magnetograms", "report", "cluster"}
        settings = self.config.model_dump(mode="json", exclude=paths)
        return {
            "code": code_version(),
            "config": settings,
            "config_digest": digest_json(settings),
            "environment": environment(),
            "inputs": self.inputs | _inputs_before(Path(self.config.forecasts)),
            "simulated": bool(forecasts.attrs.get("simulated", 0)),
            **({"maps_digest": digest_tree(self.maps)} if self._mapped() else {}),
        }
