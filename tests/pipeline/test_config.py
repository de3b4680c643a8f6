import pytest

from sunproof.pipeline.config import ClusterConfig, Config, load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.config import IngestConfig


class Inner(Config):
    hours: float = 24.0


class Outer(Config):
    path: str
    inner: Inner = Inner()
    cluster: ClusterConfig = ClusterConfig()


def write(tmp_path, text):
    path = tmp_path / "task.yaml"
    path.write_text(text)
    return path


def test_all_mistakes_of_a_file_are_reported_together(tmp_path):
    path = write(tmp_path, "pth: raw\ninner: {hours: soon, minutes: 3}\n")
    with pytest.raises(ConfigError, match="path") as caught:
        load_config(Outer, path)
    places = [problem.where for problem in caught.value.problems]
    assert places == [f"{path}: path", f"{path}: inner.hours", f"{path}: inner.minutes", f"{path}: pth"]


def test_nothing_after_the_colon_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"path: Input should be a valid string; got 'null'\. For an empty text"):
        load_config(Outer, write(tmp_path, "path:\n"))


def test_unknown_key_names_value_and_known_keys(tmp_path):
    path = write(tmp_path, "path: raw\ninner: {minutes: 3}\n")
    with pytest.raises(ConfigError, match=r"inner\.minutes: unknown key; got 3; wanted one of hours"):
        load_config(Outer, path)


def test_overrides_change_nested_values_and_are_validated(tmp_path):
    path = write(tmp_path, "path: raw\n")
    assert load_config(Outer, path, ["inner.hours=48"]).inner.hours == 48
    with pytest.raises(ConfigError, match=r"inner\.hours.*'late'"):
        load_config(Outer, path, ["inner.hours=late"])
    with pytest.raises(ConfigError, match=r"wanted key\.path=value"):
        load_config(Outer, path, ["inner.hours"])
    with pytest.raises(ConfigError, match="override goes through a value; got 'raw'"):
        load_config(Outer, path, ["path.deeper=1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "not readable as YAML"), ("- a\n- b\n", "not a mapping; got 'list'")],
)
def test_what_is_not_a_yaml_mapping_is_named(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(Outer, write(tmp_path, text))


def test_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such configuration file"):
        load_config(Outer, tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["{kind: address}", "{kind: local, address: tcp}"])
def test_a_scheduler_address_goes_with_kind_address_only(tmp_path, text):
    with pytest.raises(ConfigError, match="if and only if kind is 'address'"):
        load_config(Outer, write(tmp_path, f"path: raw\ncluster: {text}\n"))


def test_configurations_cannot_be_changed(tmp_path):
    config = load_config(Outer, write(tmp_path, "path: raw\n"))
    with pytest.raises(ValueError, match="frozen"):
        config.path = "other"


def test_a_cluster_may_be_a_file_of_its_own(tmp_path):
    (tmp_path / "cluster.yaml").write_text("kind: threads\nworkers: 3\n")
    path = write(tmp_path, "path: raw\n")
    config = load_config(Outer, path, [f"cluster={tmp_path / 'cluster.yaml'}"])
    assert config.cluster == ClusterConfig(kind="threads", workers=3)
    with pytest.raises(ConfigError, match=r"elsewhere.yaml: no such configuration file"):
        load_config(Outer, path, [f"cluster={tmp_path / 'elsewhere.yaml'}"])


def test_a_rule_between_keys_is_told_without_the_whole_file(tmp_path):
    path = tmp_path / "ingest.yaml"
    path.write_text("raw: a\narchive: b\nstart: 2014-01-02\nend: 2014-01-01\n")
    with pytest.raises(ConfigError) as error:
        load_config(IngestConfig, path)
    assert str(error.value) == (
        f"{path}: (whole file): the interval is empty: start (2014-01-02 00:00:00) must lie before end "
        "(2014-01-01 00:00:00)"
    )


def test_a_date_that_is_none_is_told_where_it_stands(tmp_path):
    with pytest.raises(ConfigError, match=r"task\.yaml: not readable as YAML; got 'month must be in 1\.\.12'"):
        load_config(Outer, write(tmp_path, "path: 2014-13-15\n"))
    with pytest.raises(ConfigError, match=r"--set path=2014-02-30: value is not YAML"):
        load_config(Outer, write(tmp_path, "path: raw\n"), ["path=2014-02-30"])
