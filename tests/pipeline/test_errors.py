import pickle

import pytest

from sunproof.pipeline.errors import InputError, Problem, ProblemList, Stopped, SunproofError, problems_of


def test_message_tells_where_what_got_wanted_and_what_to_do():
    problem = Problem("unit is wrong", "a.csv, row 3", "kG", "G", "Convert the column.")
    assert str(problem) == "a.csv, row 3: unit is wrong; got 'kG'; wanted G. Convert the column."


def test_all_problems_of_a_file_come_in_one_error():
    problems = ProblemList("a.csv")
    problems.add("first", "row 1", got=1)
    problems.add("second", "row 2", got=2)
    assert bool(problems)
    with pytest.raises(InputError, match=r"(?s)row 1: first; got 1.*row 2: second; got 2"):
        problems.check()


def test_no_problem_raises_nothing():
    with problems_of("a.csv") as problems:
        assert not list(problems)


def test_errors_survive_the_way_between_processes():
    error = InputError([Problem("a", "b", 1), Problem("c", "d")])
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SunproofError)
    assert again.problems == error.problems


def test_a_stop_keeps_its_code_on_the_way_between_processes():
    stopped = pickle.loads(pickle.dumps(Stopped("stopped by SIGTERM", 143)))
    assert (str(stopped), stopped.code) == ("stopped by SIGTERM", 143)
