"""An HTTP service that takes text messages on loopback: it keeps what it was asked, and answers as a test tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.listening import listening


class TextGateway:
    """`asked`: path, headers and body of each request, oldest first. `answer`: the number it gives; 0: it takes the text and hangs up."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answer = 201
        gateway = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.asked.append((self.path, dict(self.headers.items()), body))
                if not gateway.answer:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(gateway.answer)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the test's output stays readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self.address = f"127.0.0.1:{self._server.server_port}"

    @property
    def sms_url(self) -> str:
        """As SENDFLOW_SMS_URL: any gateway that takes JSON."""
        return f"json://{self.address}/sms"

    @contextmanager
    def open(self) -> Iterator[TextGateway]:
        """Listen until the block ends."""
        with listening(self._server):
            yield self
