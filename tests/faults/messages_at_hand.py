"""A review whose invitations are owed, and a mail server that can be told to harm whoever sends: what the tests of messages stand on."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from db.outbox import spread
from db.postgres_process import free_port
from tasks.deliver import deliver
from tasks.parts import Parts
from tests.db.ledger_story import TODAY, Village, day, noon

_OF = "state IN ('owed', 'claimed', 'handed_over') AND case_id IN (SELECT id FROM cases WHERE ref = ANY(%s))"
_DUE = f"UPDATE deliveries SET next_try_at = now(), claimed_until = now() - interval '1 second' WHERE {_OF}"
_ON_ITS_WAY = f"SELECT 1 FROM deliveries WHERE {_OF}"
OWED = 2  # one to the parent, one to the authority; the school's people hear in the morning


def owe_invitations(ash: Village) -> str:
    """A new review whose invitations are owed (`OWED` messages); its reference."""
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with ash.engines.scheduler() as session:
        while spread(session, noon(TODAY)).rows:
            pass
    return case


def mailed(ash: Village, case: str) -> list[Any]:
    """The deliveries of the case that mail is for by itself (not those that nobody holds, nor those held for a morning), oldest first."""
    return ash.rows(
        "SELECT d.* FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.to_role IN ('parent', 'la') ORDER BY d.id",
        case,
    )


def make_due(ash: Village, case: str) -> None:
    """As if the back-off and the claims of this case were over."""
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(_DUE, ([case],))


def all_sent(parts: Parts, cases: Iterable[str]) -> bool:
    """Let one round of sending go, as if the claims of the dead (five minutes) were over. Whether nothing of these cases is on its way then."""
    of = list(cases)
    with parts.engines.scheduler() as session:
        session.connection().exec_driver_sql(_DUE, (of,))
    deliver(parts)
    with parts.engines.scheduler() as session:
        return session.connection().exec_driver_sql(_ON_ITS_WAY, (of,)).first() is None


@dataclass
class HarmfulServer:
    """Takes mail and counts it by reference. The first `hang_ups` mails are taken without a 250; `kill` dies at the command `at`, once."""

    folder: Path
    hang_ups: int = 0
    at: str = ""
    kill: int = 0
    took: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    url: str = ""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Before anything is taken."""
        self._maybe_kill("RCPT")
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The mail is taken from here on, whatever the sender hears."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = content.decode("utf-8", "replace")
        self.took[next(line.split(":", 1)[1].strip() for line in head.splitlines() if line.startswith("X-Case-Ref:"))] += 1
        self._maybe_kill("DATA")
        if self.hang_ups:
            self.hang_ups -= 1
            assert server.transport is not None
            server.transport.close()
        return "250 kept"

    def _maybe_kill(self, at: str) -> None:
        if self.at == at and self.kill:
            os.kill(self.kill, signal.SIGKILL)
            self.kill, self.killed = 0, self.killed + 1


@contextmanager
def harmful_server(folder: Path) -> Iterator[HarmfulServer]:
    """Such a server on loopback until the block ends."""
    handler = HarmfulServer(folder)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield handler
    finally:
        controller.stop()


def doubled_unmarked(ash: Village, case: str, took: Counter[str]) -> int:
    """Copies beyond the first of messages that do not say that they may come twice."""
    return sum(took[one.reference] - 1 for one in mailed(ash, case) if took[one.reference] > 1 and not one.may_be_twice)


def lost(ash: Village, case: str, took: Counter[str]) -> int:
    """Messages owed that came never."""
    return sum(not took[one.reference] for one in mailed(ash, case))
