import pytest

from sunproof.pipeline.cli import main


def test_a_mistake_in_the_configuration_ends_with_code_2_and_names_everything(tmp_path, capsys):
    path = tmp_path / "ingest.yaml"
    path.write_text("rwa: raw\n")
    assert main(["ingest", str(path), "--check"]) == 2
    error = capsys.readouterr().err
    assert "rwa: unknown key; got 'raw'; wanted one of" in error


def test_an_unknown_command_lists_the_known(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["forcast"])
    assert "forecast" in capsys.readouterr().err


@pytest.mark.parametrize("before", [[], ["ingest.yaml"]], ids=["alone", "after a configuration"])
def test_settings_without_set_are_told_how_they_are_given(before, capsys):
    assert main(["ingest", *before, "output=there", "cluster.workers=3", "--check"]) == 2
    assert capsys.readouterr().err == (
        "error: sunproof ingest: not an argument; got 'output=there'. Settings go by --set output=there\n"
        "error: sunproof ingest: not an argument; got 'cluster.workers=3'. Settings go by --set cluster.workers=3\n"
    )


def test_a_setting_longer_than_a_files_name_is_told_how_it_is_given(capsys):
    setting = f"output={'long' * 100}"
    assert main(["ingest", setting]) == 2
    assert f"Settings go by --set {setting}" in capsys.readouterr().err


def test_a_configuration_whose_name_has_an_equals_sign_is_read(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.yaml").write_text("rwa: raw\n")
    assert main(["ingest", "a=b.yaml", "--check"]) == 2
    assert "a=b.yaml: rwa: unknown key" in capsys.readouterr().err


def test_other_words_too_many_are_told_as_they_are(capsys):
    for arguments in (["ingest", "ingest.yaml", "--foo"], ["checks", "list", "a=b"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert f"unrecognized arguments: {arguments[-1]}" in capsys.readouterr().err


def test_an_absent_configuration_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["ingest"]) == 2
    assert "configs/ingest.yaml: no such configuration file" in capsys.readouterr().err


def test_what_the_system_refuses_to_open_is_told_in_one_line(tmp_path, capsys):
    (tmp_path / "ingest.yaml").mkdir()
    assert main(["ingest", str(tmp_path / "ingest.yaml")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'ingest.yaml'}: is a directory\n"


def test_a_folder_in_the_products_place_is_named_and_nothing_is_left_beside_it(tmp_path, capsys):
    folder = tmp_path / "checks.md"
    folder.mkdir()
    assert main(["checks", "write", str(folder)]) == 2
    assert capsys.readouterr().err == f"error: {folder}: is a directory\n"
    assert list(tmp_path.iterdir()) == [folder]


def test_an_error_of_ours_keeps_its_traceback(monkeypatch):
    def fail(_):
        raise OSError("no file in it")

    monkeypatch.setattr("sunproof.pipeline.cli._run", fail)
    with pytest.raises(OSError, match="no file in it"):
        main(["ingest"])
