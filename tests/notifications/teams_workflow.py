"""A Teams workflow on loopback, over TLS: it keeps the cards that it was given, and answers as a test tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.listening import listening
from tests.notifications.certificates import certificate_for_loopback


class TeamsWorkflow:
    """`cards`: path with its query, and the words of each card, oldest first. `answer`: the number it gives."""

    def __init__(self, folder: Path) -> None:
        self.cards: list[tuple[str, list[str]]] = []
        self.answer = 202
        workflow = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                workflow.cards.append((self.path, [one["text"] for one in body["attachments"][0]["content"]["body"]]))
                self.send_response(workflow.answer)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the test's output stays readable."""

        self.certificate, context = certificate_for_loopback(folder)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/workflows/abc123/triggers/manual/paths/invoke?api-version=2016-06-01&sig=s3cret"

    @contextmanager
    def open(self) -> Iterator[TeamsWorkflow]:
        """Listen until the block ends."""
        with listening(self._server):
            yield self
