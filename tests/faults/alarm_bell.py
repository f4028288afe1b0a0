"""A service that takes alarms as JSON, as Apprise sends them to a json:// address: what a person would have read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.listening import listening


class AlarmBell:
    """`heard`: every alarm, oldest first. `deaf`: it answers 503 and hears nothing."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.deaf = False
        bell = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not bell.deaf:
                    bell.heard.append(f"{told['title']}\n{told['message']}")
                self.send_response(503 if bell.deaf else 200)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the test's output stays readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self.url = f"json://127.0.0.1:{self._server.server_port}/"

    @contextmanager
    def open(self) -> Iterator[AlarmBell]:
        """Listen until the block ends."""
        with listening(self._server):
            yield self
