"""Microsoft's sign-in and Graph's sendMail on loopback, as far as one mail needs them: it keeps what it was asked, and answers as a test tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.listening import listening

TENANT = "7a1bd1e4-9f2c-4b53-8f55-0c1f4c5d2e11"
CLIENT = "3844edf8-d35a-48ac-975b-e847b4f122b0"
SECRET = "a~secret/with+signs"


class MicrosoftCloud:
    """`signed_in`: how often a token was asked for. `mails`: path, token and message of each mail. `sign_in_answer` and `mail_answer`: the numbers
    that are given; 0: it takes what is asked and hangs up."""

    def __init__(self) -> None:
        self.signed_in = 0
        self.mails: list[tuple[str, str, Any]] = []
        self.sign_in_answer, self.mail_answer = 200, 202
        cloud = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                number, answer = cloud.take(self.path, self.headers["Authorization"] or "", body)
                if not number:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(number)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the test's output stays readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def take(self, path: str, token: str, body: str) -> tuple[int, str]:
        """The number and the text of the answer."""
        if path == f"/{TENANT}/oauth2/v2.0/token":
            asked = parse_qs(body)
            assert (asked["client_id"], asked["client_secret"], asked["grant_type"]) == ([CLIENT], [SECRET], ["client_credentials"])
            self.signed_in += 1
            return self.sign_in_answer, json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": f"token{self.signed_in}"})
        self.mails.append((path, token, json.loads(body)["message"]))
        return self.mail_answer, ""

    @property
    def mail_url(self) -> str:
        """As SENDFLOW_MAIL_URL, of this cloud in place of Microsoft's."""
        return f"microsoft365://{CLIENT}:a~secret%2Fwith%2Bsigns@{TENANT}?graph=http://{self.address}&sign_in=http://{self.address}"

    @contextmanager
    def open(self) -> Iterator[MicrosoftCloud]:
        """Listen until the block ends."""
        with listening(self._server):
            yield self
