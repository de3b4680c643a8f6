import pytest
import torch

from sunproof.pipeline.training.threads import one_thread, threads_of


def test_the_number_of_threads_comes_back_even_after_a_failure():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(KeyError, match="lost"), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError("lost")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_threads_are_those_asked_for():
    before = torch.get_num_threads()
    with threads_of(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == before
