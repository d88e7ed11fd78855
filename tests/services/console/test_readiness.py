"""A process is ready when it answers 200; everything else is a reason."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from services.console.readiness import Answer, ask_ready, is_port_free
from tests.services.console.running import free_port


@contextmanager
def _server(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class calls it so
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the base class names it
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/readyz"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b"{}", Answer(ready=True)),
        (503, b'{"missing": ["discovery: not migrated", "a disk"]}', Answer(False, "discovery: not migrated, a disk")),
        (503, b"", Answer(False, "answers 503")),
        (500, b'"text"', Answer(False, "answers 500")),
    ],
)
def test_the_answer_carries_what_is_missing(status: int, body: bytes, answer: Answer) -> None:
    with _server(status, body) as url:
        assert ask_ready(url) == answer


def test_nobody_there_is_not_ready() -> None:
    assert ask_ready(f"http://127.0.0.1:{free_port()}/readyz") == Answer(False, "does not listen yet")


def test_a_server_that_says_nothing_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/readyz"
        assert ask_ready(url, timeout=0.1) == Answer(False, "does not answer (TimeoutError)")


def test_a_port_is_free_until_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/readyz"
        assert not is_port_free(url)
    assert is_port_free(url)
