"""The console as a process of its own, and browsers without a screen that sign in, open a form and send it."""

from __future__ import annotations

import html
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from db.ledger import Actor
from db.postgres_process import free_port
from tests.flows.office import until

HIDDEN = re.compile(r'<input type="hidden" name="([\w.-]+)" value="([^"]*)">')


@dataclass(frozen=True)
class Answer:
    """What the console answered: the status, and the words of the page without its marks."""

    status: int
    words: str


@dataclass
class Browser:
    """One browser: cookies of its own, forms filled in by name."""

    origin: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.origin, headers={"Origin": self.origin}, follow_redirects=True, timeout=60)

    def sign_in(self, who: Actor) -> Browser:
        """Choose that person on the demo's sign-in page."""
        assert self.client.post("/sign-in", data={"person": str(who.person_id)}).status_code == 200
        return self

    def form(self, path: str) -> dict[str, str]:
        """Open a form: its hidden fields (key, round, token)."""
        page = self.client.get(path)
        assert page.status_code == 200, page.text
        return {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}

    def send(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form."""
        answer = self.client.post(path, data=dict(form))
        body = answer.text.partition("<body")[2] or answer.text
        return Answer(answer.status_code, " ".join(html.unescape(re.sub(r"<script.*?</script>|<[^>]*>", " ", body, flags=re.S)).split()))


@contextmanager
def console_process(database_url: str, folder: Path, log: Path, **more: str) -> Iterator[str]:
    """The console on that ledger until the block ends; its address. `folder` is its data folder, `more` further settings."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SENDFLOW_", "PREFECT_"))}
    settings = {"DATABASE_URL": database_url, "SENDFLOW_DATA_FOLDER": str(folder), "SENDFLOW_ORIGIN": origin, "SENDFLOW_DEMO": "true"}
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "web.serve"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ours | settings | more)
    try:
        until(lambda: _listens(port) or process.poll() is not None, "the console listens", seconds=60)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield origin
    finally:
        process.terminate()
        process.wait(90)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
