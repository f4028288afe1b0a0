"""A mail server that answers as a test tells it: refusals at any point, a limit a minute, a login that fails; and it counts what it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from db.postgres_process import free_port


@dataclass
class ScriptedMail:
    """`at_sender`, `at_reader`, `at_data`: the answer there (`250 ok` if empty). `room`: how many mails it takes before it says 421.

    `took`: the reference of each mail taken, in order. `asked`: how often somebody began a mail. `readers`: the recipients of each mail taken.
    """

    at_sender: str = ""
    at_reader: str = ""
    at_data: str = ""
    room: int | None = None
    took: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    readers: list[list[str]] = field(default_factory=list)
    asked: int = 0
    url: str = ""

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """The sender is named."""
        self.asked += 1
        if self.room is not None and len(self.took) >= self.room:
            return "421 too many, come back later"
        envelope.mail_from = address
        return self.at_sender or "250 ok"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """The reader is named."""
        if not self.at_reader:
            envelope.rcpt_tos.append(address)
        return self.at_reader or "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The mail is here."""
        if self.at_data:
            return self.at_data
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = content.decode("utf-8", "replace").splitlines()
        self.took.append(next(line.split(":", 1)[1].strip() for line in head if line.startswith("X-Case-Ref:")))
        self.mails.append(content)
        self.readers.append(list(envelope.rcpt_tos))
        return "250 kept"


@contextmanager
def scripted_mail(**options: Any) -> Iterator[ScriptedMail]:
    """Such a server on loopback until the block ends. `options` go to aiosmtpd (`auth_required`, `authenticator`)."""
    handler = ScriptedMail()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield handler
    finally:
        controller.stop()


def refuses_everybody(*_: object) -> AuthResult:
    """A login that no password opens."""
    return AuthResult(success=False, handled=False)
