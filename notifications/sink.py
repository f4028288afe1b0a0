"""The demo's own mail server: a real SMTP server on loopback that keeps every mail in a folder, where the console shows it.

Nothing it takes leaves the machine.
"""

from __future__ import annotations

import email
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from db.postgres_process import free_port


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail in the sink: who it was for, what it said, when the sink took it (UTC, ISO)."""

    id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    reference: str
    taken_at: str


class _Keep:
    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.now = now

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        for recipient in envelope.rcpt_tos:
            self._write(content, str(recipient), str(envelope.mail_from))
        return "250 kept"

    def _write(self, content: bytes, recipient: str, sender: str) -> None:
        parsed = email.message_from_bytes(content, policy=modern)
        if not isinstance(parsed, EmailMessage):
            raise TypeError("the modern policy always gives EmailMessage")
        at = self.now()
        mail = KeptMail(
            id=f"{at:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}",
            to=recipient,
            sender=sender,
            subject=str(parsed["subject"] or ""),
            text=_part(parsed, "plain"),
            html=_part(parsed, "html"),
            reference=str(parsed["X-Case-Ref"] or ""),
            taken_at=at.isoformat(),
        )
        target = self.folder / f"{mail.id}.json"
        unready = target.with_suffix(".part")
        unready.write_text(json.dumps(asdict(mail), ensure_ascii=False), encoding="utf-8")
        unready.rename(target)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


class MailSink:
    """A context manager: `with MailSink(folder, now=clock.now) as sink: sink.url`. Takes any mail for anybody, on 127.0.0.1 only."""

    def __init__(self, folder: Path, now: Callable[[], datetime], port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._controller = Controller(_Keep(folder, now), hostname="127.0.0.1", port=port or free_port())

    def __enter__(self) -> MailSink:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to take mail. Raises OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        """Stop taking mail; what was kept stays."""
        self._controller.stop()

    @property
    def url(self) -> str:
        """The address to give as SENDFLOW_MAIL_URL."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def mails(self) -> list[KeptMail]:
        """Everything kept, newest first."""
        return kept_mails(self.folder)


def kept_mails(folder: Path) -> list[KeptMail]:
    """The mails in a sink's folder, newest first; an empty list when there is no such folder. The console reads them with this."""
    if not folder.is_dir():
        return []
    return [KeptMail(**json.loads(p.read_text(encoding="utf-8"))) for p in sorted(folder.glob("*.json"), reverse=True)]


def kept_mail(folder: Path, mail_id: str) -> KeptMail | None:
    """The mail with that id, None when there is none. An id that is no plain file name finds nothing."""
    file = folder / f"{mail_id}.json"
    if file.parent != folder or not file.is_file():
        return None
    return KeptMail(**json.loads(file.read_text(encoding="utf-8")))
