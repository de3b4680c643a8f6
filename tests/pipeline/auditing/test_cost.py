from sunproof.pipeline.auditing.cost import Cost


def test_stages_are_timed_and_shown_a_forecast(capsys):
    cost = Cost()
    for _ in range(2):
        with cost.of("checks"):
            pass
    assert list(cost.seconds) == ["checks"]
    cost.seconds = {"checks": 2.0, "report": 0.5}
    cost.show(1000)
    told = capsys.readouterr().out
    assert "checks" in told
    assert "2.50" in told
