"""The mail server of the year: a real one on loopback, which keeps of every mail when it came, to whom, and what it was."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from db.clock import Clock
from db.postgres_process import free_port

_LINK = re.compile(r"/l/([\w.\-]+)")
_LIST = re.compile(r"/list/([\w.\-]+)")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail. `at` is the year's time; `text` its plain part, kept of mornings and lists alone; `list_token`: of the page of a whole list."""

    at: datetime
    to: str
    reference: str
    subject: str
    text: str
    list_token: str = ""


@dataclass
class YearMail:
    """Takes every mail while it runs. `arrived`: all of them, in their order, over all starts of the server; `links`: by case, the tokens of the
    signed links in its letters."""

    clock: Clock
    arrived: list[Arrived] = field(default_factory=list)
    links: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    port: int = field(default_factory=free_port)
    _controller: Controller | None = None

    @property
    def url(self) -> str:
        """For SENDFLOW_MAIL_URL; the same after a stop."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen. Again while it runs changes nothing."""
        if self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    def stop(self) -> None:
        """Connections are refused from now on."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A mail is here."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        mail: EmailMessage = message_from_bytes(content, policy=policy.default)  # type: ignore[assignment]  # the policy makes it one
        reference = str(mail["X-Case-Ref"])
        text, html = _part(mail, "plain") if reference.startswith("LIST-") else "", _part(mail, "html")
        token = _LIST.search(html) if text else None
        self.links[reference.partition("/")[0]] += _LINK.findall(html)
        now, subject = self.clock.now(), str(mail["Subject"])
        self.arrived += [Arrived(now, to, reference, subject, text, token[1] if token else "") for to in envelope.rcpt_tos]
        return "250 kept"


def _part(mail: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
