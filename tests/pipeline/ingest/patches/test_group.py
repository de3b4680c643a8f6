import pytest

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.archive import list_groups
from sunproof.pipeline.ingest.patches import group as module
from sunproof.pipeline.receipts import digest_tree


class _Killed(BaseException):
    """Stands for the end of the process."""


def test_writing_that_was_cut_off_goes_on_and_ends_with_the_same_bytes(raw, made_patches, ingest_patches, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 500)
    monkeypatch.setattr(module, "chunk_rows", lambda _shape: 500)
    original, written = module.write_rows, []

    def cut_off(array, first, values):
        if len(written) == 2:
            raise _Killed
        written.append(first)
        original(array, first, values)

    monkeypatch.setattr(module, "write_rows", cut_off)
    with pytest.raises(_Killed):
        ingest_patches(raw)
    assert written == [0, 500]

    def note(array, first, values):
        written.append(first)
        original(array, first, values)

    monkeypatch.setattr(module, "write_rows", note)
    archive = ingest_patches(raw)
    assert written.count(0) == 3  # once for each component: what was written is not written again
    assert digest_tree(archive) == digest_tree(made_patches)


def test_only_configured_components_are_written(raw, ingest_patches):
    assert list_groups(ingest_patches(raw, images={"groups": ["sharp_bt"]})) == ["sharp_bt"]


def test_a_component_that_no_file_fills_is_told(raw, ingest_patches):
    with pytest.raises(ConfigError, match=r"no file fills these groups; got \['sharp_b'\]; wanted some of sharp_bp, "):
        ingest_patches(raw, images={"groups": ["sharp_b"]})
