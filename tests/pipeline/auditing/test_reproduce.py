import json
import shutil

import numpy as np
import pytest

from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import open_certificates
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.explained_again import LIMITS
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.auditing.reproduce import reproduce
from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.receipts import canonical, digest_bytes
from sunproof.pipeline.training.shelf import BUILTIN, bundle_folder
from sunproof.pipeline.training.train import run as train
from tests.pipeline.auditing.batches import batch
from tests.pipeline.training.world import make_world


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A tiny world, a tiny model, its forecasts, and their audit with questions to the model."""
    world = make_world(tmp_path_factory.mktemp("world"))
    train(world.train())
    paths = {"archive": world.archive, "bundle": world.root / "bundle", "samples": world.samples}
    forecast(ForecastConfig(output=world.root / "forecasts.nc", blocks=("test",), **paths))
    texts = {name: str(path) for name, path in paths.items()}
    forecasts, output = str(world.root / "forecasts.nc"), str(world.root / "audit")
    settings = {"explain": {"top": 3, "grave": 2, "sampled": 2}, "report": {"pages": 0}, "question": {"most": 20}}
    run(AuditConfig(forecasts=forecasts, output=output, training=str(world.samples), **settings, **texts))
    return world


@pytest.fixture
def certificates(audited, tmp_path):
    """A copy that a test may change; archive and bundle lie elsewhere."""
    return shutil.copy(audited.root / "audit" / "certificates.jsonl", tmp_path / "certificates.jsonl")


def relink(path, change):
    """Change certificates and chain them anew, as somebody who wants to deceive would."""
    lines = path.read_bytes().splitlines()
    header, previous, out = digest_bytes(lines[0]), digest_bytes(lines[0]), [lines[0]]
    for line in lines[1:]:
        record = json.loads(line)
        if record["kind"] == "certificate":
            change(record)
        record |= {"prev": previous, "header": header}
        out.append(canonical(record))
        previous = digest_bytes(out[-1])
    path.write_bytes(b"\n".join(out) + b"\n")


def test_a_batch_is_put_together_again_from_its_certificates(audited, certificates):
    again, before = rebuild(certificates), open_netcdf(audited.root / "forecasts.nc")
    np.testing.assert_array_equal(again["probability"], before["probability"])
    for name, variable in before.data_vars.items():
        assert again[name].dims == variable.dims
        if variable.dtype.kind == "f":
            np.testing.assert_allclose(again[name], variable, rtol=1e-8)
        else:
            np.testing.assert_array_equal(again[name].astype(variable.dtype), variable)
    assert again.attrs == before.attrs


def test_every_forecast_and_verdict_is_made_again(audited, certificates):
    result = reproduce(certificates, places=[audited.root])
    assert result.differences == []
    assert result.compared["probability (logit)"][0] == len(result.seqs) == rebuild(certificates).sizes["forecast"]
    assert result.compared["probability (logit)"][1] <= 1e-5
    assert result.compared["verdict"][0] == len(result.seqs)
    assert {"probability_climatology", "explanation_skill", "base_rate"} <= set(result.stated)
    assert "usflux" in result.compared


def test_chosen_forecasts_are_explained_by_the_function_that_was_served(certificates):
    everything = open_certificates(certificates, range(1, rebuild(certificates).sizes["forecast"] + 1))
    told = [item["attribution"] for item in everything if item["attribution"]["status"] != "not explained"]
    assert len(told) == 7
    for attribution in told:
        assert attribution["status"] == "explained", attribution["reason"]
        difference = float(attribution["logit"]) - float(attribution["baseline_logit"])
        assert sum(map(float, attribution["modalities"].values())) == pytest.approx(difference, abs=2e-3)


def told(certificates):
    everything = open_certificates(certificates, range(1, rebuild(certificates).sizes["forecast"] + 1))
    return {item["seq"]: item["attribution"] for item in everything if "groups" in item["attribution"]}


def test_every_group_and_span_is_told_by_two_methods(certificates):
    explained = told(certificates)
    assert len(explained) == 7
    for attribution in explained.values():
        spans = {name: pair for name, *pair in attribution["lags"]}
        total = sum(map(float, attribution["modalities"].values()))
        # six steps of four hours: 24 hours in spans that whole steps give
        assert list(spans) == ["12 to 24 h", "6 to 12 h", "0 to 6 h", "no time"]
        for groups in (attribution["groups"], spans):
            assert sum(float(own) for own, _ in groups.values()) == pytest.approx(total, abs=1e-4)
        seen = [float(lost) for _, lost in attribution["groups"].values() if lost is not None]
        assert len(seen) > 3
        assert max(map(abs, seen)) > 0


def test_explanations_by_groups_are_made_again(audited, certificates):
    compared = reproduce(certificates, places=[audited.root]).compared
    for name, limit in LIMITS.items():
        count, largest, stated = compared[name]
        assert (count, stated) == (7, limit)
        # the same code on the same machine: rounding of six digits is all that is between them
        assert largest <= 0.1 * limit
    assert compared["explanation is evidence"] == (7, 0.0, 0.0)


INPUTS = "attribution of inputs (of the error allowed)"


@pytest.mark.parametrize(
    ("path", "added", "what"),
    [
        (("modalities", "keywords"), 0.1, f"{INPUTS}: keywords"),
        (("features", "keywords", "usflux"), -0.1, f"{INPUTS}: keywords usflux"),
        (("steps", "keywords", 3), 0.1, f"{INPUTS}: keywords step 3"),
        (("logit",), 1e-3, "explained logit: logit"),
        (("baseline_logit",), 1e-3, "explained logit: baseline"),
    ],
)
def test_what_one_input_is_attributed_is_made_again(audited, certificates, path, added, what):
    seq = next(iter(told(certificates)))

    def lie(record):
        if record["seq"] == seq:
            *above, last = path
            place = record["attribution"]
            for name in above:
                place = place[name]
            place[last] = f"{float(place[last]) + added:.6g}"

    relink(certificates, lie)
    found = reproduce(certificates, [seq], [audited.root]).differences
    assert [(item.seq, item.what) for item in found] == [(seq, what)]


def test_an_explanation_that_hides_an_input_or_that_it_is_no_evidence_is_found(audited, certificates):
    seq = next(iter(told(certificates)))

    def lie(record):
        if record["seq"] == seq:
            del record["attribution"]["features"]["keywords"]["r_value"]
            record["attribution"]["status"] = "invalid"

    relink(certificates, lie)
    found = reproduce(certificates, [seq], [audited.root]).differences
    assert [(item.what, item.certified) for item in found] == [
        (f"{INPUTS}: keywords r_value", "nan"),
        ("explanation is evidence", "invalid"),
    ]


@pytest.mark.parametrize(
    ("column", "added", "what"), [(0, 0.1, "attribution of groups"), (1, 1e-4, "logit lost without groups")]
)
def test_an_explanation_that_the_model_does_not_give_is_found(audited, certificates, column, added, what):
    seq, attribution = next(iter(told(certificates).items()))
    group = next(name for name, pair in attribution["groups"].items() if pair[1] is not None)

    def lie(record):
        if record["seq"] == seq:
            pair = record["attribution"]["groups"][group]
            pair[column] = f"{float(pair[column]) + added:.6g}"

    relink(certificates, lie)
    (difference,) = reproduce(certificates, [seq], [audited.root]).differences
    assert difference.seq == seq
    assert difference.what.startswith(what)
    assert difference.what.endswith(f": {group}")


def test_a_loss_of_what_was_not_observed_is_found(audited, certificates):
    seq, attribution = next(iter(told(certificates).items()))
    group = next(name for name, pair in attribution["groups"].items() if pair[1] is not None)

    def lie(record):
        if record["seq"] == seq:
            record["attribution"]["groups"][group][1] = None

    relink(certificates, lie)
    found = reproduce(certificates, [seq], [audited.root]).differences
    assert [item.what for item in found] == [f"logit lost without groups: {group}"]


def test_certificates_of_before_have_no_groups_and_are_made_again_all_the_same(audited, certificates):
    def forget(record):
        for name in ("groups", "lags"):
            record["attribution"].pop(name, None)

    relink(certificates, forget)
    result = reproduce(certificates, places=[audited.root])
    assert result.differences == []
    assert "logit lost without groups" not in result.compared
    assert result.compared[INPUTS][0] == 7


def test_the_command_finds_archive_and_bundle_by_digest(audited, capsys):
    path = audited.root / "audit" / "certificates.jsonl"
    assert main(["reproduce", f"{path}:3"]) == 0
    printed = capsys.readouterr()
    assert "1 certificates made again, 0 differ" in printed.err
    assert "probability (logit)" in printed.out
    assert main(["reproduce", str(path), "--sample", "0.05", "--seed", "1"]) == 0


def test_a_probability_that_the_model_did_not_give_is_found(audited, certificates, capsys):
    def lie(record):
        if record["seq"] == 2:
            record["probability"][0][0] = repr(float(record["probability"][0][0]) * 1.001)

    relink(certificates, lie)
    search = str(audited.root)
    assert main(["reproduce", str(certificates), "--search", search]) == 1
    assert "1 differ" in capsys.readouterr().err
    (difference,) = [item for item in reproduce(certificates, [2], [search]).differences if "logit" in item.what]
    assert difference.seq == 2


def test_evidence_that_the_archive_does_not_hold_is_found(audited, certificates):
    def lie(record):
        if record["seq"] == 4:
            record["evidence"]["usflux"] = "3e22"

    relink(certificates, lie)
    found = reproduce(certificates, [4], [audited.root]).differences
    assert "usflux" in {item.what for item in found}


def test_a_verdict_that_the_checks_do_not_give_is_found(audited, certificates):
    verdicts = {item["seq"]: item["verdict"]["verdict"] for item in open_certificates(certificates, range(1, 6))}

    def lie(record):
        if record["seq"] == 5:
            record["verdict"]["verdict"] = "ACCEPT" if verdicts[5] != "ACCEPT" else "REJECT"

    relink(certificates, lie)
    found = reproduce(certificates, [5], [audited.root]).differences
    assert [(item.seq, item.what) for item in found] == [(5, "verdict")]


def test_another_bundle_is_no_help(audited, certificates, tmp_path):
    other = tmp_path / "bundle"
    shutil.copytree(audited.root / "bundle", other)
    (other / "card.md").write_text("another")
    given = {"archive": str(audited.archive), "bundle": str(other)}
    with pytest.raises(InputError, match=r"bundle: not found by its digest; got .*bundle.*wanted sha256:"):
        reproduce(certificates, [1], [], given)
    with pytest.raises(InputError, match=r"not found by its digest; got .*gone': 'nothing there'"):
        reproduce(certificates, [1], [], given | {"bundle": str(tmp_path / "gone")})
    with pytest.raises(InputError) as caught:
        reproduce(certificates, [1], [tmp_path / "nowhere"])
    archive, bundle = map(str, caught.value.problems)
    assert "got 'none there'" in archive
    assert "--archive" in archive
    # the model inside the package is always looked at, and is not the one that was certified
    assert str(bundle_folder(BUILTIN)) in bundle
    assert "--bundle" in bundle


def test_a_broken_chain_and_a_number_that_is_not_there_are_refused(audited, certificates):
    with pytest.raises(InputError, match=r"no such certificate; got \[9999\]"):
        reproduce(certificates, [9999], [audited.root])
    certificates.write_bytes(certificates.read_bytes().replace(b"ISSUED", b"ISSUEX", 1))
    with pytest.raises(InputError, match="the line before was altered"):
        reproduce(certificates)


def test_other_limits_are_told_with_the_version_to_use(certificates, monkeypatch):
    lines = certificates.read_bytes().splitlines()
    header = json.loads(lines[0])
    header["limits"]["limits_digest"] = "sha256:00"
    certificates.write_bytes(b"\n".join([canonical(header), *lines[1:]]) + b"\n")
    relink(certificates, lambda record: None)
    with pytest.raises(InputError, match=r"judged by other limits than these.*version of the software in the header"):
        reproduce(certificates)


def test_somebody_elses_forecasts_get_their_verdicts_again(tmp_path, capsys):
    batch(4).to_netcdf(tmp_path / "forecasts.nc", engine="h5netcdf")
    run(AuditConfig(forecasts=str(tmp_path / "forecasts.nc"), output=str(tmp_path), report={"pages": 0}))
    assert main(["reproduce", str(tmp_path / "certificates.jsonl")]) == 0
    assert "somebody else's forecasts" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["most", "-1", "7", "nan"])
def test_a_share_that_is_none_is_refused(certificates, share, capsys):
    assert main(["reproduce", str(certificates), "--sample", share]) == 2
    assert "not a share or a seed" in capsys.readouterr().err


def test_another_kind_of_file_is_one_error_and_not_one_a_line(tmp_path):
    (tmp_path / "notes.md").write_text("# Notes\n\none\ntwo\n")
    with pytest.raises(InputError, match=r"notes\.md, line 1: no header of certificates") as caught:
        reproduce(tmp_path / "notes.md")
    assert len(caught.value.problems) == 1
