import copy

from sunproof.pipeline.training.compatibility import FORMAT, differences, made_here, table
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.models.toy import architecture


def test_here_and_now_there_is_no_difference():
    made = made_here(architecture())
    assert differences(made, made_here(architecture())) == []
    assert made["format"] == FORMAT
    assert [name for name, _ in made["vocabulary"]["keywords"]] == list(SHARP_KEYWORDS)


def test_the_record_holds_no_path_of_the_machine():
    assert "/" not in str({**made_here(architecture()), "vocabulary": None}).replace("sha256:", "")


def test_a_minor_release_of_torch_is_for_the_reference_answers_to_judge():
    here = made_here(architecture())
    for torch, level in (("2.1.0", "warning"), ("3.0.0", "critical")):
        told = copy.deepcopy(here)
        told["environment"]["torch"] = torch
        (row,) = differences(told, here)
        assert row == (level, "torch", torch, here["environment"]["torch"])


def test_critical_rows_come_first_and_columns_are_aligned():
    here = made_here(architecture())
    told = copy.deepcopy(here) | {"code": "0.0.1", "limits": None, "format": 9}
    told["environment"]["platform"] = "Plan9 mips"
    rows = differences(told, here)
    assert [row.level for row in rows] == ["critical", "warning", "note", "note"]
    lines = table(rows).splitlines()
    assert (
        len(
            {
                line.index(cell)
                for line, cell in zip(lines, ("what", "format", "platform", "limits", "code"), strict=True)
            }
        )
        == 1
    )
    assert "unknown" in lines[3]
