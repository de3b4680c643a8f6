"""Patience with servers: which failures are worth another try, how long to wait, what to say in the end."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import requests

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig

__all__ = ["Absent", "Transient", "patiently", "server_errors"]

# Statuses that pass: overload (429, 5xx), and the 403 that archives answer when they are asked too often.
_PASSING = {403, 408, 425, 429, 500, 502, 503, 504}
_ABSENT = {404, 410}
_LONGEST_WAIT = 300.0

T = TypeVar("T")


class Absent(Exception):
    """The source has no such file; not an error of the transfer."""


class Transient(Exception):
    """A failure that may be gone the next time.

    Parameters
    ----------
    problem : Problem
        What to report if it stays.
    wait : float
        Seconds that the server asked to wait.
    """

    def __init__(self, problem: Problem, wait: float = 0) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.wait = wait


def patiently(config: FetchConfig, attempt: Callable[[], T]) -> T:
    """Call until it succeeds, waiting twice as long each time.

    Raises
    ------
    FetchError
        If it failed for good, or as often as the configuration allows.
    Absent
        If the source has no such file.
    """
    for number in range(config.retries + 1):
        try:
            return attempt()
        except Transient as error:
            if number == config.retries:
                problem = error.problem
                what = f"{problem.what} ({number + 1} attempts)"
                todo = problem.todo or "Run the same command again later; what arrived is kept."
                raise FetchError(Problem(what, problem.where, problem.got, problem.wanted, todo)) from error
            # twice as long each time, and as long as the server asks; never longer than five minutes
            time.sleep(min(_LONGEST_WAIT, max(error.wait, config.backoff_seconds * 2**number)))
    raise FetchError(Problem("never attempted", "configuration: retries", config.retries, "zero or more"))


@contextmanager
def server_errors(url: str) -> Iterator[None]:
    """Translate what HTTP libraries raise about a request into `Transient`, `Absent` and `FetchError`."""
    try:
        yield
    except requests.HTTPError as error:
        raise _status(url, error.response.status_code, error.response.headers.get("Retry-After")) from error
    except urllib.error.HTTPError as error:
        # the error holds the connection open until it is closed
        error.close()
        raise _status(url, error.code, error.headers.get("Retry-After")) from error
    # an error page under status 200: overloaded servers answer so, and the next try may fare better
    except json.JSONDecodeError as error:
        wanted = "JSON"
        raise Transient(Problem("the server did not answer in JSON", url, first_line(error.doc), wanted)) from error
    except (requests.RequestException, urllib.error.URLError, http.client.HTTPException, OSError) as error:
        got = f"{type(error).__name__}: {error}"
        raise Transient(Problem("the transfer failed", url, got, "an answer")) from error


def first_line(text: str) -> str:
    """First line of a page that holds anything, for quoting."""
    return next((line.strip()[:120] for line in text.splitlines() if line.strip()), "")


def _status(url: str, status: int, retry_after: str | None) -> Exception:
    if status in _ABSENT:
        return Absent(f"HTTP {status}")
    problem = Problem("the server refused", url, f"HTTP {status}", "HTTP 200")
    if status in _PASSING:
        return Transient(problem, float(retry_after) if retry_after and retry_after.isdigit() else 0)
    return FetchError(problem)
