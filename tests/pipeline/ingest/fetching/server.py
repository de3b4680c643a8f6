"""A small web server on loopback that answers as the archives do: recorded pages, failures on demand."""

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_plus

from sunproof.pipeline.ingest.config import FetchConfig


@dataclass
class Answer:
    """What the server says: ``length`` is announced (by default the truth), and may promise too much."""

    body: bytes = b""
    status: int = 200
    length: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Archive:
    """Path -> answers, given in order; the last one stays. Unknown paths are 404."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, list[Answer]] = {}
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    def says(self, path: str, *answers: Answer | bytes) -> None:
        self.answers[path] = [answer if isinstance(answer, Answer) else Answer(answer) for answer in answers]

    def answer(self, path: str) -> Answer:
        """Answer a path; where it has a query, by the first known path that it contains."""
        with self.lock:
            known = next((name for name in self.answers if name == path or ("?" in path and name in path)), None)
            self.asked[known or path] += 1
            if known is None:
                return Answer(b"<html>not here</html>", 404)
            answers = self.answers[known]
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serving():
    """Start the server, give its `Archive`, stop it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = archive.answer(unquote_plus(self.path))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    archive = Archive(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetch_config(raw, url: str, **changes) -> FetchConfig:
    """Point every base URL at the server, and do not wait."""
    settings = {
        "raw": raw,
        "start": "2015-03-01",
        "end": "2015-03-02",
        "retries": 2,
        "backoff_seconds": 0,
        "timeout_seconds": 5,
        "jsoc": {"base_url": f"{url}jsoc/"},
        "xrs": {"base_url": f"{url}xrs/", "base_url_r": f"{url}goesr/", "satellites": [15]},
        "hek": {"base_url": f"{url}hek/her?"},
        "noaa": {
            "srs_url": url + "srs/{day:%Y/%m/%Y%m%d}SRS.txt",
            "events_url": url + "events/{day:%Y/%m/%Y%m%d}events.txt",
            "ngdc_url": f"{url}ngdc/",
        },
    }
    return FetchConfig.model_validate({**settings, **changes})
