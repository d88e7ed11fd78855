"""A simulated platform as a real HTTP server on loopback."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from tests.benchmarks.discovery.appview import Appview


@contextmanager
def serving(appview: Appview, *, delay: float = 0.0) -> Iterator[str]:
    """Serve until the context ends; each answer takes `delay` seconds longer. Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            params = parse_qsl(parts.query, keep_blank_values=True)
            status, extra, answer = appview.answer(self.command, parts.path, params, headers, body)
            time.sleep(delay)
            content = json.dumps(answer).encode()
            self.send_response(status)
            extra |= {"content-type": "application/json", "content-length": str(len(content))}
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815  # the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Silent."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # the caller was killed
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
